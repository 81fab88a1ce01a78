"""250 is said only after the disk has the mail (SP-02): watched from below, in the system calls of the daemon."""

import re
import signal
import smtplib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.daemon import PATIENCE_S, Daemon, House
from tests.components import missing, require_component
from tests.dealership import MAILBOX, enquiry
from tests.integration.loopback import wait_until

_MAILS = 200
_IN_A_SESSION = 20


@pytest.mark.component
@pytest.mark.rule("SP-02")
@pytest.mark.rule("PF1")
def test_every_250_for_a_mail_comes_after_a_sync_that_began_after_its_354(house: House, tmp_path: Path):
    daemon = house.daemon().start()
    trace = tmp_path / "trace"
    with _traced(daemon, trace):
        for first in range(0, _MAILS, _IN_A_SESSION):
            with smtplib.SMTP("127.0.0.1", daemon.port, timeout=PATIENCE_S) as smtp:
                for number in range(first, first + _IN_A_SESSION):
                    smtp.sendmail("a@portal.example", [MAILBOX], enquiry(number))
    told = _story(trace)
    queued = [at for at, what in enumerate(told) if what == "250 queued"]
    assert len(queued) == _MAILS
    for at in queued:
        since_354 = told[: at + 1][::-1]
        between = since_354[1 : since_354.index("354")]
        assert "synced" in between, told[max(0, at - 10) : at + 1]
    assert daemon.stop() == 0


@contextmanager
def _traced(daemon: Daemon, into: Path) -> Iterator[None]:
    strace = require_component("strace")
    calls = "trace=fdatasync,fsync,sendto,write"
    tracer = subprocess.Popen(
        [strace, "-f", "-q", "-s", "40", "-e", calls, "-o", str(into), "-p", str(daemon.pid)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    status = Path(f"/proc/{daemon.pid}/status")
    try:
        wait_until(lambda: _tracer_of(status) == tracer.pid or tracer.poll() is not None, PATIENCE_S, "the tracer")
        if tracer.poll() is not None:
            assert tracer.stderr is not None
            missing(f"strace may not look here: {tracer.stderr.read().strip()}")
        yield
    finally:
        if tracer.poll() is None:
            tracer.send_signal(signal.SIGINT)  # it lets go of the daemon
        tracer.communicate(timeout=PATIENCE_S)


def _tracer_of(status: Path) -> int:
    return int(re.search(r"TracerPid:\s+(\d+)", status.read_text())[1])


def _story(trace: Path) -> list[str]:
    """What happened, in order: 354, synced (when the call has returned), 250 queued."""
    told = []
    for line in trace.read_text(errors="replace").splitlines():
        if '"354 ' in line:
            told.append("354")
        elif '"250 2.0.0 Ok: queued' in line:
            told.append("250 queued")
        elif re.search(r"f(data)?sync(\(\d+\)| resumed>\))\s+= 0", line):
            told.append("synced")
    return told
