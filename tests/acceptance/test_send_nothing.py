"""`send_emails = false`: no mail leaves; the relay does not see a single connection (R53, PF60)."""

import pytest

from tests.acceptance.daemon import House
from tests.dealership import enquiry


@pytest.mark.rule("R53")
@pytest.mark.rule("PF60")
def test_not_one_connection_is_opened_and_everything_is_recorded(house: House):
    redirect = '\n  [location.redirect]\n  general = ["kopie@anderswo.example"]\n'
    daemon = house.daemon(location="send_emails = false", tables=redirect).start()
    for number in (1, 2, 3):
        assert daemon.send(enquiry(number), sender=f"kunde{number}@kunden.example")[0] == 250
    daemon.wait_for("mail_suppressed", 9)

    mails = daemon.json("queue", "list")
    assert {(mail["kind"], mail["state"], mail["why"]) for mail in mails} == {
        (kind, "suppressed", "R53") for kind in ("redirect", "new_lead", "autoresponse")
    }
    raw = daemon.run("queue", "show", str(mails[0]["id"]), "--raw").stdout
    assert b"Message-ID: <" in raw
    assert daemon.stop() == 0
    assert house.sink.sink.sessions == []
