"""`calendar show` and the hypothetical `timeline`, as scripts read them."""

import json

import pytest
from click.testing import CliRunner

from leadmaild.cli.calendar import calendar
from leadmaild.cli.timeline import timeline
from leadmaild.errors import ConfigError, NotFound

SETTINGS = """
[[location]]
code = "MUC"
mailbox = "autohaus@mailbox.example"
public_holidays = "DE-BY"
not_days_off = [2026-05-01]
admin_user = "admin"
fallback_user = "admin"
[location.hours]
mon = ["09:00-18:00"]
tue = ["09:00-18:00"]
wed = ["09:00-18:00"]
thu = ["09:00-12:30", "13:30-24:00"]
fri = ["09:00-18:00"]
sat = ["09:00-13:00"]
[[location.day_off]]
from = 2026-12-24
until = 2026-12-31
label = "Betriebsferien"
[location.escalation]
stage1 = "2h"
reminder = "30m"
stage2 = "4h"
stage2_follow_up = "1d"

[[location]]
code = "LON"
timezone = "Europe/London"
mode = "tracking"
admin_user = "admin"
fallback_user = "admin"
[location.escalation]
stage1 = "2h"

[[user]]
username = "admin"
email = "admin@mailbox.example"
locations = ["MUC", "LON"]
assignable = true

[gateway]
postmaster = "admin@mailbox.example"
"""


@pytest.fixture
def run(tmp_path):
    settings = tmp_path / "leadmaild.toml"
    settings.write_text(SETTINGS)

    def run(command, *arguments, obj=settings):
        result = CliRunner().invoke(command, arguments, obj=obj)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.mark.rule("R10")
def test_calendar_show_lists_open_hours_as_instants_and_days_off_as_dates(run):
    result = run(calendar, "show", "--location", "MUC", "--from", "2026-04-30", "--until", "2026-05-04", "--json")
    assert json.loads(result.stdout) == {
        "open": [
            {"from": "2026-04-30T09:00:00+02:00", "until": "2026-04-30T12:30:00+02:00"},
            {"from": "2026-04-30T13:30:00+02:00", "until": "2026-05-01T00:00:00+02:00"},
            {"from": "2026-05-01T09:00:00+02:00", "until": "2026-05-01T18:00:00+02:00"},
            {"from": "2026-05-02T09:00:00+02:00", "until": "2026-05-02T13:00:00+02:00"},
        ],
        "days_off": [],
    }


@pytest.mark.rule("R10")
def test_calendar_show_cuts_days_off_to_the_dates_asked_for(run):
    result = run(calendar, "show", "--location", "MUC", "--from", "2026-12-23", "--until", "2027-01-02", "--json")
    assert json.loads(result.stdout)["days_off"] == [
        {
            "from": "2026-12-24",
            "until": "2026-12-31",
            "label": "Betriebsferien, Erster Weihnachtstag, Zweiter Weihnachtstag",
        },
        {"from": "2027-01-01", "until": "2027-01-01", "label": "Neujahr"},
    ]


def test_calendar_show_for_people(run):
    shown = run(calendar, "show", "--location", "MUC", "--from", "2026-12-24", "--until", "2026-12-26").stdout
    assert "never" in shown
    assert "2026-12-24  2026-12-25  Betriebsferien" in shown


@pytest.mark.rule("R14")
def test_timeline_of_an_arrival(run):
    result = run(timeline, "--location", "MUC", "--arrival", "2026-03-06T17:30:00+01:00", "--json")
    events = json.loads(result.stdout)
    assert [list(event) for event in events] == [
        ["kind", "due_at", "effective_at", "send_at", "state", "to", "why"]
    ] * 3
    assert [(e["kind"], e["due_at"], e["send_at"], e["state"]) for e in events] == [
        ("reminder", "2026-03-07T10:00:00+01:00", "2026-03-07T10:00:00+01:00", "pending"),
        ("stage1", "2026-03-07T10:30:00+01:00", "2026-03-07T10:30:00+01:00", "pending"),
        ("stage2", "2026-03-07T14:30:00+01:00", "2026-03-09T09:00:00+01:00", "pending"),
    ]


@pytest.mark.rule("R16")
def test_timeline_of_a_follow_up_has_only_its_two_kinds(run):
    result = run(timeline, "--location", "MUC", "--follow-up", "2026-03-08T10:00:00Z", "--json")
    assert [(e["kind"], e["due_at"], e["send_at"]) for e in json.loads(result.stdout)] == [
        ("follow_up", "2026-03-08T11:00:00+01:00", "2026-03-09T09:00:00+01:00"),
        ("follow_up_stage2", "2026-03-09T11:00:00+01:00", "2026-03-09T11:00:00+01:00"),
    ]


def test_an_instant_without_offset_is_the_clock_of_the_location(run):
    arguments = ("--location", "MUC", "--json", "--arrival")
    naive = run(timeline, *arguments, "2026-07-06T10:00:00").stdout
    assert naive == run(timeline, *arguments, "2026-07-06T08:00:00Z").stdout
    assert "2026-07-06T12:00:00+02:00" in naive


@pytest.mark.rule("Q3")
def test_in_tracking_mode_the_timeline_is_empty_and_says_why(run):
    result = run(timeline, "--location", "LON", "--arrival", "2026-03-02T10:00:00Z", "--json")
    assert json.loads(result.stdout) == []
    assert "tracking" in result.stderr


@pytest.mark.parametrize(
    ("command", "arguments", "hint"),
    [
        (timeline, ("--location", "MUC"), "--arrival INSTANT"),
        (
            timeline,
            ("--location", "MUC", "--arrival", "2026-03-02T10:00Z", "--follow-up", "2026-03-02T10:00Z"),
            "one of",
        ),
        (timeline, ("--location", "MUC", "--arrival", "tomorrow"), "2026-03-02T10:00:00+01:00"),
        (timeline, ("--location", "MUC", "--arrival", "9999-12-31T00:00:00Z"), "2198"),
        (calendar, ("show", "--location", "MUC", "--from", "2026-02-30", "--until", "2026-03-01"), "2026-12-24"),
        (calendar, ("show", "--location", "MUC", "--from", "2026-03-01", "--until", "2026-03-01"), "after"),
        (calendar, ("show", "--location", "MUC", "--from", "2026-03-01", "--until", "9999-03-01"), "2199"),
    ],
)
def test_a_wrong_call_says_what_would_be_right(run, command, arguments, hint):
    result = run(command, *arguments)
    assert result.exit_code == 2
    assert hint in result.stderr


def test_an_unknown_location_is_refused_with_those_there_are(run):
    with pytest.raises(NotFound, match="MUC, LON"):
        run(timeline, "--location", "HAM", "--arrival", "2026-03-02T10:00:00Z")


def test_the_settings_may_be_named_after_the_command_too(run, tmp_path):
    arguments = ("--location", "MUC", "--arrival", "2026-03-02T10:00:00Z", "-c")
    assert run(timeline, *arguments, str(tmp_path / "leadmaild.toml"), obj=None).exit_code == 0
    with pytest.raises(ConfigError):
        run(timeline, *arguments, str(tmp_path / "none.toml"))
