"""T1 and T7: the whole job, from a mail handed in to the answer accepted by the customer's server.

Mail in, durable, read, a lead made and given to somebody, the customer answered over SMTP. The peer is Postfix with a
pipe script, what a dealer's web agency would build. leadmaild also tells its sellers, with mails of their own.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.integration.loopback import free_port
from tests.integration.sink import Sink

from benchmarks.customers import SIZE, Customers
from benchmarks.daemon import ITS_SETTINGS, running_daemon
from benchmarks.load import send_all
from benchmarks.mails import RECIPIENT, SENDER
from benchmarks.peers import postfix
from benchmarks.program import Measured
from benchmarks.table import Section, spread

_BURST = 200
_CONNECTIONS = 20
_PACED = 100
_INTERVAL = 0.1


@dataclass
class _Side:
    name: str
    server: Measured
    port: int
    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)


def run(rounds: int, place: Path) -> list[Section]:
    """Measure both sides in turn, `rounds` times; databases and queues lie below `place`."""
    if not postfix.can_run():
        print("whole_job: left out, it needs Postfix and root")
        return []
    return [asyncio.run(_measure(rounds, place))]


async def _measure(rounds: int, place: Path) -> Section:
    customers = Customers()
    async with Sink(free_port(), on_mail=customers.note) as sink:
        with _both_running(place, sink.port) as sides:
            for number in range(-1, rounds):  # round -1 warms up and is not counted
                for side in sides:
                    side.server.resume()
                    await _burst(side, customers, counts=number >= 0)
                    side.server.pause()
            for side in sides:
                side.server.resume()
                await _paced(side, customers)
                side.server.pause()
    return _section(rounds, sides)


@contextmanager
def _both_running(place: Path, sink_port: int) -> Iterator[list[_Side]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="job-", dir=place)))
        folder.chmod(0o755)  # Postfix works under another user
        daemon = stack.enter_context(running_daemon(folder, sink_port))
        script = stack.enter_context(postfix.with_script(folder / "postfix", sink_port))
        sides = [
            _Side("leadmaild, one core", daemon, daemon.port),
            _Side("Postfix + script, both cores", script, script.port),
        ]
        for side in sides:
            side.server.pause()
        yield sides


async def _burst(side: _Side, customers: Customers, *, counts: bool) -> None:
    """Hand in as fast as it is taken; the clock stops at the last answer."""
    mails = list(customers.enquiries(_BURST).values())
    cpu_before = side.server.cpu_seconds()
    started = time.perf_counter()
    each = _BURST // _CONNECTIONS
    await send_all(side.port, SENDER, RECIPIENT, [mails[i : i + each] for i in range(0, _BURST, each)])
    await customers.all_answered()
    if counts:
        side.rates.append(_BURST / (time.perf_counter() - started))
        side.cpu_ms.append((side.server.cpu_seconds() - cpu_before) / _BURST * 1000)
    side.server.check()


async def _paced(side: _Side, customers: Customers) -> None:
    """Hand in ten a second; how long after its 250 each mail was answered."""
    taken_at: dict[int, float] = {}

    async def hand_in(number: int, mail: bytes) -> None:
        await send_all(side.port, SENDER, RECIPIENT, [[mail]])
        taken_at[number] = time.perf_counter()

    async with asyncio.TaskGroup() as tasks:
        for number, mail in customers.enquiries(_PACED).items():
            tasks.create_task(hand_in(number, mail))
            await asyncio.sleep(_INTERVAL)
    await customers.all_answered()
    side.waits = sorted(customers.answered_at[number] - at for number, at in taken_at.items())


def _section(rounds: int, sides: list[_Side]) -> Section:
    ours, theirs = sides
    rate = statistics.median(a / b for a, b in zip(ours.rates, theirs.rates, strict=True))
    p99 = [side.waits[int(len(side.waits) * 0.99)] * 1000 for side in sides]
    rows = []
    for side, slow in zip(sides, p99, strict=True):
        cpu, wait = statistics.median(side.cpu_ms), statistics.median(side.waits) * 1000
        rows.append([side.name, spread(side.rates, 1), f"{cpu:.1f}", f"{wait:.0f}", f"{slow:.0f}"])
    rows.append([f"**T1**: leadmaild / script (floor 8, goal 20): **{rate:.1f}**", "", "", "", ""])
    rows.append([f"**T7**: p99 leadmaild / script (floor 0.5, goal 0.25): **{p99[0] / p99[1]:.2f}**", "", "", "", ""])
    return Section(
        title="The whole job: from a mail handed in to the customer's answer accepted",
        settings=[
            ITS_SETTINGS,
            postfix.WITH_SCRIPT,
            f"{_BURST} portal mails of {SIZE:,} bytes over {_CONNECTIONS} connections, {rounds} rounds in turn, the "
            "other side stands still; the clock stops when the last answer is accepted by an SMTP sink",
            f"then {_PACED} mails at {1 / _INTERVAL:.0f} a second: from the 250 to the answer accepted",
        ],
        head=["", "mails/s, median (range)", "CPU ms a mail", "answer after, median ms", "p99 ms"],
        rows=rows,
    )
