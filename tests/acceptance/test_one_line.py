"""A mail goes in, a lead and an answer come out; `explain` said so before."""

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from leadmaild.maillog import ALLOWED_KEYS, Event
from tests.acceptance.daemon import EXTERNAL_SENDER, Daemon, House
from tests.acceptance.mails import CANARIES, CUSTOMER, portal_enquiry
from tests.dealership import MAILBOX, enquiry


@pytest.mark.rule("R113")
@pytest.mark.rule("PF21")
def test_an_enquiry_by_smtp_is_a_lead_within_two_seconds_with_answer_and_notice(house: House, daemon: Daemon):
    daemon.send(enquiry(1))  # once this is a lead the daemon has come to rest after its start
    daemon.wait_for("mail_sent")
    code, reply = daemon.send(portal_enquiry())
    assert (code, reply[:5]) == (250, "2.0.0")

    (_, opened) = daemon.wait_for("lead_opened", 2)
    (_, accepted) = daemon.events("mail_accepted")
    assert (_at(opened) - _at(accepted)).total_seconds() < 2

    lead, _first = daemon.json("leads", "list")
    assert lead["number"] == opened["lead"]
    assert lead["source"] == "mobile.de"
    assert lead["contact"]["name"] == "Kanarie Vogtländer"
    assert lead["contact"]["email"] == CUSTOMER
    assert lead["contact"]["phones"] == ["+491713920071"]
    assert lead["vehicle"]["title"] == "Škoda Fabia Zwitscherblau"
    assert lead["vehicle"]["internal_number"] == "GW-1"
    assert (lead["assignee"], lead["assignment_reason"]) == ("schmidt", "rolling")

    house.sink.wait_for(1, CUSTOMER)
    house.sink.wait_for(1, "schmidt@autohaus-beispiel.example")
    assert len(house.sink.to(CUSTOMER)) == 1  # the answer
    assert len(house.sink.to("schmidt@autohaus-beispiel.example")) == 1  # the notice
    assert not [r for mail in house.sink.mails for r in mail.recipients if "mobile.de" in r]  # never the portal
    daemon.wait_for("mail_sent", 2, lead=lead["number"])
    assert {(m["kind"], m["state"]) for m in daemon.json("queue", "list") if m["lead"] == lead["number"]} == {
        ("autoresponse", "sent"),
        ("new_lead", "sent"),
    }
    assert daemon.stop() == 0


@pytest.mark.parametrize("while_running", [True, False])
def test_explain_changes_no_byte_and_the_daemon_does_what_it_said(daemon: Daemon, tmp_path, while_running):
    daemon.send(portal_enquiry(1))  # a history to decide from: contact, open lead, a turn of the rotation
    daemon.wait_for("mail_sent", 2)
    mails = (
        portal_enquiry(2),  # the same customer, another car
        portal_enquiry(3, "andere.kundin@kunden.example", "Andere Kundin"),
        portal_enquiry(1),  # a copy
    )
    for mail in mails if while_running else mails[:1]:
        if not while_running:
            assert daemon.stop() == 0
        before = _digests(daemon.settings.parent)
        said = _explained(daemon, tmp_path, mail)
        assert _digests(daemon.settings.parent) == before
        if not while_running:
            daemon.start()
        assert _done(daemon, mail, said) == said
    assert daemon.stop() == 0


@pytest.mark.rule("R182")
@pytest.mark.rule("SP-24")
def test_the_log_is_json_of_the_closed_list_without_a_name_an_address_or_a_word(house: House, daemon: Daemon):
    daemon.send(portal_enquiry(1))
    daemon.send(portal_enquiry(1))
    sender = b"From: =?utf-8?q?Kanarie=0AVogtl=C3=A4nder?= <kanarie.vogt@kunden.example>\r\n"
    daemon.send(sender + b"Subject: Zwitscherblau\r\n\r\nPapageienweg \x1b[31m\r\n")
    daemon.send(portal_enquiry(2), to="kanarie.vogt@dein.auto")  # a mailbox we do not have
    daemon.wait_for("mail_sent", 2)
    daemon.wait_for("verdict", 3)
    assert daemon.stop() == 0

    known = {str(event) for event in Event}
    for line in daemon.lines:
        fields = json.loads(line)
        assert fields["event"] in known, line
        assert {"event", "level", "timestamp"} <= fields.keys()
        assert fields.keys() <= ALLOWED_KEYS | {"event", "level", "timestamp"}, line
        _at(fields)
    for event in ("mail_accepted", "mail_read", "verdict"):
        assert all("message_id" in line for line in daemon.events(event))
    whole = "".join(daemon.lines) + daemon.errors()
    for canary in CANARIES:
        assert canary.casefold() not in whole.casefold()


_KEYS = ("outcome", "reason", "assignee", "assignment_reason")


def _explained(daemon: Daemon, folder: Path, mail: bytes) -> dict[str, Any]:
    """What `explain` says would become of the mail."""
    path = folder / "explained.eml"
    path.write_bytes(mail)
    told = daemon.json("explain", "--to", MAILBOX, "--from", EXTERNAL_SENDER, str(path))
    assert {"verdicts", "candidates", "timers", "fields", "source", "contact", "vehicle"} <= told.keys()
    return {key: told[key] for key in _KEYS} | {
        "rules": _timeless(told["rules"]),
        "mails": sorted((m["kind"], tuple(m["to"]), bool(m["withheld_by"])) for m in told["mails"]),
        "timers": {t["kind"] for t in told["timers"]},
    }


def _done(daemon: Daemon, mail: bytes, said: dict[str, Any]) -> dict[str, Any]:
    """What the daemon has done with the mail, in the same words."""
    seen, queued = len(daemon.lines), {m["id"] for m in daemon.json("queue", "list")}
    assert daemon.send(mail)[0] == 250
    (verdict,) = daemon.wait_for("verdict", since=seen)
    daemon.wait_for("mail_sent", sum(not withheld for _, _, withheld in said["mails"]), since=seen)
    entry = daemon.json("journal", "show", str(verdict["journal_id"]))
    mails = [m for m in daemon.json("queue", "list") if m["id"] not in queued]
    lead = daemon.json("leads", "show", str(entry["lead"])) if entry["lead"] else {}
    armed = daemon.events("timer_armed", since=seen, message_id=entry["message_id"])
    return {
        "outcome": entry["outcome"],
        "reason": entry["reason"],
        "assignee": lead.get("assignee"),
        "assignment_reason": lead.get("assignment_reason"),
        "rules": _timeless(entry["rules"]),
        "mails": sorted((m["kind"], tuple(m["to"]), m["state"] == "suppressed") for m in mails),
        "timers": {t["timer"] for t in armed},
    }


def _timeless(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules that were asked, without the instants: explain and the daemon ask seconds apart."""
    return [rule | {"value": "an instant" if _INSTANT.match(str(rule["value"])) else rule["value"]} for rule in rules]


_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")


def _digests(folder: Path) -> dict[str, str]:
    """The database as it lies on disk; the shared-memory index beside it is no data and belongs to open readers."""
    files = [path for path in folder.glob("leadmaild.db*") if not path.name.endswith("-shm")]
    assert files
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files if path.stat().st_size}


def _at(line: dict) -> datetime:
    return datetime.fromisoformat(line["timestamp"])
