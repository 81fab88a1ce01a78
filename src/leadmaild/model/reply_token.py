"""Reply tokens: the `+token` of our reply addresses, signed so that nobody can make one up (SP-05, BI-66, PF25).

A token is `t`, the queue id in hexadecimal, and twelve hexadecimal digits of a keyed hash over both.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256

_MAC_LENGTH = 12


def sign_token(queue_id: int, keys: Sequence[bytes]) -> str:
    """The token of an outgoing mail; the first key signs."""
    return f"t{queue_id:x}{_mac(queue_id, keys[0])}"


def queue_id_of(token: str, keys: Sequence[bytes]) -> int | None:
    """The queue id in a token whose signature one of the keys verifies, else None."""
    token = token.casefold()
    digits, mac = token[1:-_MAC_LENGTH], token[-_MAC_LENGTH:]
    if not token.startswith("t") or not digits or len(digits) > 16 or not set(digits) <= set("0123456789abcdef"):
        return None
    queue_id = int(digits, 16)
    return queue_id if any(hmac.compare_digest(mac, _mac(queue_id, key)) for key in keys) else None


def reply_address(mailbox: str, token: str) -> str:
    """`local+token@domain` for a mailbox."""
    local, _, domain = mailbox.rpartition("@")
    return f"{local}+{token}@{domain}"


def _mac(queue_id: int, key: bytes) -> str:
    return hmac.new(key, f"reply:{queue_id}".encode(), sha256).hexdigest()[:_MAC_LENGTH]
