"""Mail addresses: strict addr-specs, their normal form, and the reverse-path (RFC 5321 4.1.2, RFC 5322 3.4.1)."""

import re
import unicodedata
from dataclasses import dataclass

import idna

# dot-atom only: quoted local parts are legal but no portal, dealer or customer uses one, and they are the classic
# carrier of relay tricks ("victim@x"@ours), so they are not addresses to us (BI-02).
_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u00a1-\U0010ffff]+"
_LOCAL = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox address; `domain` is lower-case A-labels (IDNA), `local` is kept as written."""

    local: str
    domain: str

    @property
    def normal(self) -> str:
        """The form that decides identity: whole address case-folded, domain in A-labels (R37)."""
        return f"{self.local.casefold()}@{self.domain}"

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse_address(text: str) -> Address | None:
    """Return the address in `text`, or None unless it is exactly one plain, deliverable addr-spec.

    Refuses quoted local parts, address literals, single-label domains, control characters, and lengths over RFC 5321
    4.5.3.1 (local part 64, domain 253 octets): AR-21.
    """
    local, at, domain = text.strip().rpartition("@")
    if (
        not at
        or not (local.isascii() or all(map(_is_visible, local)))
        or len(local.encode("utf-8", "replace")) > 64
        or not _LOCAL.fullmatch(local)
    ):
        return None
    ascii_domain = ascii_of(domain)
    if ascii_domain is None or "." not in ascii_domain:
        return None
    return Address(local, ascii_domain)


def _is_visible(character: str) -> bool:
    # Zero-width and direction marks, surrogates, odd blanks: two addresses that look the same must be the same.
    return unicodedata.category(character)[0] not in "CZ"


def ascii_of(domain: str) -> str | None:
    """Return the domain in lower-case A-labels, or None if it is not a valid host name (RFC 5890, RFC 1035 2.3.4)."""
    name = domain.strip().rstrip(".").casefold()
    if not name.isascii():
        try:
            name = idna.encode(name, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return None
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        return None
    return name


@dataclass(frozen=True, slots=True)
class ReversePath:
    """The reverse-path of a mail transaction; the null reverse-path `<>` marks bounces (RFC 5321 4.5.5)."""

    address: str = ""

    @property
    def is_null(self) -> bool:
        """Whether this is the null reverse-path."""
        return not self.address

    def __str__(self) -> str:
        return f"<{self.address}>"


NULL_REVERSE_PATH = ReversePath()
