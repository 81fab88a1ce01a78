"""Runs a program for an alarm: no shell, the document as its input, of our environment only where programs are."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence
from contextlib import suppress

from leadmaild.errors import Unavailable

_KEPT = ("PATH", "HOME", "LANG", "TZ")  # no secret of ours: those may stand in the environment


async def run(command: Sequence[str], document: bytes) -> None:
    """Run the program to its end. Raises Unavailable if it cannot be run or fails.

    The caller bounds the time by cancelling; then the program and whatever it has started are killed.
    """
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, env=environment, cwd="/", start_new_session=True
        )
    except (OSError, ValueError) as failure:
        raise Unavailable(f"the program cannot be run: {type(failure).__name__}") from failure
    try:
        await process.communicate(document)
    finally:
        await _end(process)
    if process.returncode != 0:
        raise Unavailable(f"the program ended with status {process.returncode}")


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
