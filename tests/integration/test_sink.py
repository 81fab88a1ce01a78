"""The sink as a program of its own, as whole-daemon tests use it."""

import signal
import smtplib
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.sink import MODES, mails_recorded

_REPOSITORY = Path(__file__).parents[2]


@contextmanager
def sink_program(record: Path, mode: str) -> Iterator[int]:
    """Run the sink; give its port, and expect it to end well when told to."""
    command = [sys.executable, "-m", "tests.integration.sink", "--record", str(record), "--mode", mode]
    with subprocess.Popen(command, cwd=_REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def send(port: int, content: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="x.example", timeout=20) as client:
        client.sendmail("muc@dein.example", ["a@kunde.example", "b@kunde.example"], content)


def test_a_sink_program_records_each_mail_with_its_envelope(tmp_path):
    with sink_program(tmp_path / "mails.jsonl", "ok") as port:
        for number in range(2):
            send(port, b"Subject: %d\r\n\r\n.x" % number)

    mails = mails_recorded(tmp_path / "mails.jsonl")
    assert [mail.content for mail in mails] == [b"Subject: 0\r\n\r\n.x\r\n", b"Subject: 1\r\n\r\n.x\r\n"]
    assert {mail.reverse_path for mail in mails} == {"muc@dein.example"}
    assert {mail.recipients for mail in mails} == {("a@kunde.example", "b@kunde.example")}


@pytest.mark.parametrize("mode", sorted(MODES.keys() - {"ok", "dot-then-silence", "250-lost"}))
def test_a_sink_program_that_fails_takes_no_mail(tmp_path, mode):
    with sink_program(tmp_path / "mails.jsonl", mode) as port, pytest.raises((smtplib.SMTPException, OSError)):
        send(port, b"Subject: x\r\n\r\n")

    assert mails_recorded(tmp_path / "mails.jsonl") == []
