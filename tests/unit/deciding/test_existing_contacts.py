"""The existing-contact switch, an open request, an absent seller and the pool, all together (R33-R39, Q8)."""

from itertools import product

import pytest

from leadmaild.model.decision import JoinLead
from leadmaild.model.lead import AssignmentReason as Reason
from tests.unit.deciding.build import decided, known, world
from tests.unit.distribution.build import boss, lead, muc, pool_account, pool_location, roster, user

# normal distribution for known contacts?, open request?, own user: here | away | away with representative, pool?
# -> joined, or the assignee and the reason
TABLE = {
    (False, False, "here", False): ("anna", Reason.CONTACT_USER),
    (False, False, "here", True): ("anna", Reason.CONTACT_USER),  # R39
    (False, False, "away", False): ("ben", Reason.ROLLING),
    (False, False, "away", True): ("pool", Reason.POOL),
    (False, False, "represented", False): ("rita", Reason.REPRESENTATIVE),
    (False, False, "represented", True): ("rita", Reason.REPRESENTATIVE),
    (True, False, "here", False): ("ben", Reason.ROLLING),
    (True, False, "here", True): ("pool", Reason.POOL),
    (True, False, "away", False): ("ben", Reason.ROLLING),
    (True, False, "away", True): ("pool", Reason.POOL),
    (True, False, "represented", False): ("ben", Reason.ROLLING),
    (True, False, "represented", True): ("pool", Reason.POOL),
}
CASES = list(product((False, True), (False, True), ("here", "away", "represented"), (False, True)))


@pytest.mark.rule("R33")
@pytest.mark.rule("R34")
@pytest.mark.rule("R35")
@pytest.mark.rule("R36")
@pytest.mark.rule("R39")
@pytest.mark.rule("Q8")
@pytest.mark.parametrize(("normal", "has_open", "own_user", "has_pool"), CASES)
def test_a_request_of_a_known_contact(normal, has_open, own_user, has_pool):
    away = {"here": [], "away": ["anna"], "represented": [("anna", "rita")]}[own_user]
    sellers = [user(name, receives_leads=not has_pool) for name in ("ben", "anna")]
    people = roster(*sellers, user("rita", receives_leads=False), boss(), pool_account(), away=away)
    location = (pool_location if has_pool else muc)(existing_contacts_normal=normal)
    open_leads = (lead(4, assignee="anna"),) if has_open else ()
    (step,) = decided(snapshot=world(location, known(*open_leads), people)).steps
    if has_open:  # the same in both positions of the switch, whoever is away (R35, Q8)
        assert isinstance(step, JoinLead)
        assert step.lead.assignee == "anna"
    else:
        assert (step.assignment.assignee, step.assignment.reason) == TABLE[normal, has_open, own_user, has_pool]
