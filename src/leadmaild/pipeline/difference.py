"""What other settings would change for the leads that are open now, before they are put in force (`check-config
--diff`). Only looks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from leadmaild.config.changes import Change, changes, shown, unpacked
from leadmaild.config.model import Settings
from leadmaild.model.lead import TimerState
from leadmaild.model.location import Location
from leadmaild.pipeline.rearm import TARGETS, moved
from leadmaild.pipeline.settings_history import IN_FORCE
from leadmaild.ports.stores import Transaction

_PAGE = 500


@dataclass(frozen=True, slots=True)
class MovedDeadline:
    """A due date of an open lead that would move; `after` None = it would be there no more. UTC instants."""

    lead: int
    location: str
    kind: str
    before: datetime
    after: datetime | None


@dataclass(frozen=True, slots=True)
class Difference:
    """The due dates that would move, the users who hold open leads and would be gone (R149), and every key that
    differs from the settings last in force; those of templates are what customers would read differently."""

    deadlines: tuple[MovedDeadline, ...]
    gone_assignees: tuple[str, ...]
    changes: tuple[Change, ...]

    @property
    def template_changes(self) -> tuple[Change, ...]:
        """The changed keys of mail templates."""
        return tuple(change for change in self.changes if "template" in change.key)


async def difference(tx: Transaction, settings: Settings) -> Difference:
    """Compare `settings` with what runs: the timers as they stand and the settings last in force."""
    settings = settings.with_days(await tx.calendar.days())
    deadlines = [deadline for location in settings.locations.values() async for deadline in _deadlines(tx, location)]
    users = settings.users
    gone = [name for name in await tx.lead_changes.assignees() if name not in users or not users[name].active]
    kept = await tx.installation.value(IN_FORCE)
    changed = changes(unpacked(kept), shown(settings)) if kept is not None else ()
    return Difference(tuple(deadlines), tuple(sorted(gone)), changed)


async def _deadlines(tx: Transaction, location: Location) -> AsyncIterator[MovedDeadline]:
    after = 0
    while numbers := await tx.timers.with_open_targets(location.code, after, _PAGE, to_change=False):
        leads = await tx.leads.by_numbers(numbers)
        for number, stored in groupby(await tx.timers.of_leads(numbers), key=lambda armed: armed.lead):
            for armed, timer in moved(list(stored), leads[number], location):
                if armed.timer.kind is not timer.kind or timer.kind not in TARGETS:
                    continue
                is_gone = timer.state is TimerState.CANCELLED
                if is_gone or timer.due_at != armed.timer.due_at:
                    due_at = None if is_gone else timer.due_at
                    yield MovedDeadline(number, location.code, str(timer.kind), armed.timer.due_at, due_at)
        after = numbers[-1]
