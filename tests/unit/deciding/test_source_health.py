"""Which sources are silent, and which are no longer read as they were."""

from datetime import UTC, datetime, timedelta

import pytest

from leadmaild.deciding.source_health import LEADS_COMPARED, LEAST_LEADS, SourceHealth, SourceMails, fill_rates
from leadmaild.deciding.source_health import is_silent as silent
from leadmaild.model.location import SourceSettings
from leadmaild.model.reading import Person, Prospect, VehicleText

pytestmark = pytest.mark.rule("R165")

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WHOLE = Prospect(
    source="boersenlead",
    contact=Person(name="Eva Lind", email="eva.lind@kunden.example", phones=("+491713920012",)),
    message="Ist er noch da?",
    vehicle=VehicleText(title="Golf"),
)
WITHOUT_PHONE = Prospect(source="boersenlead", contact=Person(name="Eva Lind", email="eva.lind@kunden.example"))


def rate(newest_first: list[Prospect], name: str = "contact.phone"):
    return next(rate for rate in fill_rates(newest_first) if rate.field == name)


@pytest.mark.parametrize(
    ("settings", "days", "expected"),
    [
        (SourceSettings("mobile.de"), 6.99, False),
        (SourceSettings("mobile.de"), 7, True),
        (SourceSettings("mobile.de", silence_warning=timedelta(days=2)), 2, True),
        (SourceSettings("mobile.de", silence_warning=timedelta(0)), 400, False),
        (SourceSettings("mobile.de", enabled=False), 400, False),
        (SourceSettings("generic"), 400, False),
    ],
)
def test_a_source_is_silent_once_nothing_came_for_as_long_as_its_location_says(settings, days, expected):
    assert silent(settings, NOW - timedelta(days=days), NOW) is expected


def test_the_last_leads_are_compared_with_as_many_before_and_no_older_ones():
    of_old = [WITHOUT_PHONE] * LEADS_COMPARED
    found = rate([WITHOUT_PHONE] * LEADS_COMPARED + [WHOLE] * LEADS_COMPARED + of_old)
    assert (found.now, found.before, found.is_drifted) == (0, 1, True)
    assert not rate([WITHOUT_PHONE] * 2 * LEADS_COMPARED + [WHOLE] * LEADS_COMPARED).is_drifted


def test_of_few_leads_nothing_is_said():
    latest = [WITHOUT_PHONE] * LEADS_COMPARED
    assert rate(latest + [WHOLE] * LEAST_LEADS).is_drifted
    assert not rate(latest + [WHOLE] * (LEAST_LEADS - 1)).is_drifted
    assert not rate(latest).is_drifted
    assert fill_rates([]) == ()


@pytest.mark.parametrize(("missing", "is_drifted"), [(20, True), (19, False)])
def test_a_fall_by_forty_points_is_a_breakdown_and_less_is_not(missing, is_drifted):
    latest = [WITHOUT_PHONE] * missing + [WHOLE] * (LEADS_COMPARED - missing)
    assert rate(latest + [WHOLE] * LEADS_COMPARED).is_drifted is is_drifted


def test_a_rise_is_no_breakdown():
    assert not rate([WHOLE] * LEADS_COMPARED + [WITHOUT_PHONE] * LEADS_COMPARED).is_drifted


def test_every_field_that_matters_has_its_rate_and_a_relay_is_a_way_to_the_customer():
    by_relay = Prospect(source="boersenlead", contact=Person(relay_email="abc@mail.boersenlead.example"))
    rates = {found.field: found.now for found in fill_rates([WHOLE, by_relay])}
    assert rates == {"contact.name": 0.5, "contact.email": 1, "contact.phone": 0.5, "vehicle": 0.5, "message": 0.5}


def test_a_source_is_the_sum_of_what_it_sent_to_all_locations():
    health = SourceHealth(
        "mobile.de",
        (SourceMails("MUC", NOW, 3), SourceMails("BER", NOW - timedelta(days=9), 4, is_silent=True)),
        fill_rates([WITHOUT_PHONE] * LEADS_COMPARED + [WHOLE] * LEADS_COMPARED),
    )
    assert (health.mails_30d, health.last_mail_at, health.silent_at) == (7, NOW, ("BER",))
    assert {drifted.field for drifted in health.drifted} == {"contact.phone", "vehicle", "message"}
