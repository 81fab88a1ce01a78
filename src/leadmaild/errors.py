"""The error tree. Expected outcomes are values; these are for what the caller cannot be expected to handle in place.

LeadmaildError
├── ConfigError          wrong settings, all problems at once            exit 78
├── Unavailable          database, relay or address not to be had now     exit 69, SMTP 451
│   ├── LeaseLost        another node took over the row we worked on      roll back, do nothing
│   └── Conflict         another node wrote the same unique row first     once more
├── Refused              a rule says no                                   exit 65
└── NotFound             no such lead, user, location, mail               exit 65
    └── UnknownRecipient no location has this mailbox                     exit 67, SMTP 550
"""

from dataclasses import dataclass


class LeadmaildError(Exception):
    """Base of everything leadmaild raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong (or doubtful) in the settings: where (TOML path), and what, in words that say what is right."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigError(LeadmaildError):
    """The settings cannot be used; `problems` holds every reason at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class Unavailable(LeadmaildError):
    """A thing we depend on (database, relay, listening address) is not to be had now; trying again later may help."""


class LeaseLost(Unavailable):
    """The lease on a row ran out and another worker claimed it: the change must be rolled back."""


class Conflict(Unavailable):
    """Another transaction wrote the same unique row first; trying once more sees it."""


class Refused(LeadmaildError):
    """A rule forbids what was asked; the message names the rule's content in words."""


class NotFound(LeadmaildError):
    """What was asked for does not exist."""


class UnknownRecipient(NotFound):
    """No location has this mailbox or alias."""
