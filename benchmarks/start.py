"""From the start of the daemon to its first 250 for a mail (T11)."""

import smtplib
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from tests.integration.loopback import free_port

from benchmarks.daemon import ITS_SETTINGS, Daemon
from benchmarks.load import on_the_wire
from benchmarks.mails import RECIPIENT, SENDER, portal_mail
from benchmarks.table import Section, spread

_PATIENCE = 60
_PEER = "python -c 'import aiosmtpd'"


def run(rounds: int, place: Path) -> list[Section]:
    """Start both in turn, `rounds` times; the database lies below `place`."""
    ours: list[float] = []
    theirs: list[float] = []
    with tempfile.TemporaryDirectory(prefix="start-", dir=place) as folder:
        for number in range(-1, rounds):  # round -1 makes the database and is not counted
            first_250, imported = _first_250(Path(folder), number), _import()
            if number >= 0:
                ours.append(first_250)
                theirs.append(imported)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    return [
        Section(
            title="Start to the first 250",
            settings=[ITS_SETTINGS, f"{rounds} rounds in turn; the database is there; compiled files are there"],
            head=["", "seconds, median (range)"],
            rows=[
                ["leadmaild serve, to its 250 for a mail", spread(ours, 2)],
                [_PEER, spread(theirs, 2)],
                [f"**T11**: leadmaild / {_PEER} (floor 8, goal 4): **{ratio:.1f}**", ""],
            ],
        )
    ]


def _first_250(folder: Path, number: int) -> float:
    mail = on_the_wire(portal_mail(number + 1, "start", 3_000))
    started = time.perf_counter()
    with Daemon(folder, free_port()) as daemon:
        while not _taken(daemon.port, mail):
            daemon.check()
            if time.perf_counter() - started > _PATIENCE:
                raise AssertionError("the daemon took no mail")
        return time.perf_counter() - started


def _taken(port: int, mail: bytes) -> bool:
    with suppress(OSError), smtplib.SMTP("127.0.0.1", port, local_hostname="bench.example", timeout=5) as smtp:
        smtp.ehlo()
        smtp.mail(SENDER)
        smtp.rcpt(RECIPIENT)
        smtp.docmd("DATA")
        smtp.send(mail)
        return smtp.getreply()[0] == 250
    time.sleep(0.005)
    return False


def _import() -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import aiosmtpd"], check=True)
    return time.perf_counter() - started
