"""The running daemon as load balancers and monitors see it; and it takes mail whatever becomes of that."""

import json
import re
import socket
import subprocess
import urllib.error
import urllib.request
from contextlib import closing
from itertools import takewhile

import pytest

from leadmaild.config.example import dev_toml
from tests.acceptance.daemon import LEADMAILD, House
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


@pytest.fixture
def _default_port_is_taken():
    try:
        other = socket.create_server(("127.0.0.1", DEFAULT_PORT))
    except OSError:
        other = socket.socket()  # somebody has it already
    with closing(other):
        yield


@pytest.mark.usefixtures("_default_port_is_taken")
def test_a_newcomers_gateway_starts_although_the_default_address_is_taken(tmp_path):
    settings = tmp_path / "var" / "leadmaild.toml"
    settings.parent.mkdir()
    text = dev_toml().replace("127.0.0.1:2525", f"127.0.0.1:{free_port()}")
    assert f'listen = "127.0.0.1:{DEFAULT_PORT}"' in text
    settings.write_text(text, "utf-8")
    with subprocess.Popen((LEADMAILD, "serve", "--dev"), cwd=tmp_path, stdout=subprocess.PIPE, text=True) as daemon:
        said = list(takewhile(lambda line: "daemon_started" not in line, daemon.stdout))
        daemon.terminate()
        daemon.stdout.read()
    assert daemon.returncode == 0
    assert any("settings_warning" in line and "health and metrics are not served" in line for line in said)


@pytest.mark.usefixtures("_default_port_is_taken")
def test_the_default_address_is_an_offer_and_no_reason_to_refuse_mail(house: House):
    daemon = house.daemon(http="")
    daemon.start()
    (warning,) = daemon.events("settings_warning", path="http.listen")
    assert "health and metrics are not served" in warning["problem"]
    assert daemon.send(enquiry(1))[0] == 250
    assert daemon.stop() == 0


@pytest.mark.rule("PF66", "PF34")
def test_an_alarm_reaches_webhook_and_program_and_holds_nobody_up(house: House, tmp_path):
    seen = tmp_path / "alarms"
    program = tmp_path / "page"
    program.write_text(f"#!/bin/sh\ncat >> {seen}\n", "utf-8")
    program.chmod(0o755)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:  # takes connections and never answers
        hook = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        daemon = house.daemon(more=f'[alarm]\nwebhook = "{hook}"\ncommand = ["{program}"]').start()
        for seller in ("mueller", "schmidt"):
            absent = ("people", "absent", seller, "--from", "2026-01-01", "--until", "2100-01-01")
            assert daemon.run(*absent).returncode == 0
        assert daemon.send(enquiry(1))[0] == 250
        daemon.wait_for("alarm_raised", reason="assigned_by_fallback")
        daemon.wait_for("mail_sent")
        daemon.wait_for("alarm_not_sent", channel="webhook")
        assert daemon.stop() == 0
    (told,) = [json.loads(line) for line in seen.read_text("utf-8").splitlines()]
    assert (told["reason"], told["location"], told["lead"]) == ("assigned_by_fallback", "MUC", 100001)
    assert "@" not in json.dumps(told)
