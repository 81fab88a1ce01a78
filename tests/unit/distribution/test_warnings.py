"""What check-config and `distribution show` point out about people (R20, R65, R70, R75, R77, R79)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from leadmaild.distribution.warnings import warnings_of
from leadmaild.model.location import Escalation, SourceSettings
from tests.unit.distribution.build import boss, group, muc, pool_account, pool_location, roster, user

GOOD = (user("anna"), user("ben"), boss(), boss("admin"))


def told(location, people):
    return [str(problem) for problem in warnings_of(location, people)]


def test_a_sound_location_has_no_warning():
    assert told(muc(), roster(*GOOD)) == []


@pytest.mark.parametrize(
    ("location", "people", "words"),
    [
        pytest.param(
            muc(escalation=Escalation(stage1=timedelta(hours=2), reminder=timedelta(hours=2))), roster(*GOOD),
            "location MUC: escalation.reminder: is not shorter than stage1", marks=pytest.mark.rule("R20"),
        ),
        pytest.param(
            muc(fallback_user=""), roster(*GOOD),
            "location MUC: fallback_user: names no active user", marks=pytest.mark.rule("R79"),
        ),
        pytest.param(
            muc(), roster(*GOOD[:3], boss("admin", active=False)),
            "location MUC: admin_user: names no active user", marks=pytest.mark.rule("R79"),
        ),
        pytest.param(
            muc(), roster(user("anna"), *GOOD[2:]),
            "location MUC: anna alone receives leads",
            marks=[pytest.mark.rule("R77"), pytest.mark.rule("R79")],
        ),
        pytest.param(
            muc(), roster(*GOOD[2:]), "location MUC: nobody receives leads", marks=pytest.mark.rule("R79"),
        ),
        pytest.param(
            muc(), roster(*GOOD, groups=[group("Neu", "anna", condition="new")]),
            "group MUC/Neu: members: anna alone receives leads",
            marks=[pytest.mark.rule("R77"), pytest.mark.rule("R79")],
        ),
        pytest.param(
            muc(), roster(*GOOD, groups=[group("Neu", "anna", "ben")]),
            "group MUC/Neu: match: is empty and no source names the group", marks=pytest.mark.rule("Q1"),
        ),
        pytest.param(
            muc(), roster(*GOOD, user("cem", supervisor="")),
            "user cem: supervisor: is missing", marks=pytest.mark.rule("R79"),
        ),
        pytest.param(
            muc(), roster(*GOOD, user("cem", assignable=False)),
            "user cem: assignable: is off, yet he receives leads", marks=pytest.mark.rule("R75"),
        ),
        pytest.param(
            pool_location(), roster(pool_account(supervisor=""), *GOOD[2:]),
            "location MUC: pool.user: pool has no supervisor", marks=pytest.mark.rule("R65"),
        ),
        pytest.param(
            pool_location(), roster(pool_account(), *GOOD),
            "location MUC: pool.user: anna, ben receive leads too: the pool", marks=pytest.mark.rule("R70"),
        ),
        pytest.param(
            pool_location(), roster(*GOOD[2:]),
            "location MUC: pool.user: pool is no active user", marks=pytest.mark.rule("R71"),
        ),
        pytest.param(
            muc(), roster(*GOOD, away=[("anna", "ben"), ("ben", "anna")]),
            "user anna: representatives turn in a circle: anna → ben → anna", marks=pytest.mark.rule("PF34"),
        ),
    ],
)  # fmt: skip
def test_what_will_hardly_work_as_meant_is_told(location, people, words):
    assert any(line.startswith(words) for line in told(location, people)), told(location, people)


@pytest.mark.rule("R62")
def test_a_plain_pool_needs_no_receivers():
    assert told(pool_location(), roster(pool_account(), user("anna", receives_leads=False), *GOOD[2:])) == []


@pytest.mark.rule("Q18")
def test_a_group_named_by_a_source_needs_no_match_rule():
    location = replace(muc(), sources={"mobile.de": SourceSettings("mobile.de", group="Neu")})
    people = roster(*GOOD, groups=[group("Neu", "anna", "ben")])
    assert told(location, people) == []
