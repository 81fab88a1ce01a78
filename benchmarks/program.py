"""A server under measurement: started on a core of its own, stopped and resumed, its CPU time read."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

# The servers measured share one core; whatever drives them and whatever they send to has the other.
SERVER_CORE = 0
DRIVER_CORES = sorted(os.sched_getaffinity(0) - {SERVER_CORE}) or [SERVER_CORE]


class Measured:
    """A session of processes, led by `pid`, that can be paused and whose CPU time can be read."""

    pid = 0

    def pause(self) -> None:
        """Let it have no CPU while another is measured on the same core."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self.pid, signal.SIGCONT)

    def check(self) -> None:
        """Raises RuntimeError if it has ended."""

    def cpu_seconds(self) -> float:
        """CPU time of all its processes so far; those that have ended count with the parent that saw them end."""
        # utime, stime, cutime, cstime: proc(5)
        ticks = sum(sum(map(int, fields[11:15])) for _folder, fields in self._processes())
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        """Memory of all its processes, what several share counted once (PSS)."""
        kilobytes = 0
        for folder, _fields in self._processes():
            with suppress(OSError):  # ended while we looked
                kilobytes += int(re.search(r"(?m)^Pss: +(\d+) kB", (folder / "smaps_rollup").read_text())[1])
        return kilobytes / 1024

    def _processes(self) -> Iterator[tuple[Path, list[str]]]:
        """The folder below /proc of each of its processes, and what is said there of its state."""
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # ended while we looked
                fields = entry.read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.pid:
                    yield entry.parent, fields


class Program(Measured):
    """A Python program with all its own children. Context manager; its output goes to `log`."""

    def __init__(
        self,
        arguments: Sequence[object],
        log: Path,
        cores: Sequence[int] = (SERVER_CORE,),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._arguments = [sys.executable, *map(str, arguments)]
        self._log = log
        self._cores = cores
        self._environment = {**os.environ, **(environment or {})}

    def __enter__(self) -> Self:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self._arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                env=self._environment,
            )
        self.pid = self._process.pid
        os.sched_setaffinity(self.pid, self._cores)  # before it starts children of its own
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._process.poll() is not None:
            return
        self.resume()
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def check(self) -> None:
        """Raises RuntimeError with the end of its output if it has ended."""
        if self._process.poll() is not None:
            raise RuntimeError(f"{self._arguments} has ended:\n{self._log.read_text(errors='replace')[-3000:]}")
