"""Every vector of the four times, exact through `timeline --json`, as a script reads it."""

import json
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from leadmaild.cli.timeline import timeline
from tests.unit.escalation.test_timers import VECTORS

_SETTINGS = """
[gateway]
postmaster = "admin@mailbox.example"

[[location]]
code = "MUC"
mailbox = "autohaus@mailbox.example"
admin_user = "admin"
fallback_user = "admin"
[location.hours]
mon = ["09:00-18:00"]
tue = ["09:00-18:00"]
wed = ["09:00-18:00"]
thu = ["09:00-18:00"]
fri = ["09:00-18:00"]
sat = ["09:00-13:00"]
[location.escalation]
stage1 = "{}m"
reminder = "{}m"
stage2 = "{}m"
{days_off}
[[user]]
username = "admin"
email = "admin@mailbox.example"
locations = ["MUC"]
assignable = true
"""


@pytest.mark.rule("R13")
@pytest.mark.rule("R19")
@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS.keys())
def test_vector(vector, tmp_path):
    arrival, spans, days_off, *wanted = vector
    runs = "\n".join(f"[[location.day_off]]\nfrom = {run.first}\nuntil = {run.until}" for run in days_off)
    settings = tmp_path / "leadmaild.toml"
    settings.write_text(_SETTINGS.format(*spans, days_off=runs))
    arguments = ("--location", "MUC", "--arrival", arrival.replace(" ", "T"), "--json")
    result = CliRunner().invoke(timeline, arguments, obj=settings, catch_exceptions=False)
    events = {event["kind"]: event for event in json.loads(result.stdout) if event["state"] == "pending"}

    shown = [
        (events[kind]["due_at"], events[kind]["send_at"]) if kind in events else None
        for kind in ("reminder", "stage1", "stage2")
    ]
    assert shown == [None if moments is None else (_munich(moments[0]), _munich(moments[-1])) for moments in wanted]


def _munich(local: str) -> str:
    return datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Berlin")).isoformat()
