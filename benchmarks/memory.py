"""T10: memory of the daemon with all its processes after 10,000 mails, against after the first 100."""

import asyncio
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.integration.loopback import free_port, greeting_at, wait_until

from benchmarks.daemon import ITS_SETTINGS, Daemon, running_daemon
from benchmarks.load import on_the_wire, send_all
from benchmarks.mails import RECIPIENT, SENDER, portal_mail
from benchmarks.program import DRIVER_CORES, Program
from benchmarks.table import Section

_MAILS = 10_000
_FEW = 100
_SLICE = 500
_CONNECTIONS = 25  # 20 mails each: the daemon takes no more in a session
_SIZE = 3_000
_ENOUGH_S = 280  # a slow machine measures with as many mails as it got through by then
_LIMIT_MIB = 180


def run(_rounds: int, place: Path) -> list[Section]:
    """Measure once; the database lies below `place`."""
    sink_port = free_port()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="memory-", dir=place)))
        sink = ["-m", "tests.integration.sink", "--port", sink_port, "--record", "/dev/null"]
        stack.enter_context(Program(sink, folder / "sink.log", DRIVER_CORES))
        wait_until(lambda: greeting_at(sink_port).startswith(b"220"), what="a greeting")
        daemon = stack.enter_context(running_daemon(folder, sink_port))
        ends_at = time.monotonic() + _ENOUGH_S
        done = _work_through(daemon, 0, _FEW)
        few = peak = daemon.memory_mib()
        while done < _MAILS and time.monotonic() < ends_at:
            done = _work_through(daemon, done, min(_MAILS, done + _SLICE))
            many = daemon.memory_mib()
            peak = max(peak, many)
    return [_section(done, few, many, peak)]


def _work_through(daemon: Daemon, first: int, end: int) -> int:
    """Hand mails in and return `end` once they are read and decided."""
    mails = [on_the_wire(portal_mail(number, "memory", _SIZE)) for number in range(first, end)]
    each = [mails[i::_CONNECTIONS] for i in range(_CONNECTIONS)]
    asyncio.run(send_all(daemon.port, SENDER, RECIPIENT, each))
    wait_until(lambda: not daemon.backlog, 120, "the end of the backlog")
    daemon.check()
    return end


def _section(done: int, few: float, many: float, peak: float) -> Section:
    return Section(
        title="Memory",
        settings=[
            ITS_SETTINGS,
            f"portal mails of {_SIZE:,} bytes, {_SLICE} at a time, each slice read and decided before the next; PSS of "
            "all processes together, taken after each slice",
        ],
        head=["", "MiB"],
        rows=[
            [f"after {_FEW:,} mails", f"{few:.0f}"],
            [f"after {done:,} mails", f"{many:.0f}"],
            [f"highest (limit {_LIMIT_MIB})", f"{peak:.0f}"],
            [f"**T10**: after {done:,} / after {_FEW:,} (floor 1.5, goal 1.2)", f"**{many / few:.2f}**"],
        ],
    )
