"""Users, their absences, and distribution groups (rules.md 2.6, 3.4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from leadmaild.model.location import TemplateBlocks


@dataclass(frozen=True, slots=True)
class Notify:
    """Which notices the user wants (Q19)."""

    new_lead: bool = True
    new_pool_lead: bool = False
    customer_message: bool = True
    reminder: bool = True
    escalation: bool = True
    follow_up: bool = True


@dataclass(frozen=True, slots=True)
class User:
    """One user as he stands now: the file's values overlaid with what was set at run time (R72).

    An e-mail address never identifies a user: several may share one (R141).
    """

    username: str
    email: str
    first_name: str = ""
    last_name: str = ""
    phone: str = ""
    locations: tuple[str, ...] = ()
    supervisor: str = ""
    receives_leads: bool = False
    assignable: bool = False
    active: bool = True
    notify: Notify = field(default_factory=Notify)

    def shown_as(self, pattern: str) -> str:
        """The name for lists, by the location's `user_name_display` (R32)."""
        shown = pattern.format(first_name=self.first_name, last_name=self.last_name, username=self.username)
        return " ".join(shown.split()).strip(" ,") or self.username


@dataclass(frozen=True, slots=True)
class Absence:
    """The user is away in [start, end), both UTC instants; an optional representative stands in (R145)."""

    username: str
    start: datetime
    end: datetime
    representative: str = ""

    def covers(self, now: datetime) -> bool:
        """Whether the user is away at `now`."""
        return self.start <= now < self.end


@dataclass(frozen=True, slots=True)
class GroupMatch:
    """The conditions of a distribution group; every one that is not empty must hold (Q1)."""

    source: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    make: tuple[str, ...] = ()
    condition: tuple[str, ...] = ()
    location: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A distribution group: users of one location with their own turn and template (R73, R110)."""

    location: str
    name: str
    members: tuple[str, ...]
    match: GroupMatch = field(default_factory=GroupMatch)
    templates: Mapping[str, TemplateBlocks] = field(default_factory=dict)  # by language
