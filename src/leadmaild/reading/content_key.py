"""The key by which a mail is known again (Q22): what the writer sent, and nothing the way added.

Body, From, Subject and Date count; Message-ID, Received, Return-Path and other trace fields do not (BI-45). The body
is taken decoded and without its white space, so that a relay that encodes or folds anew makes no new mail.
"""

import hashlib

from leadmaild.reading.message import Message

_FIELDS = ("from", "subject", "date")
_WHITE_SPACE = b" \t\n\r\v\f"  # of all kinds of it these are left (charset.clean)


def content_key(message: Message) -> str:
    """Return the key as 64 hexadecimal digits. Mails with the same key are copies of one mail (BI-46, SP-04)."""
    digest = hashlib.sha256()
    for name in _FIELDS:
        _add(digest, name, " ".join(message.get_all(name)))
    _add_body(digest, message)
    return digest.hexdigest()


def _add_body(digest: "hashlib._Hash", message: Message) -> None:
    for part in message.parts:
        if part.text is None:
            _add(digest, part.content_type, part.payload)
        else:
            _add(digest, part.content_type, part.text)
    for nested in message.nested:
        for name in _FIELDS:
            _add(digest, f"nested {name}", nested.get(name) or "")
        _add_body(digest, nested)


def _add(digest: "hashlib._Hash", name: str, value: str | bytes) -> None:
    """Add one piece, its length first so that pieces cannot run into each other."""
    raw = value if isinstance(value, bytes) else value.encode("utf-8", "replace").translate(None, _WHITE_SPACE)
    digest.update(f"{name}:{len(raw)}:".encode())
    digest.update(raw)
