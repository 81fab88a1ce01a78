"""Notice of mail out of which no lead could be made (R50, R51)."""

from leadmaild.deciding.case import Case
from leadmaild.model.decision import Intent, MailKind, Recipient, Role


def unassigned_notices(case: Case, reason: str) -> tuple[Intent, ...]:
    """The notices to the receiving location's `unassigned_notice_to`, at once: the address is not a user (R50).

    Asked only for outcome `unparsed`: bounces, automatic replies, spam and loops never come here (R51), and neither
    does a lead that ends with the fallback user.
    """
    location = case.receiving
    if not location.unassigned_notice_to:
        case.trace.passed("R51", None, f"{location.code} names no address for mail without a lead: kept and logged")
        return ()
    case.trace.matched("R50", reason, "no lead could be made: somebody is told")
    return tuple(
        Intent(MailKind.UNASSIGNED_NOTICE, Recipient(Role.ADDRESS, address), case.now, reason)
        for address in location.unassigned_notice_to
    )
