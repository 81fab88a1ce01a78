"""What a relay's reply means for a recipient, and how it is shown."""

from leadmaild.model.outgoing import Delivery

# RFC 4954 and RFC 3207 replies about our login or our TLS: 5yz, but a word about the settings, not about this mail.
# Failing every mail for good because a password was changed would lose answers to customers.
_ABOUT_OUR_LOGIN = frozenset({530, 534, 535, 538})

_LONGEST_REPLY = 400


def is_positive(code: int) -> bool:
    """Whether this is a 2yz reply."""
    return 200 <= code < 300


def delivery_of(code: int) -> Delivery:
    """Return what the reply to a command (or to the final dot) means: 2yz delivered, 5yz final, all else try again."""
    if is_positive(code):
        return Delivery.DELIVERED
    if 500 <= code < 600 and code not in _ABOUT_OUR_LOGIN:
        return Delivery.REFUSED
    return Delivery.DEFERRED


def shown(code: int, text: str) -> str:
    """Return a reply as one printable line."""
    return printable(f"{code} {text}")


def printable(text: str) -> str:
    """Return foreign text as one line without control characters, cut at 400 characters."""
    line = "".join(c if c.isprintable() else " " for c in text.encode("utf-8", "replace").decode())
    return " ".join(line.split())[:_LONGEST_REPLY].rstrip()
