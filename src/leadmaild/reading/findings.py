"""Findings: what readers found for the fields of a lead, each with its origin, before merge.py decides among them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

# How sure each kind of origin is (lead-formats 5.7).
STRUCTURED = 0.98
DEFINITION = 0.95
HEADER = 0.9
URL = 0.9
LABEL = 0.8
REPLY_TO = 0.75
SIGNATURE = 0.55
FREE_TEXT = 0.45
REPAIRED_CAP = 0.6


@dataclass(frozen=True, slots=True)
class Finding:
    """One value found for one field; `path` is a target such as contact.email, `value` already normalised."""

    path: str
    value: object
    raw: str
    where: str
    rule: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Locale:
    """What decides the reading of numbers without their country: region (ISO 3166-1), currency, the mail's own date.

    `sent` is the local Date of the mail in ISO 8601, to which a bare time of day in a subject belongs.
    """

    region: str = "DE"
    currency: str = "EUR"
    sent: str = ""


@dataclass(slots=True)
class Findings:
    """Collects the findings of one prospect in the order in which they were made."""

    items: list[Finding] = field(default_factory=list)

    def add(self, path: str, value: object, raw: str, where: str, rule: str, confidence: float) -> None:
        """Keep one finding; an empty value is none."""
        if value not in (None, "", ()):
            self.items.append(Finding(path, value, raw[:300], where, rule, confidence))

    def of(self, path: str) -> list[Finding]:
        """All findings for `path`, the surest first, earlier ones first among equals."""
        return sorted((f for f in self.items if f.path == path), key=lambda f: -f.confidence)

    def best(self, path: str) -> Finding | None:
        """The surest finding for `path`, or None."""
        return max((f for f in self.items if f.path == path), key=lambda f: f.confidence, default=None)

    def has(self, prefix: str) -> bool:
        """Whether anything was found for this path or below it."""
        below = prefix + "."
        for finding in self.items:  # asked a hundred times a mail
            path = finding.path
            if path == prefix or path.startswith(below):
                return True
        return False

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)
