"""T3, T4, T5: durable accept by the real daemon against bare aiosmtpd, and against a Postfix taking mail to its queue.

50 connections at the same time hand in 10 mails each. leadmaild says 250 only once the mail is committed to disk, and
meanwhile reads, decides, assigns and answers what it has; aiosmtpd forgets every mail; Postfix puts it on hold.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.loopback import free_port, greeting_at, wait_until

from benchmarks.daemon import ITS_SETTINGS, Daemon, running_daemon
from benchmarks.load import Taken, on_the_wire, send_all
from benchmarks.mails import RECIPIENT, SENDER, portal_mail
from benchmarks.peers import postfix
from benchmarks.program import DRIVER_CORES, SERVER_CORE, Measured, Program
from benchmarks.table import Section, spread

_CONNECTIONS = 50
_MAILS_EACH = 10
_BARE, _POSTFIX = "aiosmtpd, keeps nothing", "Postfix, to its queue"
# target, size of a mail, peer, floor, goal
_TARGETS = (("T3", 3_000, _BARE, 0.85, 1.2), ("T4", 50_000, _BARE, 0.85, 1.7), ("T5", 3_000, _POSTFIX, 1.0, 1.5))


@dataclass
class Side:
    """One server under measurement, and what its rounds came to."""

    name: str
    server: Measured
    port: int
    taken: list[Taken] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)

    def round(self, mails: Sequence[Sequence[bytes]], *, counts: bool) -> None:
        """Hand the mails in while every other side stands still."""
        self.server.resume()
        cpu_before = self.server.cpu_seconds()
        taken = asyncio.run(send_all(self.port, SENDER, RECIPIENT, mails))
        cpu = self.server.cpu_seconds() - cpu_before
        self.server.pause()
        self.server.check()
        if counts:
            self.taken.append(taken)
            self.cpu_seconds.append(cpu)

    @property
    def rates(self) -> list[float]:
        return [taken.per_second for taken in self.taken]

    @property
    def row(self) -> list[str]:
        cpu = statistics.median(s / t.mails * 1000 for s, t in zip(self.cpu_seconds, self.taken, strict=True))
        waits = sorted(wait for taken in self.taken for wait in taken.waits)
        return [self.name, spread(self.rates), f"{cpu:.2f}", f"{waits[int(len(waits) * 0.99)] * 1000:.0f}"]


def run(rounds: int, place: Path) -> list[Section]:
    """Measure both sizes, each side in turn, `rounds` times; databases and queues lie below `place`."""
    return [_measure(size, rounds, place) for size in (3_000, 50_000)]


def _measure(size: int, rounds: int, place: Path) -> Section:
    backlogs = []
    with _all_running(place) as (daemon, sides):
        for number in range(-1, rounds):  # round -1 warms up and is not counted
            for side in sides:
                side.round(mails_of(f"{size}-{number}-{side.port}", size), counts=number >= 0)
            backlogs.append(daemon.backlog)
        accepted = daemon.journal()
    handed_in = (rounds + 1) * _CONNECTIONS * _MAILS_EACH
    if accepted != handed_in:
        raise AssertionError(f"{handed_in} mails were answered 250, {accepted} are in the journal")
    return _section(size, sides, backlogs)


@contextmanager
def _all_running(place: Path) -> Iterator[tuple[Daemon, list[Side]]]:
    noop_port, sink_port = free_port(), free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="accept-", dir=place)))
        folder.chmod(0o755)  # Postfix works under another user
        sink = ["-m", "tests.integration.sink", "--port", sink_port, "--record", folder / "sent.jsonl"]
        stack.enter_context(Program(sink, folder / "sink.log", DRIVER_CORES))
        noop = stack.enter_context(Program(["-m", "benchmarks.peers.noop", noop_port], folder / "noop.log"))
        for port in (noop_port, sink_port):
            wait_until(lambda port=port: greeting_at(port).startswith(b"220"), what="a greeting")
        daemon = stack.enter_context(running_daemon(folder, sink_port))
        sides = [Side("leadmaild, durable", daemon, daemon.port), Side(_BARE, noop, noop_port)]
        if postfix.can_run():
            accepting = stack.enter_context(postfix.on_hold(folder / "postfix"))
            sides.append(Side(_POSTFIX, accepting, accepting.port))
        for side in sides:
            side.server.pause()
        yield daemon, sides


def mails_of(run_name: str, size: int) -> list[list[bytes]]:
    """The mails of a round, by connection."""
    built = [on_the_wire(portal_mail(n, run_name, size)) for n in range(_CONNECTIONS * _MAILS_EACH)]
    return [built[i : i + _MAILS_EACH] for i in range(0, len(built), _MAILS_EACH)]


def _section(size: int, sides: Sequence[Side], backlogs: Sequence[int]) -> Section:
    ours, *peers = sides
    rows = [side.row for side in sides]
    for target, its_size, peer_name, floor, goal in _TARGETS:
        for peer in peers:
            if (its_size, peer_name) == (size, peer.name):
                ratio = statistics.median(a / b for a, b in zip(ours.rates, peer.rates, strict=True))
                rows.append([f"**{target}**: leadmaild / {peer.name.partition(',')[0]}", f"**{ratio:.2f}**", "", ""])
                rows[-1][0] += f" (floor {floor}, goal {goal})"
    return Section(
        title=f"Durable accept, {size // 1000} kB",
        settings=[
            ITS_SETTINGS,
            *([postfix.ON_HOLD] if len(sides) > 2 else []),
            f"{_CONNECTIONS} connections x {_MAILS_EACH} mails of {size:,} bytes, {len(ours.taken)} rounds in turn; "
            f"servers on core {SERVER_CORE}, load and sink on {DRIVER_CORES}; those not measured stand still",
            f"intake and deliver on; mails accepted but not yet read after each round: {', '.join(map(str, backlogs))}",
        ],
        head=["", "mails/s, median (range)", "CPU ms a mail", "p99 of the 250, ms"],
        rows=rows,
    )
