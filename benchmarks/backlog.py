"""T12: how long a peer waits for its 250 while the daemon works off a backlog, against one that has nothing to do."""

import asyncio
import statistics
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.loopback import free_port, greeting_at, wait_until

from benchmarks.daemon import ITS_SETTINGS, Daemon, running_daemon
from benchmarks.load import on_the_wire, send_all
from benchmarks.mails import RECIPIENT, SENDER, portal_mail
from benchmarks.program import DRIVER_CORES, Program
from benchmarks.table import Section

_BACKLOG = 10_000
_CONNECTIONS = 50
_MAILS_A_SESSION = 20  # the daemon takes no more
_MAILS_A_ROUND = 50
_INTERVAL = 0.1
_SIZE = 3_000


@dataclass
class _Side:
    name: str
    daemon: Daemon
    waits: list[float] = field(default_factory=list)
    backlogs: list[int] = field(default_factory=list)

    async def round(self, number: int) -> None:
        """Ten mails a second, each over a connection of its own."""
        self.daemon.resume()
        mails = [_mail(f"{number}-{self.daemon.port}", n) for n in range(_MAILS_A_ROUND)]
        async with asyncio.TaskGroup() as tasks:
            sent = []
            for mail in mails:
                sent.append(tasks.create_task(send_all(self.daemon.port, SENDER, RECIPIENT, [[mail]])))
                await asyncio.sleep(_INTERVAL)
        if number >= 0:
            self.waits += [wait for one in sent for wait in one.result().waits]
            self.backlogs.append(self.daemon.backlog)
        self.daemon.pause()
        self.daemon.check()

    @property
    def p99(self) -> float:
        return sorted(self.waits)[int(len(self.waits) * 0.99)] * 1000


def run(rounds: int, place: Path) -> list[Section]:
    """Measure both daemons in turn, `rounds` times; their databases lie below `place`."""
    sink_port = free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backlog-", dir=place)))
        sink = ["-m", "tests.integration.sink", "--port", sink_port, "--record", "/dev/null"]
        stack.enter_context(Program(sink, folder / "sink.log", DRIVER_CORES))
        wait_until(lambda: greeting_at(sink_port).startswith(b"220"), what="a greeting")
        sides = []
        for name in ("a backlog drains", "idle"):
            (folder / name).mkdir()
            sides.append(_Side(name, stack.enter_context(running_daemon(folder / name, sink_port))))
        busy, idle = sides
        idle.daemon.pause()
        asyncio.run(_fill(busy.daemon))
        busy.daemon.pause()
        for number in range(-1, rounds):  # round -1 warms up and is not counted
            for side in sides:
                asyncio.run(side.round(number))
    if not busy.backlogs[-1]:
        raise AssertionError("the backlog was gone before the measurement was over")
    return [_section(rounds, busy, idle)]


async def _fill(daemon: Daemon) -> None:
    for start in range(0, _BACKLOG, _CONNECTIONS * _MAILS_A_SESSION):
        numbers = range(start, start + _CONNECTIONS * _MAILS_A_SESSION)
        mails = [_mail("fill", n) for n in numbers]
        each = [mails[i : i + _MAILS_A_SESSION] for i in range(0, len(mails), _MAILS_A_SESSION)]
        await send_all(daemon.port, SENDER, RECIPIENT, each)


def _mail(run_name: str, number: int) -> bytes:
    return on_the_wire(portal_mail(number, run_name, _SIZE))


def _section(rounds: int, busy: _Side, idle: _Side) -> Section:
    rows = [
        [side.name, f"{statistics.median(side.waits) * 1000:.1f}", f"{side.p99:.1f}", f"{max(side.waits) * 1000:.1f}"]
        for side in (busy, idle)
    ]
    rows.append(["**T12**: p99 with a backlog / idle (floor 5, goal 2)", "", f"**{busy.p99 / idle.p99:.1f}**", ""])
    return Section(
        title="The 250 while a backlog drains",
        settings=[
            ITS_SETTINGS,
            f"{_BACKLOG:,} mails were handed in before; waiting after each round: "
            f"{', '.join(f'{count:,}' for count in busy.backlogs)}",
            f"{_MAILS_A_ROUND} mails of {_SIZE:,} bytes a round, {1 / _INTERVAL:.0f} a second, {rounds} rounds in "
            f"turn; the other daemon stands still; ms from the final dot to its 250",
        ],
        head=["", "median", "p99", "longest"],
        rows=rows,
    )
