"""`systemctl reload`, as the daemon and a peer in the middle of a session see it."""

import json
import signal
import smtplib

import pytest

from tests.acceptance.daemon import EXTERNAL_SENDER, Daemon
from tests.dealership import MAILBOX, enquiry

CHEF = "chef@autohaus-beispiel.example"
OWN_SOURCE = """
id = "hausboerse"
name = "Hausbörse"
version = 1
enabled = true
redirect_class = "general"
language = "de"

[recognise]
from_domain = ["hausboerse.example"]
"""


def edit(daemon: Daemon, old: str, new: str) -> None:
    daemon.settings.write_text(daemon.settings.read_text("utf-8").replace(old, new), "utf-8")


def reload(daemon: Daemon, answer: str) -> list[dict]:
    """SIGHUP; the lines of the log that answer it."""
    since = len(daemon.lines)
    daemon.signal(signal.SIGHUP)
    return daemon.wait_for(answer, since=since)


@pytest.mark.rule("PF64")
def test_a_session_lives_through_a_reload_and_the_next_mail_follows_the_new_settings(house):
    daemon = house.daemon(location='redirect.general = ["vorher@autohaus-beispiel.example"]').start()
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=30) as peer:
        peer.sendmail(EXTERNAL_SENDER, [MAILBOX], enquiry(1))
        daemon.wait_for("redirected")
        edit(daemon, "vorher@", "chef@")
        (reloaded,) = reload(daemon, "config_reloaded")
        assert reloaded["count"] == 1
        peer.sendmail(EXTERNAL_SENDER, [MAILBOX], enquiry(2))
    assert len(house.sink.wait_for(1, CHEF)) == 1
    assert len(house.sink.wait_for(1, "vorher@autohaus-beispiel.example")) == 1
    assert daemon.stop() == 0


@pytest.mark.rule("PF64")
def test_a_wrong_file_is_told_by_log_and_status_and_the_mail_goes_on(daemon):
    edit(daemon, "[gateway]", "[gatway]\nx = 1\n[gateway]")
    (rejected,) = reload(daemon, "config_rejected")
    assert (rejected["path"], rejected["level"]) == ("gatway", "error")

    done = daemon.run("status", "--json")
    assert done.returncode == 78  # the file cannot be used, and the daemon runs on the one before
    shown = json.loads(done.stdout)
    assert [problem["path"] for problem in shown["errors"]] == ["gatway"]
    assert [problem["path"] for problem in shown["rejected"]["problems"]] == ["gatway"]
    assert [listener["answers"] for listener in shown["listeners"]] == [True]

    assert daemon.send(enquiry(1))[0] == 250
    daemon.wait_for("lead_opened")
    edit(daemon, "[gatway]\nx = 1\n", "")
    reload(daemon, "config_reloaded")
    assert daemon.json("status")["rejected"] is None
    assert daemon.stop() == 0


@pytest.mark.rule("PF64")
def test_a_new_source_reads_the_next_mail_and_a_broken_one_leaves_the_reader_as_it_was(daemon):
    folder = daemon.settings.parent / "sources.d"
    folder.mkdir()
    source = folder / "hausboerse.toml"
    source.write_text(OWN_SOURCE, "utf-8")
    reload(daemon, "config_reloaded")
    mail = {"from": "hausboerse@hausboerse.example"}
    assert daemon.send(enquiry(1, **mail))[0] == 250
    daemon.wait_for("mail_read", source="hausboerse")

    source.write_text("kind =", "utf-8")
    reload(daemon, "config_rejected")
    assert daemon.send(enquiry(2, **mail))[0] == 250
    daemon.wait_for("mail_read", 2, source="hausboerse")
    assert daemon.stop() == 0


@pytest.mark.rule("R183")
def test_what_was_changed_while_nothing_ran_is_in_the_settings_log(daemon):
    assert daemon.stop() == 0
    edit(daemon, 'stage1 = "2h"', 'stage1 = "3h"')
    daemon.start()
    told = [(c["who"], c["location"], c["key"], c["old"], c["new"]) for c in daemon.json("settings", "log")]
    assert told == [("file", "MUC", "location MUC: escalation.stage1", "2h", "3h")]
    assert daemon.stop() == 0


@pytest.mark.rule("PF64")
def test_the_exit_status_of_a_reload_says_whether_the_files_are_in_force(daemon):
    edit(daemon, 'stage1 = "2h"', 'stage1 = "3h"')
    done = daemon.run("reload", "--pid", str(daemon.pid))
    assert (done.returncode, done.stdout.decode()) == (0, "in force; 1 key changed\n")
    edit(daemon, 'stage1 = "3h"', 'stage1 = "0"')
    done = daemon.run("reload", "--pid", str(daemon.pid))
    assert done.returncode == 78
    assert "location MUC: escalation.stage1" in done.stderr.decode()
    edit(daemon, "[gateway]", "[gateway")  # not even TOML
    assert daemon.run("reload", "--pid", str(daemon.pid)).returncode == 78
    assert daemon.run("reload").returncode == 78  # the daemon that started last on this machine
    assert daemon.runs
    pid = daemon.pid
    edit(daemon, "[gateway", "[gateway]")
    edit(daemon, "[gateway]]", "[gateway]")
    edit(daemon, 'stage1 = "0"', 'stage1 = "3h"')
    assert daemon.stop() == 0
    assert daemon.run("reload", "--pid", str(pid)).returncode == 69
    done = daemon.run("reload")
    assert done.returncode == 69
    assert b"no daemon of these settings runs" in done.stderr
