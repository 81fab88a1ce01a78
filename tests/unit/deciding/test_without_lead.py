"""Mail that makes no lead, and who hears of it (rules.md 3.6, R50, R51, PF23, AR-24)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leadmaild.deciding.case import Case
from leadmaild.deciding.without_lead import homeless
from leadmaild.model.decision import MailKind, Recipient, Role
from leadmaild.model.lead import AssignmentReason, Outcome
from leadmaild.model.location import OpeningHours, Redirects, Window
from leadmaild.model.reading import Classification, DeliveryStatus, Prospect, Reading, Verdict, Verdicts
from leadmaild.model.snapshot import ThreadFacts
from tests.unit.deciding.build import addresses, decided, direct, envelope, known, mails, opened, other, world
from tests.unit.distribution.build import NOW, boss, lead, muc, roster

LOUD = muc(redirect=Redirects(("chef@dealer.example",)), unassigned_notice_to=("buero@dealer.example",))
FAILED = DeliveryStatus(final_recipient="Kundin@mail.example", action="failed", status="5.1.1", permanent=True)


OUR_MAIL = ThreadFacts(is_known=True, bounced_outbox_id=5)


def bounce(dsn=FAILED) -> Reading:
    return other(Classification.BOUNCE, dsn=dsn)


def came_back() -> Reading:
    return direct(verdicts=Verdicts(loop=Verdict(True, ("X-Leadmaild-Loop",))))


UNREACHABLE = Reading(Classification.LEAD, "plain")
EMPTY = Reading(Classification.LEAD, "plain", is_empty=True)


@pytest.mark.parametrize(
    ("reading", "outcome", "reason", "kinds"),
    [
        pytest.param(came_back(), Outcome.LOOP, "own_mail", [], marks=pytest.mark.rule("SP-07")),
        pytest.param(bounce(), Outcome.BOUNCE, "permanent_failure", [], marks=pytest.mark.rule("PF23")),
        pytest.param(
            other(Classification.AUTO_REPLY), Outcome.AUTO_REPLY, "as_read", [], marks=pytest.mark.rule("R51")
        ),
        pytest.param(other(Classification.SPAM), Outcome.SPAM, "as_read", [], marks=pytest.mark.rule("Q21")),
        pytest.param(
            other(Classification.NEWSLETTER), Outcome.IGNORED, "as_read", ["redirect"], marks=pytest.mark.rule("R40")
        ),
        pytest.param(
            other(Classification.NOTIFICATION), Outcome.UNPARSED, "notification", ["redirect", "unassigned_notice"],
            marks=pytest.mark.rule("R50"),
        ),
        pytest.param(
            UNREACHABLE, Outcome.UNPARSED, "no_way_to_reach", ["redirect", "unassigned_notice"],
            marks=pytest.mark.rule("R50"),
        ),
        pytest.param(
            EMPTY, Outcome.UNPARSED, "empty", ["redirect", "unassigned_notice"], marks=pytest.mark.rule("BI-25")
        ),
    ],
)  # fmt: skip
def test_mail_without_a_lead_ends_in_one_outcome_and_tells_the_right_people(reading, outcome, reason, kinds):
    decision = decided(reading, world(LOUD))
    assert (decision.outcome, decision.reason, decision.steps) == (outcome, reason, ())
    assert [str(intent.kind) for intent in mails(decision)] == kinds


@pytest.mark.rule("PF69")
@pytest.mark.parametrize("classification", list(Classification))
def test_every_mail_has_an_outcome_with_a_reason(classification):
    decision = decided(other(classification, prospects=(Prospect("generic"),)))
    assert decision.outcome in Outcome
    assert decision.reason


@pytest.mark.rule("R50")
def test_the_notice_goes_at_once_and_never_to_a_user():
    night = NOW + timedelta(hours=14)
    hours = OpeningHours("Europe/Berlin", {0: (Window(540, 1080),)})
    decision = decided(UNREACHABLE, world(replace(LOUD, opening_hours=hours)), now=night)
    (notice,) = mails(decision, MailKind.UNASSIGNED_NOTICE)
    assert (notice.recipient, notice.not_before) == (Recipient(Role.ADDRESS, "buero@dealer.example"), night)


@pytest.mark.rule("R51")
def test_without_a_notice_address_the_mail_is_kept_and_nothing_is_sent():
    assert mails(decided(UNREACHABLE)) == []


@pytest.mark.rule("R50")
def test_a_lead_that_reaches_the_fallback_user_gives_no_notice():
    decision = decided(direct(), world(LOUD, people=roster(boss())))
    assert opened(decision).assignment.reason is AssignmentReason.FALLBACK
    assert mails(decision, MailKind.UNASSIGNED_NOTICE) == []


# Duplicates (Q22).


@pytest.mark.rule("Q22")
def test_the_same_content_again_is_a_duplicate_and_tells_nobody():
    decision = decided(direct(), world(LOUD, duplicate_of=17))
    assert (decision.outcome, decision.reason, mails(decision)) == (Outcome.DUPLICATE, "repeats_17", [])


@pytest.mark.parametrize(
    ("reading", "outcome"),
    [(came_back(), Outcome.LOOP), (bounce(), Outcome.BOUNCE), (other(Classification.NEWSLETTER), Outcome.DUPLICATE)],
)
def test_what_a_mail_is_comes_before_whether_it_was_here_already(reading, outcome):
    assert decided(reading, world(duplicate_of=17)).outcome is outcome


# Loops and bounces.


@pytest.mark.rule("BI-60")
def test_a_loop_raises_one_alarm():
    assert decided(came_back()).alarms == ("MUC: a mail of our own came back, the loop is cut",)


@pytest.mark.rule("AR-24")
@pytest.mark.parametrize(
    ("dsn", "thread", "suppressed"),
    [
        (FAILED, OUR_MAIL, "kundin@mail.example"),
        (
            FAILED,
            ThreadFacts(is_known=True, bounced_outbox_id=5, bounced_recipients=frozenset({"kundin@mail.example"})),
            "kundin@mail.example",
        ),
        # A report about a mail of ours that names somebody else, and one about no mail of ours: anybody can send them.
        (
            FAILED,
            ThreadFacts(is_known=True, bounced_outbox_id=5, bounced_recipients=frozenset({"chef@dealer.example"})),
            "",
        ),
        (FAILED, ThreadFacts(), ""),
        (replace(FAILED, permanent=False), OUR_MAIL, ""),
        (replace(FAILED, final_recipient=None), OUR_MAIL, ""),
        (None, OUR_MAIL, ""),
    ],
)
def test_only_a_permanent_failure_of_a_mail_of_ours_suppresses_its_address(dsn, thread, suppressed):
    assert decided(bounce(dsn), world(thread=thread)).suppress_address == suppressed


@pytest.mark.rule("PF23")
def test_a_bounce_is_tied_to_our_mail_and_touches_no_lead():
    thread = ThreadFacts(lead=lead(), is_known=True, bounced_outbox_id=5)
    decision = decided(bounce(), world(LOUD, known(lead()), thread=thread), envelope(""))
    assert (decision.bounced_outbox_id, decision.steps, mails(decision)) == (5, (), [])


@pytest.mark.parametrize(
    ("dsn", "reason"),
    [(FAILED, "permanent_failure"), (replace(FAILED, action="complaint"), "complaint"),
     (replace(FAILED, permanent=False), "delivery_report"), (None, "delivery_report")],
)  # fmt: skip
def test_a_bounce_says_what_it_is(dsn, reason):
    assert decided(bounce(dsn)).reason == reason


# Postmaster.


@pytest.mark.rule("BI-04")
@pytest.mark.parametrize(
    ("target", "sent"),
    [("ops@gateway.example", ["ops@gateway.example"]), ("", []), ("muc@leads.example", [])],
)
def test_mail_to_postmaster_goes_to_the_operators_and_nobody_else(target, sent):
    decision = decided(direct(), world(LOUD, postmaster=target))
    assert (decision.outcome, decision.reason, decision.steps) == (Outcome.IGNORED, "postmaster", ())
    assert addresses(decision, MailKind.REDIRECT) == sent
    assert len(mails(decision)) == len(sent)


# Mail whose location is gone from the settings.


@pytest.mark.rule("PF69")
@pytest.mark.parametrize(
    ("reading", "postmaster", "outcome", "told"),
    [
        (direct(), "betrieb@gateway.example", Outcome.SET_ASIDE, ["betrieb@gateway.example"]),
        (other(Classification.NEWSLETTER), "betrieb@gateway.example", Outcome.SET_ASIDE, ["betrieb@gateway.example"]),
        (direct(), "", Outcome.SET_ASIDE, []),
        (direct(), "MUC@leads.example", Outcome.SET_ASIDE, []),  # it would come back to us
        (other(Classification.SPAM), "betrieb@gateway.example", Outcome.SPAM, []),
        (other(Classification.AUTO_REPLY), "betrieb@gateway.example", Outcome.AUTO_REPLY, []),
        (bounce(), "betrieb@gateway.example", Outcome.BOUNCE, []),
        (came_back(), "betrieb@gateway.example", Outcome.LOOP, []),
    ],
)
def test_mail_of_a_location_that_is_gone_is_kept_and_told_to_those_who_run_the_gateway(
    reading, postmaster, outcome, told
):
    decision = homeless(Case(reading, envelope(), world(LOUD), NOW), "location_gone", postmaster)
    assert decision.outcome is outcome
    assert [(i.kind, i.recipient.address) for i in decision.intents] == [(MailKind.UNASSIGNED_NOTICE, a) for a in told]
