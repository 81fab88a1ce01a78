"""Which domains belong to one owner: the part of a name that somebody registered (RFC 7489 3.2)."""

from functools import cache
from typing import TYPE_CHECKING

from leadmaild.model.address import ascii_of

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


@cache
def _public_suffixes() -> "PublicSuffixList":
    from publicsuffixlist import PublicSuffixList  # reading the list takes a while: only once somebody asks

    return PublicSuffixList()


def registered_domain(domain: str) -> str:
    """The domain one label below the public suffix, in A-labels; "" for what is no such domain ("de", "localhost")."""
    name = ascii_of(domain)
    return str(_public_suffixes().privatesuffix(name) or "") if name else ""


def are_aligned(one: str, other: str, *, strictly: bool = False) -> bool:
    """Whether two domains count as the same sender (RFC 7489 3.1): one owner, or, `strictly`, one and the same name."""
    names = ascii_of(one), ascii_of(other)
    if None in names:
        return False
    if strictly or names[0] == names[1]:
        return names[0] == names[1]
    owner = registered_domain(one)
    return bool(owner) and owner == registered_domain(other)
