"""What the operator reads of a decision: one line an event, after the commit, ids only (R182)."""

from functools import partial

from leadmaild.maillog import Event, log
from leadmaild.model.decision import Decision, Intent, JoinLead, MailKind, OpenLead
from leadmaild.model.lead import AssignmentReason, Outcome
from leadmaild.model.work import JournalEntry
from leadmaild.pipeline.apply import Applied

_OF_OUTCOME = {
    Outcome.DUPLICATE: Event.DUPLICATE,
    Outcome.LOOP: Event.LOOP_CUT,
    Outcome.SET_ASIDE: Event.SET_ASIDE,
}
_OF_KIND = {
    MailKind.REDIRECT: Event.REDIRECTED,
    MailKind.TRADE_IN_CC: Event.TRADE_IN_COPIED,
    MailKind.AUTORESPONSE: Event.AUTORESPONSE_QUEUED,
}


def decided(entry: JournalEntry, decision: Decision, applied: Applied) -> None:
    """Log what became of a mail."""
    say = partial(log, message_id=entry.message_id, location=entry.location)
    read_again = decision.update.lead.number if decision.update else None
    say(Event.VERDICT, outcome=str(decision.outcome), reason=decision.reason, journal_id=entry.id, lead=read_again,
        sender=str(entry.envelope.sender_verdict))  # fmt: skip
    if not applied.leads and read_again is None:
        say(_OF_OUTCOME.get(decision.outcome, Event.NO_LEAD), reason=decision.reason, journal_id=entry.id)
    for step, number in zip(decision.steps, applied.leads, strict=True):
        _lead(step, number, say)
    for intent, lead in applied.intents:
        _intent(intent, lead, say)
    for alarm in decision.alarms:  # where there is a lead it is about the answer to it
        reason = "budget_exhausted" if decision.steps else str(decision.outcome)
        say(Event.ALARM_RAISED, reason=reason, problem=alarm)


def _lead(step: OpenLead | JoinLead, number: int, say: partial[None]) -> None:
    if isinstance(step, JoinLead):
        say(Event.LEAD_JOINED, lead=number, cycle=step.lead.cycle + step.new_cycle)
        return
    say(Event.LEAD_OPENED, lead=number, source=step.prospect.source)
    assignment = step.assignment
    say(Event.LEAD_ASSIGNED, lead=number, user=assignment.assignee, reason=str(assignment.reason))
    if assignment.reason is AssignmentReason.POOL:
        say(Event.POOL_WAITING, lead=number)
    if assignment.alarm:
        say(Event.ALARM_RAISED, lead=number, reason=f"assigned_by_{assignment.reason}")
    for timer in step.timers:
        say(Event.TIMER_ARMED, lead=number, timer=str(timer.kind), state=str(timer.state))


def _intent(intent: Intent, lead: int | None, say: partial[None]) -> None:
    if intent.withheld_by and intent.kind is MailKind.AUTORESPONSE:
        say(Event.AUTORESPONSE_WITHHELD, lead=lead, reason=intent.withheld_by, rule=intent.withheld_by)
        if intent.withheld_by == "AR-17":
            say(Event.BUDGET_EXHAUSTED, lead=lead, rule="AR-17")
        return
    event = _OF_KIND.get(intent.kind, Event.NOTICE_QUEUED)
    say(event, lead=lead, kind=str(intent.kind), not_before=intent.not_before.isoformat())
