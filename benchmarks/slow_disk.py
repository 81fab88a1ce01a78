"""T8: durable accept with a disk that takes 2 ms longer for each fsync, against the same daemon without."""

import shutil
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.integration.loopback import free_port, greeting_at, wait_until

from benchmarks.accept import Side, mails_of
from benchmarks.daemon import ITS_SETTINGS, running_daemon
from benchmarks.program import DRIVER_CORES, SERVER_CORE, Program
from benchmarks.table import Section

_SIZE = 3_000
_SOURCE = Path(__file__).with_suffix(".c")


def run(rounds: int, place: Path) -> list[Section]:
    """Measure both disks in turn, `rounds` times; the databases lie below `place`."""
    if shutil.which("gcc") is None:
        print("slow_disk: left out, it needs gcc")
        return []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slow-disk-", dir=place)))
        sink_port = free_port()
        sink = ["-m", "tests.integration.sink", "--port", sink_port, "--record", "/dev/null"]
        stack.enter_context(Program(sink, folder / "sink.log", DRIVER_CORES))
        wait_until(lambda: greeting_at(sink_port).startswith(b"220"), what="a greeting")
        sides = []
        for name, environment in (("2 ms more", {"LD_PRELOAD": _built_in(folder)}), ("as it is", {})):
            (folder / name).mkdir()
            daemon = stack.enter_context(running_daemon(folder / name, sink_port, environment=environment))
            daemon.pause()
            sides.append(Side(name, daemon, daemon.port))
        for number in range(-1, rounds):  # round -1 warms up and is not counted
            for side in sides:
                side.round(mails_of(f"{number}-{side.port}", _SIZE), counts=number >= 0)
    return [_section(sides)]


def _built_in(folder: Path) -> str:
    library = folder / "slow_disk.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, _SOURCE, "-ldl"], check=True)
    return str(library)


def _section(sides: list[Side]) -> Section:
    slow, fast = sides
    ratio = statistics.median(a / b for a, b in zip(slow.rates, fast.rates, strict=True))
    return Section(
        title="Durable accept with a slow disk",
        settings=[
            ITS_SETTINGS,
            f"50 connections x 10 mails of {_SIZE:,} bytes, {len(slow.rates)} rounds in turn; servers on core "
            f"{SERVER_CORE}, load and sink on {DRIVER_CORES}; the other daemon stands still",
            "2 ms more: a library loaded before the system's own adds them to each fsync and fdatasync",
        ],
        head=["", "mails/s, median (range)", "CPU ms a mail", "p99 of the 250, ms"],
        rows=[
            *(side.row for side in sides),
            ["**T8**: 2 ms more / as it is (floor 0.7, goal 0.9)", f"**{ratio:.2f}**", "", ""],
        ],
    )
