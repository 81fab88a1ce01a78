"""The wall clock under the running daemon is set: it goes on as if nothing had happened (SP-18)."""

import sys
from pathlib import Path

import pytest

from tests.acceptance.daemon import Daemon, House
from tests.dealership import enquiry
from tests.integration.sink import MODES

_PROGRAM = (sys.executable, Path(__file__).with_name("shifted_clock.py"))
_LONG = [pytest.param(days, marks=pytest.mark.long) for days in (1, 3652, -3652)]


def _customer(number: int) -> str:
    return f"kunde{number}@kunden.example"


def _set_clock(daemon: Daemon, days: int) -> None:
    fresh = daemon.settings.with_name("clock.new")
    fresh.write_text(str(days))
    fresh.replace(daemon.settings.with_name("clock"))  # never half written


@pytest.mark.rule("SP-18")
@pytest.mark.rule("BI-78")
@pytest.mark.timeout(240)
@pytest.mark.parametrize("days", [-1, *_LONG])
def test_a_daemon_whose_clock_is_set_sends_what_it_owes_once_and_takes_mail(house: House, days: int):
    daemon = house.daemon(program=_PROGRAM)
    _set_clock(daemon, 0)
    daemon.start()
    house.sink.set_fault(MODES["451-rcpt"])
    assert daemon.send(enquiry(1), sender=_customer(1))[0] == 250
    daemon.wait_for("mail_deferred", count=2)  # the answer and the notice to the seller

    house.sink.set_fault(None)
    _set_clock(daemon, days)
    assert daemon.send(enquiry(2), sender=_customer(2))[0] == 250
    daemon.wait_for("lead_opened", count=2)
    if days < 0:
        daemon.wait_for("alarm_raised", reason="clock_set_back")
    for number in (1, 2):
        house.sink.wait_for(1, _customer(number))
    assert len(daemon.events("mail_deferred")) == 2
    assert not daemon.events("mail_failed")  # no expiry of young mail
    _set_clock(daemon, 0)
    assert daemon.send(enquiry(1), sender=_customer(1))[0] == 250  # the peer had not heard us, say
    daemon.wait_for("verdict", count=3)
    assert daemon.stop() == 0
    for number in (1, 2):
        assert len(house.sink.to(_customer(number))) == 1  # no second answer
    assert not daemon.events("bug")
