"""Mail that makes no lead: loops, bounces, automatic replies, spam, duplicates, bulk, notices (rules.md 3.6)."""

from leadmaild.deciding.case import Case
from leadmaild.deciding.redirect import normal, redirects
from leadmaild.deciding.unassigned import unassigned_notices
from leadmaild.deciding.vehicle_location import for_redirect
from leadmaild.model.decision import Decision, Intent, MailKind, Recipient, Role
from leadmaild.model.lead import Outcome
from leadmaild.model.reading import Classification, DeliveryStatus


def without_lead(case: Case) -> Decision | None:
    """The decision for mail that is no enquiry and no customer's answer; None for everything else.

    The order is that of rules.md 3.6: the first that holds is the one outcome of the mail.
    """
    for ask in (_erased, _loop, _postmaster, _bounce, _auto_reply, _spam, _duplicate, _bulk, _notification):
        if (decision := ask(case)) is not None:
            return decision
    return None


def unparsed(case: Case, reason: str) -> Decision:
    """R50: no lead can be made of this mail; somebody is told, and the redirect runs all the same."""
    intents = (*mail_redirects(case), *unassigned_notices(case, reason))
    return Decision(Outcome.UNPARSED, reason, intents=intents, needs_review=case.reading.needs_review)


def homeless(case: Case, reason: str, postmaster: str) -> Decision:
    """Mail for a location that is gone from the settings, whose mailbox is nobody's: kept, to be read again once the
    location is back, and told to whoever runs the gateway. What is for nobody goes nowhere all the same.

    `case` lends some location its mail server; its people have nothing to do with it.
    """
    for ask in (_loop, _bounce, _auto_reply, _spam):
        if (decision := ask(case)) is not None:
            return decision
    case.trace.matched("R50", reason, "the location is not in the settings any more: kept, and the postmaster is told")
    to = () if not postmaster or normal(postmaster) in _own_mailboxes(case) else (postmaster,)
    intents = tuple(Intent(MailKind.UNASSIGNED_NOTICE, Recipient(Role.ADDRESS, a), case.now, reason) for a in to)
    alarm = "mail for a location that is not in the settings any more is set aside"
    return Decision(Outcome.SET_ASIDE, reason, intents=intents, alarms=(alarm,))


def mail_redirects(case: Case) -> tuple[Intent, ...]:
    """The redirects of a mail without an enquiry in it."""
    return redirects(case, None, for_redirect(case, case.snapshot.sender.vehicle))


def _erased(case: Case) -> Decision | None:
    """Mail from before the erasure of its author, or a machine's word about a mail of ours to him: nothing comes of it,
    and nothing of it stays (PF68)."""
    if not case.trace.asked("R181", case.snapshot.is_erased, None, "belongs to somebody who was erased"):
        return None
    return Decision(Outcome.IGNORED, "erased", is_erased=True)


def _loop(case: Case) -> Decision | None:
    verdict = case.reading.verdicts.loop
    evidence = "; ".join(verdict.evidence)
    if not case.trace.asked("SP-07", verdict.value, evidence or None, "mail of our own that came back"):
        return None
    alarm = f"{case.receiving.code}: a mail of our own came back, the loop is cut"  # BI-60
    return Decision(Outcome.LOOP, "own_mail", alarms=(alarm,))


def _postmaster(case: Case) -> Decision | None:
    """Mail to postmaster is for the people who run the gateway: redirected to them, and nothing else."""
    target = case.snapshot.postmaster
    if target is None:
        return None
    case.trace.matched("BI-04", bool(target), "mail to postmaster goes to the people who run the gateway")
    if not target or normal(target) in _own_mailboxes(case):
        return Decision(Outcome.IGNORED, "postmaster")
    redirect = Intent(MailKind.REDIRECT, Recipient(Role.ADDRESS, target), case.now, "mail to postmaster")
    return Decision(Outcome.IGNORED, "postmaster", intents=(redirect,))


def _own_mailboxes(case: Case) -> set[str]:
    return {normal(box) for location in case.snapshot.locations.values() for box in location.mailboxes}


def _bounce(case: Case) -> Decision | None:
    """PF23: never answered, never a reaction; a permanent failure of a mail of ours suppresses the address (AR-24)."""
    if not case.trace.asked("PF23", case.reading.classification is Classification.BOUNCE, None, "a delivery report"):
        return None
    return Decision(
        Outcome.BOUNCE,
        _bounce_reason(case.reading.dsn),
        suppress_address=_address_to_suppress(case),
        bounced_outbox_id=case.snapshot.thread.bounced_outbox_id,
    )


def _bounce_reason(dsn: DeliveryStatus | None) -> str:
    if dsn is not None and dsn.action == "complaint":
        return "complaint"
    return "permanent_failure" if dsn is not None and dsn.permanent else "delivery_report"


def _address_to_suppress(case: Case) -> str:
    """The address that failed for good, if it is one we wrote to: anybody can send a report that names anybody."""
    dsn, thread = case.reading.dsn, case.snapshot.thread
    if dsn is None or not dsn.permanent or not dsn.final_recipient:
        case.trace.passed("AR-24", None, "not a permanent failure of a named address")
        return ""
    failed = normal(dsn.final_recipient)
    is_ours = thread.bounced_outbox_id is not None and failed in (thread.bounced_recipients or {failed})
    case.trace.asked(
        "AR-24",
        is_ours,
        thread.bounced_outbox_id,
        "a mail of ours failed for good or was complained about: its address gets no automatic mail again",
    )
    return failed if is_ours else ""


def _auto_reply(case: Case) -> Decision | None:
    is_one = case.reading.classification is Classification.AUTO_REPLY
    if not case.trace.asked("R51", is_one, case.reading.reason if is_one else None, "an automatic reply"):
        return None
    return Decision(Outcome.AUTO_REPLY, case.reading.reason)


def _spam(case: Case) -> Decision | None:
    is_spam = case.reading.classification is Classification.SPAM
    if not case.trace.asked("Q21", is_spam, case.reading.reason if is_spam else None, "spam: kept, nobody is told"):
        return None
    return Decision(Outcome.SPAM, case.reading.reason)


def _duplicate(case: Case) -> Decision | None:
    repeated = case.snapshot.duplicate_of
    if not case.trace.asked("Q22", repeated is not None, repeated, "the same content came to this location before"):
        return None
    is_kept = case.snapshot.first_is_kept
    if not is_kept:
        case.trace.matched("PF68", repeated, "the mail it repeats is not kept any more, so this one is not either")
    return Decision(Outcome.DUPLICATE, f"repeats_{repeated}", is_erased=not is_kept)


def _bulk(case: Case) -> Decision | None:
    """A newsletter: no lead, no notice, but the redirect still runs (R40)."""
    if case.reading.classification is not Classification.NEWSLETTER:
        return None
    case.trace.matched("R40", case.reading.reason, "bulk mail: no lead and no notice")
    return Decision(Outcome.IGNORED, case.reading.reason, intents=mail_redirects(case))


def _notification(case: Case) -> Decision | None:
    """An expiring ad or an invoice of a portal is no lead, but somebody must see it."""
    if case.reading.classification is not Classification.NOTIFICATION:
        return None
    case.trace.matched("R50", case.reading.reason, "a notice of the portal: no lead, but somebody must see it")
    return unparsed(case, "notification")
