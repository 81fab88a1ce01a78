"""What belongs to a person who was erased does not come back by a mail (R181, PF68)."""

from dataclasses import replace

import pytest

from leadmaild.model.lead import Outcome
from leadmaild.model.location import Redirects
from leadmaild.model.reading import Classification
from tests.unit.deciding.build import decided, direct, mails, other, rules, world
from tests.unit.distribution.build import muc

pytestmark = [pytest.mark.rule("R181"), pytest.mark.rule("PF68")]

LOUD = muc(redirect=Redirects(("chef@dealer.example",)), unassigned_notice_to=("buero@dealer.example",))


@pytest.mark.parametrize("reading", [direct(), other(Classification.BOUNCE), other(Classification.AUTO_REPLY)])
def test_nothing_comes_of_a_mail_of_somebody_erased(reading):
    decision = decided(reading, replace(world(LOUD), is_erased=True))

    assert (decision.outcome, decision.reason, decision.is_erased) == (Outcome.IGNORED, "erased", True)
    assert (decision.steps, mails(decision)) == ((), [])
    assert "R181" in rules(decision)


def test_a_copy_is_kept_as_long_as_the_first():
    copy = replace(world(LOUD), duplicate_of=7)
    assert not decided(direct(), copy).is_erased

    decision = decided(direct(), replace(copy, first_is_kept=False))
    assert (decision.outcome, decision.is_erased) == (Outcome.DUPLICATE, True)


def test_every_other_mail_is_kept():
    assert not decided(direct(), world(LOUD)).is_erased
