"""`leadmaild status`, on settings that hold something back or cannot be used."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from leadmaild.cli.main import leadmaild
from leadmaild.errors import ConfigError
from leadmaild.storage.engine import database_url
from leadmaild.storage.unit_of_work import Database
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


def test_it_shows_when_each_mailbox_was_last_looked_through_and_why_one_is_lost(tmp_path):
    boxes = "".join(
        f'[[imap]]\nname = "{name}"\nhost = "imap.example.net"\nuser = "u"\npassword = "env:LEADMAILD_TEST_IMAP"\n'
        f'deliver_to = "{MAILBOX}"\n'
        for name in ("muc", "info", "new")
    )
    path = write_settings(tmp_path, more=boxes)
    environment = {"LEADMAILD_TEST_IMAP": "secret"}

    def shown(*arguments):
        return CliRunner().invoke(leadmaild, ["-c", str(path), *arguments], env=environment)

    assert shown("migrate").exit_code == 0
    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    async def look() -> None:
        database = Database(database_url("sqlite:///leadmaild.db", tmp_path))
        async with database.transaction() as tx:
            await tx.mailboxes.looked_through("muc", at)
            await tx.mailboxes.looked_through("info", at)
            await tx.mailboxes.lost("info", "imap.example.net: no connection", at + timedelta(hours=1))
            await tx.commit()
        await database.close()

    asyncio.run(look())
    muc, info, new = json.loads(shown("status", "--json").stdout)["mailboxes"]
    assert muc == {
        "name": "muc", "host": "imap.example.net", "last_success_at": "2026-03-02T10:00:00+01:00", "problem": None,
        "lost_at": None,
    }  # fmt: skip
    assert (info["lost_at"], info["problem"]) == ("2026-03-02T11:00:00+01:00", "imap.example.net: no connection")
    assert new["last_success_at"] is None
    text = shown("status").output
    assert "imap     muc at imap.example.net  last looked through 2026-03-02T10:00:00+01:00\n" in text
    assert "LOST since 2026-03-02T11:00:00+01:00: imap.example.net: no connection" in text
    assert "imap     new at imap.example.net  last looked through never\n" in text


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
