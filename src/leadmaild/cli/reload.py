"""`leadmaild reload`: has the running daemon take its settings files anew, and says what it made of them (PF64)."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import click

from leadmaild.cli.options import config_option
from leadmaild.cli.session import database_of, run_async, settings_or_what_is_left
from leadmaild.clock import SystemClock
from leadmaild.config.model import Settings
from leadmaild.errors import ConfigError, Unavailable
from leadmaild.foundation import machine_name
from leadmaild.pipeline.settings_history import Answer, last_answer
from leadmaild.storage.unit_of_work import Database

_PATIENCE = timedelta(seconds=60)
_LOOK_EVERY = timedelta(milliseconds=100)


@click.command()
@click.option("--pid", type=click.IntRange(min=2), help="The daemon's process (default: the one started last here).")
@config_option
def reload(pid: int | None) -> None:
    """Have the daemon take its settings files anew. 0: they are in force; 78: they are wrong, those before stay."""
    chosen, wrong = settings_or_what_is_left()
    try:
        answer = run_async(_reload(chosen, pid))
    except Unavailable:
        if wrong is not None:  # then this may not be the database that the daemon uses, and it need not be asked
            raise wrong from None
        raise
    if answer.problems:
        raise ConfigError(answer.problems)
    click.echo(f"in force; {answer.changed} {'key' if answer.changed == 1 else 'keys'} changed")


async def _reload(chosen: Settings, named: int | None) -> Answer:
    clock = SystemClock()
    async with database_of(chosen) as database:
        before = await _last(database)
        pid = named or _started_last(before)
        _signal(pid)
        ends_at = clock.now() + _PATIENCE
        while clock.now() < ends_at:
            await clock.sleep_until(clock.now() + _LOOK_EVERY)
            answer = await _last(database)
            if answer is not None and answer != before:
                return answer
    raise Unavailable(f"process {pid} has not answered within {_PATIENCE.seconds} s; its log says more")


async def _last(database: Database) -> Answer | None:
    async with database.view() as tx:
        return await last_answer(tx, machine_name())


def _started_last(answer: Answer | None) -> int:
    """The daemon that answered last on this machine, if it still runs: SIGHUP would end whoever has its number now."""
    if answer is not None and answer.pid and b"leadmaild" in _command_of(answer.pid):
        return answer.pid
    raise Unavailable("no daemon of these settings runs on this machine; --pid names one that does")


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _signal(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGHUP)
    except (ProcessLookupError, PermissionError) as problem:
        raise Unavailable(f"process {pid} cannot be reached: {problem.strerror}") from problem
