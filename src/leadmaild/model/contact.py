"""Contacts: the person or firm behind leads."""

from dataclasses import dataclass

from leadmaild.model.reading import PostalAddress


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact of one location. `emails` are normalised and verified; `unverified_email` came from a mail whose
    sender failed or was ambiguous and matches nothing (R37)."""

    id: int
    location: str
    salutation: str | None = None
    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    company: str | None = None
    emails: tuple[str, ...] = ()
    unverified_email: str | None = None
    relay_email: str | None = None
    phones: tuple[str, ...] = ()
    address: PostalAddress | None = None
    language: str | None = None
    assigned_user: str = ""
    is_erased: bool = False  # what was personal in it is gone (R180, R181)

    @property
    def email(self) -> str | None:
        """The address to write to first, if any."""
        return next(iter(self.emails), None) or self.unverified_email or self.relay_email
