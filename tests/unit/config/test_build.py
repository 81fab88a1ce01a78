"""What the core is given: merged, ordered, with the defaults the rules name."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.config.build import merged_windows
from leadmaild.model.location import CompletionOutcome, DayOff, Window
from tests.unit.config.conftest import DEALER


@pytest.fixture
def location(folder):
    """The location of the dealership with some lines added."""
    return lambda lines="", base=DEALER: folder.load(lines, base).locations["MUC"]


@pytest.mark.rule("R10")
def test_windows_that_touch_or_overlap_are_one(location):
    hours = location('hours.tue = ["13:00-18:00", "09:00-12:00", "12:00-12:30", "17:00-24:00"]').opening_hours
    assert hours.week[1] == (Window(540, 750), Window(780, 1440))


minutes = st.integers(0, 1439)


@pytest.mark.rule("PF42")
@given(st.lists(st.tuples(minutes, st.integers(1, 1440)).map(lambda w: Window(w[0], min(w[0] + w[1], 1440)))))
def test_merged_windows_are_ordered_apart_and_open_at_the_same_minutes(windows):
    merged = merged_windows(windows)
    assert all(one.end < following.start for one, following in pairwise(merged))
    assert {m for w in windows for m in range(w.start, w.end)} == {m for w in merged for m in range(w.start, w.end)}


@pytest.mark.rule("R9")
def test_a_table_of_empty_lists_is_no_hours(location):
    assert location(base=DEALER.replace('["09:00-18:00"]', "[]")).opening_hours.week == {}


@pytest.mark.rule("R10")
def test_days_off_that_overlap_are_one_and_a_missing_end_is_one_day(location):
    hours = location(
        "day_off = [{ from = 2026-12-28, until = 2027-01-02, label = 'Inventur' }, { from = 2026-05-01 },"
        " { from = 2026-12-24, until = 2026-12-31, label = 'Betriebsferien' }]"
    ).opening_hours
    assert [(d.first, d.until) for d in hours.days_off] == [
        (date(2026, 5, 1), date(2026, 5, 1)),
        (date(2026, 12, 24), date(2027, 1, 2)),
    ]
    assert "Inventur" in hours.days_off[1].label
    assert "Betriebsferien" in hours.days_off[1].label


@pytest.mark.rule("R10")
def test_a_region_and_the_dates_taken_out_are_handed_on_and_out_means_out(location):
    lines = (
        'public_holidays = "DE-BY"\nnot_days_off = [2026-12-25]\nday_off = [{ from = 2026-12-24, until = 2026-12-26 }]'
    )
    hours = location(lines).opening_hours
    assert hours.public_holidays == "DE-BY"
    assert hours.not_days_off == (date(2026, 12, 25),)
    assert hours.days_off == (
        DayOff(date(2026, 12, 24), date(2026, 12, 24)),
        DayOff(date(2026, 12, 26), date(2026, 12, 26)),
    )


@pytest.mark.rule("R10")
def test_there_are_no_public_holidays_unless_a_region_is_named(location):
    assert location().opening_hours.public_holidays == ""
    assert location().opening_hours.days_off == ()


@pytest.mark.rule("R23")
def test_a_time_left_out_or_empty_is_off_and_zero_is_at_the_same_moment_but_for_the_reminder(location):
    assert location().escalation.stage1 is None
    times = location('escalation = { stage1 = "2h", reminder = "0", stage2 = "0", stage2_follow_up = "" }').escalation
    assert (times.stage1, times.reminder) == (timedelta(hours=2), None)
    assert (times.stage2, times.stage2_follow_up) == (timedelta(0), None)


@pytest.mark.rule("R41")
@pytest.mark.parametrize(
    ("lines", "targets"),
    [
        ("", None),
        ("redirect.marketplace = []", ()),
        ('redirect.marketplace = ["a@haus.example"]', ("a@haus.example",)),
    ],
)
def test_a_marketplace_redirect_left_out_differs_from_an_empty_one(location, lines, targets):
    assert location(lines).redirect.marketplace == targets


@pytest.mark.rule("R31")
def test_the_display_name_is_the_name_and_else_the_code(location):
    assert location().from_name == "MUC"
    assert location('name = "Haus am See"').from_name == "Haus am See"
    assert location('name = "Haus am See"\nfrom_name = "Verkauf, See"').from_name == "Verkauf, See"


@pytest.mark.rule("R130")
def test_system_reasons_are_there_can_be_renamed_and_hidden_and_are_not_deleted(location):
    before = {reason.key for reason in location().completion_reasons}
    reasons = {
        reason.key: reason
        for reason in location(
            'completion_reason = [{ key = "sold", name = "Weg" }, { key = "duplicate", hidden = true },'
            ' { key = "raffle", outcome = "invalid" }]'
        ).completion_reasons
    }
    assert before <= set(reasons)
    assert (reasons["sold"].name, reasons["sold"].outcome) == ("Weg", CompletionOutcome.WON)
    assert reasons["duplicate"].hidden
    assert reasons["raffle"].name == "raffle"


@pytest.mark.rule("R180")
def test_retention_is_the_locations_own_where_it_says_so(location):
    base = '[retention]\nraw_mail = "10d"\nclosed_leads = ""\n' + DEALER
    kept = location('retention.raw_mail_without_lead = ""', base=base).retention
    assert kept.raw_mail == timedelta(days=10)
    assert kept.closed_leads is None
    assert kept.raw_mail_without_lead is None
    assert kept.suppressed_bodies == timedelta(days=30)


@pytest.mark.rule("R102")
def test_the_plain_template_is_in_the_language_of_the_location(location):
    templates = location('language = "en"\ntemplate.intro = "Hello"\ntemplate.de.intro = "Hallo"').templates
    assert templates["en"].intro == "Hello"
    assert templates["de"].intro == "Hallo"
    assert templates["de"].subject is None


@pytest.mark.rule("R111")
def test_an_empty_block_of_a_group_falls_through_block_by_block(folder):
    group = '[[group]]\nlocation = "MUC"\nname = "New"\nmembers = ["mueller", "schmidt"]\nmatch.make = ["Skoda"]\n'
    settings = folder.load(f'{group}template = {{ intro = "", subject = "Neu" }}')
    blocks = settings.groups[0].templates["de"]
    assert blocks.intro is None
    assert blocks.subject == "Neu"


@pytest.mark.rule("R141")
def test_several_users_may_share_one_address(folder):
    users = folder.load('[[user]]\nusername = "neu"\nemail = "mueller@haus.example"').users
    assert users["neu"].email == users["mueller"].email


@pytest.mark.rule("Q19")
def test_all_notices_but_those_of_the_pool_are_on(folder):
    notify = folder.load().users["mueller"].notify
    assert not notify.new_pool_lead
    assert notify.new_lead
    assert notify.customer_message
    assert notify.reminder
    assert notify.escalation
    assert notify.follow_up


@pytest.mark.rule("AR-10")
def test_own_addresses_are_mailboxes_aliases_users_and_postmaster_in_normal_form(folder):
    base = '[gateway]\npostmaster = "Post@Haus.example"\n' + DEALER
    assert folder.load('aliases = ["INFO@dein.example"]', base).own_addresses == {
        "haus@dein.example",
        "info@dein.example",
        "post@haus.example",
        "leitung@haus.example",
        "schmidt@haus.example",
        "mueller@haus.example",
    }


@pytest.mark.rule("R52")
def test_a_location_may_name_its_mail_server_and_default_is_the_first(folder):
    settings = folder.load('mailserver = "b"\n[[outbound]]\nname = "b"\ntransport = "files"')
    assert settings.mail_server("b").name == "b"
    assert settings.mail_server("default") is settings.outbound[0]
    assert settings.mail_server() is settings.outbound[0]


def test_links_are_made_of_the_base_and_empty_without_one(folder):
    gateway = folder.load('[gateway]\napp_url = "https://app.example/"').gateway
    assert gateway.lead_link(7) == "https://app.example/leads/7"
    assert gateway.contact_link(3) == "https://app.example/contacts/3"
    assert folder.load().gateway.lead_link(7) == ""


@pytest.mark.rule("R1")
@pytest.mark.parametrize("mode", ["management", "tracking"])
def test_each_location_has_settings_of_its_own_in_both_modes(folder, mode):
    lines = """
[[location]]
code = "{code}"
mode = "{mode}"
from_name = "{code}"
send_emails = {send}
fallback_user = "{user}"
redirect.general = ["{code}@haus.example"]
hours.mon = ["{hours}"]
escalation.stage1 = "{stage1}"
template.intro = "{code}"
"""
    a = lines.format(code="A", mode=mode, send="true", user="mueller", hours="08:00-12:00", stage1="1h")
    b = lines.format(code="B", mode=mode, send="false", user="schmidt", hours="13:00-17:00", stage1="3h")
    places = folder.load(a + b).locations
    for code, send, user, minutes, stage1 in (("A", True, "mueller", 480, 1), ("B", False, "schmidt", 780, 3)):
        place = places[code]
        assert (place.from_name, place.send_emails, place.fallback_user) == (code, send, user)
        assert place.redirect.general == (f"{code}@haus.example",)
        assert place.opening_hours.week[0][0].start == minutes
        assert place.escalation.stage1 == timedelta(hours=stage1)
        assert place.templates["de"].intro == code
