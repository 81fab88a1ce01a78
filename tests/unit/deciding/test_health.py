"""How the gateway judges itself: by age and silence, not only by depth."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from leadmaild.deciding.health import judge
from leadmaild.model.health import Facts, Health, HealthStatus, MailboxStanding, QueueDepth, Standing

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LONG_AGO, JUST_NOW = NOW - timedelta(hours=5), NOW - timedelta(seconds=30)
MIB = 1024**2

IDLE = Standing(
    mails_waiting=0, oldest_waiting_at=None, set_aside=0, queue={}, in_doubt=0, failed=0, leads_open=3,
    next_timer_at=NOW + timedelta(hours=1), last_received_at=LONG_AGO, mailboxes={},
)  # fmt: skip
FINE = Facts(started_at=LONG_AGO, standing=IDLE, free_bytes=50_000 * MIB, least_bytes=100 * MIB)


def bad(facts: Facts) -> dict[str, HealthStatus]:
    return {check.name: check.status for check in judge(facts, NOW) if check.status is not HealthStatus.OK}


def status_of(facts: Facts) -> HealthStatus:
    return Health(NOW, facts, judge(facts, NOW)).status


def standing(**values) -> Facts:
    return replace(FINE, standing=replace(IDLE, **values))


def test_an_idle_gateway_is_well_and_says_what_it_looked_at():
    assert bad(FINE) == {}
    assert status_of(FINE) is HealthStatus.OK
    assert {check.name for check in judge(FINE, NOW)} == {
        "draining", "database", "disk", "intake", "outgoing", "timers", "mail_server", "settings",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (replace(FINE, is_draining=True), "draining"),
        (replace(FINE, standing=None), "database"),
        (replace(FINE, free_bytes=99 * MIB), "disk"),
    ],
)
def test_where_no_mail_can_be_taken_it_is_failing(facts, name):
    assert bad(facts) == {name: HealthStatus.FAILING}
    assert status_of(facts) is HealthStatus.FAILING


def due(state: str, first_due_at: datetime, oldest_at: datetime = LONG_AGO) -> dict[str, QueueDepth]:
    return {state: QueueDepth(7, oldest_at, first_due_at)}


@pytest.mark.rule("PF67")
@pytest.mark.parametrize(
    ("facts", "name"),
    [
        (standing(mails_waiting=1, oldest_waiting_at=LONG_AGO), "intake"),
        (standing(queue=due("queued", LONG_AGO)), "outgoing"),
        (standing(queue=due("held", LONG_AGO)), "outgoing"),
        (standing(queue=due("deferred", NOW + timedelta(hours=1))), "outgoing"),
        (standing(next_timer_at=LONG_AGO), "timers"),
        (replace(FINE, unreachable={"default": LONG_AGO}), "mail_server"),
        (replace(FINE, mailboxes=("muc",)), "mailbox"),
        (replace(FINE, free_bytes=500 * MIB), "disk"),
        (replace(FINE, has_rejected_settings=True), "settings"),
    ],
)
def test_what_only_gets_older_is_degraded_and_still_in_service(facts, name):
    assert bad(facts) == {name: HealthStatus.DEGRADED}
    (why,) = [check.why for check in judge(facts, NOW) if check.name == name and check.why]
    assert why


@pytest.mark.rule("PF67")
@pytest.mark.parametrize(
    "facts",
    [
        standing(mails_waiting=5_000, oldest_waiting_at=JUST_NOW),
        standing(queue=due("held", NOW + timedelta(hours=60))),
        standing(queue=due("deferred", NOW, oldest_at=JUST_NOW)),
        replace(FINE, unreachable={"default": JUST_NOW}),
        replace(FINE, mailboxes=("muc",), started_at=JUST_NOW),
        replace(FINE, free_bytes=None),
    ],
)
def test_depth_held_mail_and_what_has_just_begun_is_no_trouble(facts):
    assert bad(facts) == {}


@pytest.mark.parametrize(
    ("mailbox", "is_well"),
    [
        (MailboxStanding(JUST_NOW), True),
        (MailboxStanding(LONG_AGO), False),
        (MailboxStanding(JUST_NOW, "no connection", JUST_NOW), True),
        (MailboxStanding(NOW - timedelta(minutes=8), "no connection", NOW - timedelta(minutes=7)), False),
    ],
)
def test_a_mailbox_is_well_while_it_is_looked_through(mailbox, is_well):
    facts = replace(standing(mailboxes={"muc": mailbox}), mailboxes=("muc",))
    assert (bad(facts) == {}) is is_well


def test_a_mailbox_that_left_the_settings_is_not_asked_about():
    assert bad(standing(mailboxes={"old": MailboxStanding(LONG_AGO, "gone", LONG_AGO)})) == {}
