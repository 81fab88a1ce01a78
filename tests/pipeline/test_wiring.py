"""What wiring makes of the settings of mail servers."""

import socket

import pytest

from leadmaild.clock import SystemClock
from leadmaild.config.load import load
from leadmaild.transports import own_hostname, transports_of
from tests.dealership import write_settings

RELAY = 'host = "relay.example"\ntls = "none"'


def settings_with(folder, hostname):
    path = write_settings(folder, outbound=RELAY)
    text = path.read_text("utf-8").replace('hostname = "mx.dein.auto"', f'hostname = "{hostname}"')
    path.write_text(text[: text.index("[smtp]")] + text[text.index("[[outbound]]") :], "utf-8")
    return load(path)


@pytest.mark.rule("R52")
def test_relays_are_greeted_with_the_name_of_the_settings_or_else_of_this_machine(tmp_path):
    named = settings_with(tmp_path, "mx.dein.auto")
    assert own_hostname(named) == "mx.dein.auto"
    assert transports_of(named, SystemClock())["default"]._server.helo == "mx.dein.auto"
    unnamed = settings_with(tmp_path, "")
    assert transports_of(unnamed, SystemClock())["default"]._server.helo == socket.getfqdn()
