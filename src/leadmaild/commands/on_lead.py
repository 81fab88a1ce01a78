"""What every command on a lead starts from: the lead locked, its location, its people, and who is acting."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadmaild.config.model import Settings
from leadmaild.errors import NotFound, Refused
from leadmaild.escalation.timers import timers_today
from leadmaild.maillog import Event, log
from leadmaild.model.lead import ActivityKind, Lead, LeadState, TimerKind
from leadmaild.model.location import Location
from leadmaild.model.snapshot import Roster
from leadmaild.model.user import User
from leadmaild.ports.stores import Database, Transaction


@dataclass(frozen=True, slots=True)
class OnLead:
    """One lead in the hands of one person. `now` is a UTC instant."""

    tx: Transaction
    settings: Settings
    lead: Lead
    location: Location
    roster: Roster
    by: User
    now: datetime

    def require_open(self) -> None:
        """Raise Refused for a lead that is closed."""
        if self.lead.state is LeadState.CLOSED:
            raise Refused(f"lead {self.lead.number} is closed; reopen it first")

    async def record(self, kind: ActivityKind, text: str = "", **details: Any) -> None:
        """Add an activity by the person acting."""
        await self.tx.leads.record(
            self.lead.number, kind, self.now, by=self.by.username, text=text, details=details or None
        )

    async def react(self, how: str) -> None:
        """A reaction ends the cycles that have begun (R24); an assignee who reacts becomes the contact's own (Q23)."""
        number = self.lead.number
        await self.tx.lead_changes.change(number, reacted_at=self.now, last_active_at=self.now)
        await self.tx.timers.end_cycles(number, self.now, "answered (R21)")
        await self.tx.timers.refresh_due([number])
        if self.by.username == self.lead.assignee:
            await self.tx.contacts.settle_user(self.lead.contact_id, self.by.username)
        log(Event.REACTION, lead=number, location=self.location.code, reason=how, user=self.by.username)

    async def follow_up(self, at: datetime) -> None:
        """Begin a follow-up cycle of its own in place of one that has not come (R26, R84)."""
        self.require_ahead(at)
        number, cycle = self.lead.number, self.lead.cycle + 1
        await self.tx.timers.end_follow_ups(number, "a new follow-up date was set")
        await start_follow_up(self.tx, number, self.location, cycle, at)
        await self.tx.lead_changes.change(number, cycle=cycle)
        await self.tx.timers.refresh_due([number])

    def require_ahead(self, at: datetime) -> None:
        """Raise Refused for a follow-up in the past (R86)."""
        require_ahead(at, self.now)


@asynccontextmanager
async def on_lead(database: Database, settings: Settings, number: int, by: str, now: datetime) -> AsyncIterator[OnLead]:
    """One transaction on a lead, committed when the block ends well. Raises NotFound for an unknown lead or user, and
    Refused for a lead that was erased."""
    async with database.transaction() as tx:
        lead = await tx.lead_changes.lock(number)
        if lead.is_erased:
            raise Refused(f"lead {number} was erased (R180, R181): nothing can be done with it any more")
        settings = settings.with_days(await tx.calendar.days())
        roster = await tx.people.roster(settings.users, settings.groups, (), now)
        yield OnLead(tx, settings, lead, settings.location(lead.location), roster, acting(roster, by), now)
        await tx.commit()


async def start_follow_up(tx: Transaction, number: int, location: Location, cycle: int, at: datetime) -> None:
    """Arm the timers of a follow-up cycle (R16, R61)."""
    await tx.timers.arm(number, location.code, cycle, at, timers_today(TimerKind.FOLLOW_UP, at, location))


def require_ahead(at: datetime, now: datetime) -> None:
    """Raise Refused for a follow-up in the past (R86)."""
    if at <= now:
        raise Refused("the follow-up date is in the past")


def acting(roster: Roster, username: str) -> User:
    """The active user of that name. Raises NotFound."""
    user = roster.user(username)
    if user is None:
        raise NotFound(f'there is no active user "{username}"')
    return user
