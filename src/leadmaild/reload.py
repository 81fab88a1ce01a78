"""reload: on SIGHUP the settings files are taken anew, all of them or nothing (PF64)."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from leadmaild.config.model import Settings
from leadmaild.errors import ConfigError, Problem, Unavailable
from leadmaild.maillog import Event, configure_logging, log
from leadmaild.settings_files import load_settings
from leadmaild.wiring import Gateway

_AFTER_START = "changes take effect at the next start"


async def reload(gateway: Gateway) -> bool:
    """Put the settings files in force as they are now; whether they could be.

    If not, those in force stay so, and the log and `status` say what is wrong. Nothing is raised: what is wrong with
    the files must not touch the mail.
    """
    before = gateway.world.settings
    try:
        settings = await asyncio.to_thread(load_settings, before.path)
        changed = await gateway.take_over(settings)
    except ConfigError as wrong:
        return await _rejected(gateway, wrong.problems)
    except Unavailable as failure:
        return await _rejected(gateway, (Problem("", f"not now: {failure}"),))
    except Exception as failure:  # noqa: BLE001  # a bug of ours must not stop the mail (PF3)
        log(Event.BUG, where="reload", exc=failure)
        return await _rejected(gateway, (Problem("", "the reload ran into a bug; the log has it"),))
    if settings.log != before.log:
        configure_logging(settings.log.format, settings.log.level)
    for warning in (*settings.warnings, *await _left_behind(gateway), *_waiting_for_start(before, settings)):
        log(Event.SETTINGS_WARNING, path=warning.path, problem=warning.message)
    log(Event.CONFIG_RELOADED, count=len(changed))
    return True


async def _rejected(gateway: Gateway, problems: tuple[Problem, ...]) -> bool:
    for problem in problems:
        log(Event.CONFIG_REJECTED, path=problem.path, problem=problem.message)
    with suppress(Unavailable):  # the log has said it
        await gateway.record_rejection(problems)
    return False


async def _left_behind(gateway: Gateway) -> tuple[Problem, ...]:
    try:
        return await gateway.left_behind()
    except Unavailable:  # the settings are in force; what they leave behind, the next start or `check-config` says
        return ()


def _waiting_for_start(before: Settings, now: Settings) -> Iterator[Problem]:
    """What the running daemon cannot exchange: its sockets, its mailboxes' connections, its database."""
    for table in ("smtp", "lmtp", "http", "imap"):
        if getattr(before, table) != getattr(now, table):
            yield Problem(table, _AFTER_START)
    for key in ("database", "hostname"):
        if getattr(before.gateway, key) != getattr(now.gateway, key):
            yield Problem(f"gateway.{key}", _AFTER_START)
