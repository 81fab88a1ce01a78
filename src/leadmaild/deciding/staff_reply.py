"""A seller's reply to one of our notices: it must never pass for the customer's words.

No rule lets us send it on, and the customer does not get it: nothing is joined and no clock moves; the words are kept
on the lead, and the seller is told at once that they went no further.
"""

from leadmaild.deciding.case import Case
from leadmaild.deciding.redirect import normal
from leadmaild.deciding.without_lead import mail_redirects
from leadmaild.model.decision import Decision, Intent, MailKind, Recipient, Role
from leadmaild.model.lead import Outcome
from leadmaild.model.user import User


def staff_reply(case: Case) -> Decision | None:
    """The decision for a user's reply in the thread of a lead; None for everybody else's mail."""
    lead = case.snapshot.thread.lead
    writer = _writer(case)
    if lead is None or writer is None or not case.snapshot.thread.is_known:
        return None
    case.trace.matched("R24", writer.username, "a user answers our notice: no customer's message, and no answer to one")
    told = Intent(MailKind.UNASSIGNED_NOTICE, Recipient(Role.ADDRESS, writer.email), case.now, "staff_reply")
    return Decision(
        Outcome.IGNORED,
        "staff_reply",
        intents=(*mail_redirects(case), told),
        noted_on=lead.number,
        noted_by=writer.username,
    )


def _writer(case: Case) -> User | None:
    """The user whose address the mail is from; of several who share it (R141) the first."""
    sender = normal(case.reading.sender.email)
    users = case.snapshot.roster.users.values()
    return next((user for user in users if sender and user.active and normal(user.email) == sender), None)
