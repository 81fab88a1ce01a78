"""What settings leave behind: locations and users that they name no more while leads and mails of theirs are not over.

Said by `check-config` before such settings come into force, and at the start or reload that puts them in force.
"""

from collections.abc import Collection, Iterator, Mapping

from leadmaild.config.model import Settings
from leadmaild.errors import Problem
from leadmaild.model.listing import LeftAt


def left_behind(settings: Settings, left: Mapping[str, LeftAt], assignees: Collection[str]) -> tuple[Problem, ...]:
    """A warning for each location in `left`, and each user of open leads, that the settings do not have."""
    return (*_locations(settings, left), *_users(settings, assignees))


def _locations(settings: Settings, left: Mapping[str, LeftAt]) -> Iterator[Problem]:
    for code, at in left.items():
        if code in settings.locations:
            continue
        counts = ((at.leads, "open lead"), (at.mails, "mail to be read"), (at.queued, "mail to leave"))
        named = ", ".join(_counted(count, what) for count, what in counts if count)
        yield Problem(
            f"location {code}",
            f"is not in the settings, but has {named}: nobody is reminded of its leads, and its mail does not leave "
            "until it is back; mail to be read goes to the location that has its mailbox now, else it is set aside",
        )


def _users(settings: Settings, assignees: Collection[str]) -> Iterator[Problem]:
    for username in sorted(assignees):
        user = settings.users.get(username)
        if user is None or not user.active:
            yield Problem(
                f"user {username}",
                "is gone, but has open leads: they go to the fallback user of their location, else to its "
                "administrator (R149)",
            )


def _counted(count: int, what: str) -> str:
    head, space, tail = what.partition(" to ")
    return f"{count} {head}{'' if count == 1 else 's'}{space}{tail}"
