"""Whether a mail that was decided earlier is still wanted when it may leave (R21, R25): notices held overnight vanish
when the customer was answered meanwhile, and the lead's later fate, not its first, decides."""

from dataclasses import dataclass, field
from datetime import datetime

from leadmaild.escalation.firing import CycleFacts, verdict_when_sent
from leadmaild.model.decision import MailKind
from leadmaild.model.lead import TimerKind


@dataclass(frozen=True, slots=True)
class LeadStanding:
    """How the lead of an outgoing mail stands now: the cycle the mail belongs to, and whether it waits in the pool.

    A notice that belongs to no cycle, such as one of a change of assignee, carries a cycle without reaction.
    """

    cycle: CycleFacts = field(default_factory=CycleFacts)
    waits_in_pool: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """The mail may leave."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """The mail is cancelled, with the reason for the queue."""

    reason: str


def still_wanted(kind: MailKind, standing: LeadStanding | None, now: datetime) -> Wanted | Dropped:
    """Judge one outgoing mail at the moment it may leave; `standing` None = it belongs to no lead.

    Only notices for staff can become pointless: what goes to customers, to the trade-in desk or to a redirect target
    is wanted once it was decided.
    """
    if standing is None or not kind.is_staff_notice or kind is MailKind.DIGEST:
        return Wanted()
    # Only a reminder is bound by the end of stage 1; all other notices by reaction and closing alone (R21).
    as_timer = TimerKind.REMINDER if kind is MailKind.REMINDER else TimerKind.STAGE1
    if (verdict := verdict_when_sent(as_timer, standing.cycle, now)) is not None:
        return Dropped(verdict.why)
    if kind is MailKind.NEW_POOL_LEAD and not standing.waits_in_pool:
        return Dropped("taken from the pool meanwhile")
    return Wanted()
