"""hand over: open leads whose assignee is gone from the settings go to the fallback user, who is told (R149).

Looked at when the daemon starts and whenever other settings come into force.
"""

from collections.abc import Callable
from datetime import datetime

from leadmaild.config.model import Settings
from leadmaild.escalation.calendar import Calendar
from leadmaild.maillog import Event, log
from leadmaild.model.decision import Intent, MailKind, Recipient, Role
from leadmaild.model.lead import ActivityKind, AssignmentReason, Lead
from leadmaild.model.location import Location
from leadmaild.model.work import OutboxOrigin
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database, Transaction

BATCH = 100


class HandOver:
    """The step that leaves no lead with somebody who is gone."""

    def __init__(
        self, database: Database, world: Callable[[], World], clock: Clock, wake_deliver: Callable[[], None]
    ) -> None:
        self._database = database
        self._world = world
        self._clock = clock
        self._wake_deliver = wake_deliver
        self._done_for: Settings | None = None
        self._after = 0

    async def step(self) -> bool:
        """Hand over one batch; True if there was anything to do."""
        world = self._world()
        if world.files is self._done_for:
            return False
        now, settings = self._clock.now(), world.settings
        async with self._database.view() as tx:  # looking first costs no lock: as a rule nobody is gone
            gone = [name for name in await tx.lead_changes.assignees() if not _is_there(name, settings)]
        orphans: tuple[Lead, ...] = ()
        if gone:
            async with self._database.transaction() as tx:
                orphans = await tx.lead_changes.with_any_of(gone, self._after, BATCH)
                for lead in orphans:
                    await _hand_over(tx, lead, settings, now)
                await tx.commit()
        if orphans:
            self._after = orphans[-1].number
            self._wake_deliver()
        else:
            self._done_for, self._after = world.files, 0
        return bool(orphans)


def _is_there(username: str, settings: Settings) -> bool:
    user = settings.users.get(username)
    return user is not None and user.active


async def _hand_over(tx: Transaction, lead: Lead, settings: Settings, now: datetime) -> None:
    location = settings.locations.get(lead.location)
    heir, reason = _heir(location, settings)
    if location is None or not heir:
        log(Event.ALARM_RAISED, lead=lead.number, location=lead.location, reason="assignee_gone")
        return
    await tx.lead_changes.change(lead.number, assignee=heir, assignment_reason=str(reason))
    details = {"assignee": heir, "reason": str(reason), "was": lead.assignee}
    await tx.leads.record(lead.number, ActivityKind.ASSIGNEE_CHANGE, now, details=details)
    origin = OutboxOrigin(
        cause=f"hand_over:{lead.number}:{lead.assignee}",
        location=location.code,
        sender_mailbox=settings.sender_mailbox(location, lead.received_location),
        lead=lead.number,
        journal_id=await tx.lead_changes.last_mail_of_customer(lead.number),
    )
    opens_at = Calendar.of(location.opening_hours).next_open(now)
    intent = Intent(MailKind.NEW_LEAD, Recipient(Role.ASSIGNEE), opens_at, "its assignee is gone (R149)")
    await tx.outbox.add(intent, origin, now)
    log(Event.LEAD_ASSIGNED, lead=lead.number, location=location.code, user=heir, reason=str(reason))


def _heir(location: Location | None, settings: Settings) -> tuple[str, AssignmentReason]:
    """The fallback user, else the administrator (R48, R77); "" if neither is there."""
    for username, reason in (
        (location.fallback_user if location else "", AssignmentReason.FALLBACK),
        (location.admin_user if location else "", AssignmentReason.ADMIN),
    ):
        if _is_there(username, settings):
            return username, reason
    return "", AssignmentReason.ADMIN
