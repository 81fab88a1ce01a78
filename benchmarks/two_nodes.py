"""T13: the whole job on PostgreSQL by two nodes with one database, against one node."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.components import program
from tests.integration.loopback import free_port, server_folder
from tests.integration.postgres import PostgresCluster
from tests.integration.sink import Sink

from benchmarks.customers import SIZE, Customers
from benchmarks.daemon import Daemon, running_daemon
from benchmarks.load import send_all
from benchmarks.mails import RECIPIENT, SENDER
from benchmarks.program import DRIVER_CORES, SERVER_CORE
from benchmarks.table import Section, spread

_BURST = 200
_CONNECTIONS = 20
_HALVES = ([SERVER_CORE], DRIVER_CORES)


@dataclass
class _Side:
    name: str
    nodes: Sequence[Daemon]
    rates: list[float] = field(default_factory=list)

    async def round(self, customers: Customers, *, counts: bool) -> None:
        """Hand a burst in, shared among the nodes; the clock stops at the last answer."""
        for node in self.nodes:
            node.resume()
        mails = list(customers.enquiries(_BURST).values())
        shares = [mails[i :: len(self.nodes)] for i in range(len(self.nodes))]
        connections = _CONNECTIONS // len(self.nodes)
        started = time.perf_counter()
        async with asyncio.TaskGroup() as tasks:
            for node, share in zip(self.nodes, shares, strict=True):
                each = [share[i::connections] for i in range(connections)]
                tasks.create_task(send_all(node.port, SENDER, RECIPIENT, each))
        await customers.all_answered()
        if counts:
            self.rates.append(_BURST / (time.perf_counter() - started))
        for node in self.nodes:
            node.check()
            node.pause()


def run(rounds: int, place: Path) -> list[Section]:
    """Measure both in turn, `rounds` times; the databases lie in a cluster of their own."""
    if program("postgres") is None:
        print("two_nodes: left out, it needs PostgreSQL")
        return []
    return [asyncio.run(_measure(rounds, place))]


async def _measure(rounds: int, place: Path) -> Section:
    customers = Customers()
    with ExitStack() as stack:
        cluster = stack.enter_context(_running_cluster())
        async with Sink(free_port(), on_mail=customers.note) as sink:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="two-nodes-", dir=place)))
            sides = []
            for name, cores in (("one node", _HALVES[:1]), ("two nodes", _HALVES)):
                url = cluster.fresh_database().replace("+psycopg", "")
                nodes = []
                for number, half in enumerate(cores, 1):
                    home = folder / f"{name} {number}"
                    home.mkdir()
                    node = running_daemon(home, sink.port, database=url, cores=half)
                    nodes.append(stack.enter_context(node))
                sides.append(_Side(name, nodes))
            for node in (node for side in sides for node in side.nodes):
                node.pause()
            for number in range(-1, rounds):  # round -1 warms up and is not counted
                for side in sides:
                    await side.round(customers, counts=number >= 0)
    return _section(sides)


@contextmanager
def _running_cluster() -> Iterator[PostgresCluster]:
    """As the tests have it, but what is committed is on disk."""
    with server_folder("postgres", owner="postgres" if os.getuid() == 0 else None) as folder:
        cluster = PostgresCluster(folder)
        cluster.start()
        try:
            cluster.execute("ALTER SYSTEM SET fsync = on")
            cluster.execute("SELECT pg_reload_conf()")
            yield cluster
        finally:
            cluster.stop()


def _section(sides: list[_Side]) -> Section:
    one, two = sides
    ratio = statistics.median(a / b for a, b in zip(two.rates, one.rates, strict=True))
    return Section(
        title="Two nodes on PostgreSQL",
        settings=[
            "leadmaild: as in the other tables, but on PostgreSQL (fsync on, synchronous commits); each node with its "
            "reader worker on a core of its own, one of them shared with load and sink; PostgreSQL on both",
            f"{_BURST} portal mails of {SIZE:,} bytes over {_CONNECTIONS} connections, {len(one.rates)} rounds in "
            "turn, the other side stands still; the clock stops when the last answer is accepted by an SMTP sink",
        ],
        head=["", "mails/s, median (range)"],
        rows=[
            *([side.name, spread(side.rates, 1)] for side in sides),
            [f"**T13**: two nodes / one (floor 1.3, goal 1.6): **{ratio:.2f}**", ""],
        ],
    )
