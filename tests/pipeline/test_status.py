"""`leadmaild status`, on settings that hold something back or cannot be used."""

import json
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from leadmaild.cli.main import leadmaild
from leadmaild.errors import ConfigError
from tests.dealership import MAILBOX, enquiry, write_settings


def run(path, *arguments, stdin=None):
    return CliRunner().invoke(leadmaild, ["-c", str(path), *arguments], input=stdin)


@pytest.mark.rule("AR-28")
def test_it_says_until_when_a_location_is_learning(tmp_path):
    path = write_settings(tmp_path, tables='[location.autoresponse]\nlearning = "24h"')
    assert run(path, "migrate").exit_code == 0
    assert json.loads(run(path, "status", "--json").stdout)["learning"] == []  # nothing has started yet
    assert run(path, "deliver", "--to", MAILBOX, stdin=enquiry(1)).exit_code == 0
    (span,) = json.loads(run(path, "status", "--json").stdout)["learning"]
    assert span["location"] == "MUC"
    until = datetime.fromisoformat(span["until"])
    assert timedelta(hours=23) < until - datetime.now(until.tzinfo) <= timedelta(hours=24)
    assert f"MUC learns until {span['until']}" in run(path, "status").output


@pytest.mark.rule("PF64")
def test_with_wrong_files_it_still_looks_at_the_database_they_name(tmp_path):
    path = write_settings(tmp_path)
    assert run(path, "migrate").exit_code == 0
    path.write_text(path.read_text("utf-8") + "\n[nonsense]\n", "utf-8")
    result = run(path, "status", "--json")
    assert result.exit_code == 78
    shown = json.loads(result.stdout)
    assert [problem["path"] for problem in shown["errors"]] == ["nonsense"]
    assert shown["leads_open"] == 0


@pytest.mark.rule("PF64")
def test_with_files_that_do_not_even_name_the_database_it_says_what_is_wrong_with_them(tmp_path):
    path = write_settings(tmp_path)
    path.write_text("[gateway", "utf-8")
    assert isinstance(run(path, "status").exception, ConfigError)
