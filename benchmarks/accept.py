"""T3 and T4: durable accept by the real daemon against bare aiosmtpd that keeps nothing.

50 connections at the same time hand in 10 mails each. leadmaild says 250 only once the mail is committed to disk, and
meanwhile reads, decides, assigns and answers what it has; aiosmtpd forgets every mail.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.loopback import free_port, greeting_at, wait_until

from benchmarks.daemon import ITS_SETTINGS, Daemon, running_daemon
from benchmarks.load import Taken, on_the_wire, send_all
from benchmarks.mails import RECIPIENT, SENDER, portal_mail
from benchmarks.program import DRIVER_CORES, SERVER_CORE, Program
from benchmarks.table import Section, spread

_CONNECTIONS = 50
_MAILS_EACH = 10
_SIZES = {"T3": 3_000, "T4": 50_000}
_FLOOR_AND_GOAL = {"T3": (0.85, 1.2), "T4": (0.85, 1.7)}


@dataclass
class _Rounds:
    taken: list[Taken] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return [taken.per_second for taken in self.taken]

    @property
    def cpu_ms_a_mail(self) -> float:
        return statistics.median(s / t.mails * 1000 for s, t in zip(self.cpu_seconds, self.taken, strict=True))

    @property
    def p99_ms(self) -> float:
        waits = sorted(wait for taken in self.taken for wait in taken.waits)
        return waits[int(len(waits) * 0.99)] * 1000


def run(rounds: int, place: Path) -> list[Section]:
    """Measure both sizes, `rounds` times each side in turn; databases lie below `place`."""
    return [_measure(target, size, rounds, place) for target, size in _SIZES.items()]


def _measure(target: str, size: int, rounds: int, place: Path) -> Section:
    ours, theirs, backlogs = _Rounds(), _Rounds(), list[int]()
    with _both_running(place) as (daemon, noop, noop_port):
        sides: Sequence[tuple[Program, int, _Rounds]] = ((daemon, daemon.port, ours), (noop, noop_port, theirs))
        for number in range(-1, rounds):  # round -1 warms both up and is not counted
            for server, port, kept in sides:
                mails = _mails(f"{target}-{number}-{port}", size)
                server.resume()
                cpu_before = server.cpu_seconds()
                taken = asyncio.run(send_all(port, SENDER, RECIPIENT, mails))
                cpu = server.cpu_seconds() - cpu_before
                server.pause()
                server.check()
                if number >= 0:
                    kept.taken.append(taken)
                    kept.cpu_seconds.append(cpu)
            backlogs.append(daemon.backlog)
        accepted = daemon.journal()
    handed_in = (rounds + 1) * _CONNECTIONS * _MAILS_EACH
    if accepted != handed_in:
        raise AssertionError(f"{handed_in} mails were answered 250, {accepted} are in the journal")
    return _section(target, size, ours, theirs, backlogs)


@contextmanager
def _both_running(place: Path) -> Iterator[tuple[Daemon, Program, int]]:
    noop_port, sink_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(prefix="accept-", dir=place) as name:
        folder = Path(name)
        sink = ["-m", "tests.integration.sink", "--port", sink_port, "--record", folder / "sent.jsonl"]
        with (
            Program(sink, folder / "sink.log", DRIVER_CORES),
            Program(["-m", "benchmarks.peers.noop", noop_port], folder / "noop.log") as noop,
        ):
            wait_until(lambda: greeting_at(noop_port).startswith(b"220"), what="the greeting of aiosmtpd")
            wait_until(lambda: greeting_at(sink_port).startswith(b"220"), what="the greeting of the sink")
            noop.pause()
            with running_daemon(folder, sink_port) as daemon:
                daemon.pause()
                yield daemon, noop, noop_port


def _mails(run_name: str, size: int) -> list[list[bytes]]:
    built = [on_the_wire(portal_mail(n, run_name, size)) for n in range(_CONNECTIONS * _MAILS_EACH)]
    return [built[i : i + _MAILS_EACH] for i in range(0, len(built), _MAILS_EACH)]


def _section(target: str, size: int, ours: _Rounds, theirs: _Rounds, backlogs: Sequence[int]) -> Section:
    ratio = statistics.median(a / b for a, b in zip(ours.rates, theirs.rates, strict=True))
    floor, goal = _FLOOR_AND_GOAL[target]
    return Section(
        title=f"{target}: durable accept / bare aiosmtpd, {size // 1000} kB",
        settings=[
            ITS_SETTINGS,
            f"{_CONNECTIONS} connections x {_MAILS_EACH} mails of {size:,} bytes, {len(ours.taken)} rounds in turn, "
            f"servers on core {SERVER_CORE}, load and sink on {DRIVER_CORES}; the one not measured is stopped",
            f"intake and deliver on; mails accepted but not yet read after each round: {', '.join(map(str, backlogs))}",
        ],
        head=["", "mails/s, median (range)", "CPU ms a mail", "p99 of the 250, ms"],
        rows=[
            ["leadmaild, durable", spread(ours.rates), f"{ours.cpu_ms_a_mail:.2f}", f"{ours.p99_ms:.0f}"],
            ["aiosmtpd, keeps nothing", spread(theirs.rates), f"{theirs.cpu_ms_a_mail:.2f}", f"{theirs.p99_ms:.0f}"],
            [f"**ratio** (floor {floor}, goal {goal})", f"**{ratio:.2f}**", "", ""],
        ],
    )
