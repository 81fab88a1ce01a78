"""Nobody reacts: reminder, stage 1 and the supervisor's notice leave as real mails to a real mail server."""

from email import message_from_bytes
from email.policy import default

import pytest

from tests.acceptance.daemon import House
from tests.dealership import enquiry

MUELLER, LEITUNG = "mueller@autohaus-beispiel.example", "leitung@autohaus-beispiel.example"


@pytest.mark.rule("R14")
@pytest.mark.rule("R15")
@pytest.mark.rule("R22")
def test_mail_in_no_reaction_reminder_stage_1_supervisor(house: House):
    daemon = house.daemon(escalation='stage1 = "3s"\n  reminder = "1s"\n  stage2 = "1s"').start()
    assert daemon.send(enquiry(1))[0] == 250
    for event in ("reminder_fired", "stage1_fired", "stage2_fired"):
        daemon.wait_for(event)
    house.sink.wait_for(3, MUELLER)
    house.sink.wait_for(1, LEITUNG)
    daemon.wait_for("mail_sent", 4)

    subjects = [message_from_bytes(mail.content, policy=default)["Subject"] for mail in house.sink.to(MUELLER)]
    assert len(set(subjects)) == 3
    assert all("[Anfrage 100001]" in subject for subject in subjects)
    assert [
        (m["kind"], m["to"]) for m in daemon.json("queue", "list") if m["kind"] not in ("autoresponse", "new_lead")
    ] == [
        ("stage2", [LEITUNG]),
        ("stage1", [MUELLER]),
        ("reminder", [MUELLER]),
    ]
    (lead,) = daemon.json("leads", "list", "--due", "overdue")
    assert (lead["assignee"], lead["colour"]) == ("mueller", "overdue")
    assert [event["state"] for event in daemon.json("timeline", "--lead", "100001")] == ["fired"] * 3
    assert daemon.stop() == 0


@pytest.mark.rule("R24")
@pytest.mark.rule("PF46")
def test_a_call_logged_beside_the_running_daemon_stops_the_clock(house: House):
    daemon = house.daemon(escalation='stage1 = "3s"\n  stage2 = "1s"').start()
    daemon.send(enquiry(1))
    daemon.send(enquiry(2))
    daemon.wait_for("lead_opened", 2)
    assert daemon.run("leads", "call", "100001", "--by", "mueller").returncode == 0
    daemon.wait_for("stage2_fired")
    house.sink.wait_for(1, LEITUNG)

    assert {event["lead"] for event in daemon.events("stage1_fired") + daemon.events("stage2_fired")} == {100002}
    assert daemon.stop() == 0
