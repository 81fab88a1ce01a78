"""A server under measurement: started on a core of its own, stopped and resumed, its CPU time read."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

# The servers measured share one core; whatever drives them and whatever they send to has the other.
SERVER_CORE = 0
DRIVER_CORES = sorted(os.sched_getaffinity(0) - {SERVER_CORE}) or [SERVER_CORE]


class Program:
    """A child process with all its own children. Context manager; its output goes to `log`."""

    def __init__(self, arguments: Sequence[object], log: Path, cores: Sequence[int] = (SERVER_CORE,)) -> None:
        self._arguments = [sys.executable, *map(str, arguments)]
        self._log = log
        self._cores = cores
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                self._arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        os.sched_setaffinity(self._process.pid, self._cores)  # before it starts children of its own
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._process is None:
            return
        self.resume()
        self._process.terminate()
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self._process.wait()

    def pause(self) -> None:
        """Let it have no CPU while another is measured on the same core."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def check(self) -> None:
        """Raises RuntimeError with the end of its output if it has ended."""
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError(f"{self._arguments} has ended:\n{self._log.read_text(errors='replace')[-3000:]}")

    def cpu_seconds(self) -> float:
        """CPU time of the process and its children so far."""
        if self._process is None:
            return 0.0
        ticks = 0
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rpartition(")")[2].split()
            except OSError:
                continue  # ended while we looked
            if int(fields[3]) == self._process.pid:  # session: start_new_session made it the child's process id
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, number)
