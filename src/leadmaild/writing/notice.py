"""A notice to staff as a value: what a seller must see on a phone, before it becomes text and HTML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: label, value, and an address to open for it ("" = none)."""

    label: str
    value: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One event: what happened, who is behind it, how to reach him, when it is due.

    `tone` is plain, soon or late: the colour of the headline.
    """

    headline: str
    lead_in: str
    title: str = ""  # who and what, in one line
    tone: str = "plain"
    banners: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    message_label: str = ""
    message: str = ""
    links: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """One mail to staff: a subject and one section, or several in a digest (R28)."""

    subject: str
    sections: tuple[Section, ...]
    headline: str = ""  # of a digest
    lead_in: str = ""
    banners: tuple[str, ...] = ()
