"""The running daemon as load balancers and monitors see it; and it takes mail whatever becomes of that."""

import json
import re
import socket
import urllib.error
import urllib.request
from contextlib import closing

import pytest

from tests.acceptance.daemon import House
from tests.dealership import enquiry
from tests.integration.loopback import free_port

DEFAULT_PORT = 8025


def ask(port: int, path: str, token: str = "") -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


@pytest.mark.rule("PF67")
def test_health_and_metrics_of_a_running_daemon(house: House, tmp_path):
    port = free_port()
    daemon = house.daemon(http=f'listen = "127.0.0.1:{port}"\ntoken = "file:api.token"')
    token = daemon.settings.parent / "api.token"
    token.write_text("s3cret\n", "utf-8")
    token.chmod(0o600)
    daemon.start()
    assert ask(port, "/health") == (200, '{"status": "ok"}\n')
    assert ask(port, "/metrics")[0] == 401

    assert daemon.send(enquiry(1))[0] == 250
    daemon.wait_for("mail_sent")
    status, text = ask(port, "/metrics", "s3cret")
    assert status == 200
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert figures['leadmaild_events_total{event="mail_accepted"}'] == "1.0"
    assert all(re.fullmatch(r'leadmaild_\w+({(\w+="[^"]*",?)*})?', name) for name in figures)
    checks = json.loads(ask(port, "/health", "s3cret")[1])["checks"]
    assert {check["status"] for check in checks} == {"ok"}
    assert daemon.stop() == 0


def test_an_address_that_is_set_and_taken_stops_the_start(house: House):
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        taken = other.getsockname()[1]
        daemon = house.daemon(http=f'listen = "127.0.0.1:{taken}"')
        daemon.spawn()
        assert daemon.wait() == 69
    assert re.fullmatch(rf"leadmaild: cannot listen at 127.0.0.1:{taken}: .*already in use\n", daemon.errors())


def test_the_default_address_is_an_offer_and_no_reason_to_refuse_mail(house: House):
    daemon = house.daemon(http="")
    try:
        other = socket.create_server(("127.0.0.1", DEFAULT_PORT))
    except OSError:
        other = socket.socket()  # somebody has it already
    with closing(other):
        daemon.start()
        (warning,) = daemon.events("settings_warning", path="http.listen")
        assert "health and metrics are not served" in warning["problem"]
        assert daemon.send(enquiry(1))[0] == 250
        assert daemon.stop() == 0
