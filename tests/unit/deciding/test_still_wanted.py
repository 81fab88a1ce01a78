"""Mails that became pointless before they could leave (R21, R25, R27, R68, PF46)."""

from datetime import timedelta

import pytest

from leadmaild.deciding.still_wanted import Dropped, LeadStanding, Wanted, still_wanted
from leadmaild.escalation.firing import CycleFacts
from leadmaild.model.decision import MailKind
from tests.unit.distribution.build import NOW

NOTICES = [kind for kind in MailKind if kind.is_staff_notice and kind is not MailKind.DIGEST]
OTHERS = [kind for kind in MailKind if kind not in NOTICES]
IN_POOL = LeadStanding(waits_in_pool=True)


@pytest.mark.rule("R21")
@pytest.mark.parametrize("kind", NOTICES)
def test_no_notice_leaves_for_a_lead_that_was_answered_or_closed(kind):
    assert still_wanted(kind, LeadStanding(CycleFacts(has_reaction=True)), NOW) == Dropped("answered (R21)")
    assert still_wanted(kind, LeadStanding(CycleFacts(is_closed=True)), NOW) == Dropped("the lead is closed (R21)")


@pytest.mark.rule("R21")
@pytest.mark.parametrize("kind", NOTICES)
def test_a_notice_of_an_untouched_lead_leaves(kind):
    assert still_wanted(kind, IN_POOL, NOW) == Wanted()


@pytest.mark.rule("R21")
@pytest.mark.rule("R27")
@pytest.mark.parametrize(("minutes", "wanted"), [(1, True), (0, False), (-1, False)])
def test_a_reminder_is_pointless_once_stage_1_ran_out_the_stages_are_not(minutes, wanted):
    standing = LeadStanding(CycleFacts(stage1_due_at=NOW + timedelta(minutes=minutes)))
    assert (still_wanted(MailKind.REMINDER, standing, NOW) == Wanted()) is wanted
    assert still_wanted(MailKind.STAGE1, standing, NOW) == Wanted()
    assert still_wanted(MailKind.STAGE2, standing, NOW) == Wanted()


@pytest.mark.rule("R68")
def test_sellers_hear_no_more_of_a_pool_lead_that_was_taken():
    assert still_wanted(MailKind.NEW_POOL_LEAD, LeadStanding(), NOW) == Dropped("taken from the pool meanwhile")


@pytest.mark.rule("R45")
@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_notice_leaves_whatever_became_of_the_lead(kind):
    assert still_wanted(kind, LeadStanding(CycleFacts(is_closed=True, has_reaction=True)), NOW) == Wanted()


@pytest.mark.parametrize("kind", list(MailKind))
def test_a_mail_without_a_lead_leaves(kind):
    assert still_wanted(kind, None, NOW) == Wanted()
