"""Our own DKIM signature (RFC 6376, RFC 8301: rsa-sha256, relaxed/relaxed), and the key it is made with."""

import base64
import re
from dataclasses import dataclass, field

SMALLEST_KEY = 1_024  # bits: RFC 8301 lets receivers ignore smaller ones
GOOD_KEY = 2_048
# Signed where present; each one time more than it is there, so that a further one breaks the signature.
_SIGNED = (
    "from", "to", "cc", "reply-to", "subject", "date", "message-id", "in-reply-to", "references", "mime-version",
    "content-type",
)  # fmt: skip
_SIGNED_AS_THEY_ARE = ("sender", "content-transfer-encoding", "content-language", "auto-submitted", "resent-from",
                       "resent-to", "resent-date", "resent-message-id")  # fmt: skip
_PEM = re.compile(r"-----BEGIN (?:RSA )?PRIVATE KEY-----\n(.+?)\n-----END", re.DOTALL)
_HOW_TO_MAKE_ONE = "make one with: openssl genrsa -out dkim.pem 2048"
_RSA_ENCRYPTION = bytes.fromhex("300d06092a864886f70d0101010500")  # AlgorithmIdentifier 1.2.840.113549.1.1.1, NULL


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key. `public` is what DNS publishes of it, in base64."""

    pem: bytes = field(repr=False)
    bits: int
    public: str

    @property
    def record(self) -> str:
        """The TXT record of `SELECTOR._domainkey.DOMAIN`."""
        return f"v=DKIM1; k=rsa; p={self.public}"


def read_key(text: str) -> SigningKey:
    """The key in a PEM text, PKCS#1 or PKCS#8. Raises ValueError, which says what would be right, never the key."""
    from dkim.crypto import UnparsableKeyError, parse_pem_private_key

    pem = "\n".join(line.strip() for line in text.strip().splitlines())
    if _PEM.search(pem) is None:
        raise ValueError(f"is no RSA private key in PEM form; {_HOW_TO_MAKE_ONE}")
    try:
        numbers = parse_pem_private_key(pem.encode())
        modulus, exponent = int(numbers["modulus"]), int(numbers["publicExponent"])
    except (UnparsableKeyError, ValueError, TypeError, LookupError):
        raise ValueError(f"cannot be read as an RSA private key; {_HOW_TO_MAKE_ONE}") from None
    if modulus.bit_length() < SMALLEST_KEY:
        raise ValueError(f"has {modulus.bit_length()} bits, receivers want {SMALLEST_KEY} at least; {_HOW_TO_MAKE_ONE}")
    return SigningKey(pem.encode(), modulus.bit_length(), base64.b64encode(_public(modulus, exponent)).decode())


def signed(raw: bytes, key: SigningKey, selector: str, domain: str) -> bytes:
    """The mail with a signature of `domain` before it; CPU work of some milliseconds.

    Raises ValueError for a mail whose header no receiver could check.
    """
    from dkim import DKIM, DKIMException

    try:
        mail = DKIM(raw)
        present = [name.decode("ascii", "replace").lower() for name, _ in mail.headers]
        names = [name for name in _SIGNED for _ in range(present.count(name) + 1)]
        names += [name for name in _SIGNED_AS_THEY_ARE for _ in range(present.count(name))]
        signature: bytes = mail.sign(
            selector.encode(),
            domain.encode(),
            key.pem,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in names],
        )
    except (DKIMException, LookupError) as failure:
        raise ValueError(f"cannot be signed: {type(failure).__name__}") from failure
    return signature + raw


def _public(modulus: int, exponent: int) -> bytes:
    """SubjectPublicKeyInfo (RFC 5280 4.1), what `openssl rsa -pubout -outform DER` writes."""
    numbers = _der(0x30, _integer(modulus) + _integer(exponent))
    return _der(0x30, _RSA_ENCRYPTION + _der(0x03, b"\0" + numbers))


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content
