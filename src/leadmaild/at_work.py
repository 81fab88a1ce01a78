"""The house at work: every worker and watch in one TaskGroup until it is told to stop, then drained (SP-14)."""

import asyncio
import os

from leadmaild import __version__
from leadmaild.config.model import Settings
from leadmaild.entrance import Entrance
from leadmaild.maillog import Event, log
from leadmaild.monitoring import monitored
from leadmaild.pipeline.worker import Worker
from leadmaild.reload import reload
from leadmaild.systemd import Notifier, Wanted, watchdog
from leadmaild.wiring import Gateway


async def work(entrance: Entrance, settings: Settings, revision: str, wanted: Wanted) -> None:
    """Run the house behind an entrance that is open, until stop is wanted. Raises ConfigError, Unavailable."""
    for warning in settings.warnings:
        log(Event.SETTINGS_WARNING, path=warning.path, problem=warning.message)
    gateway = Gateway(entrance)
    try:
        # What changed in the files while nothing ran belongs into the settings log as well (R183).
        await gateway.record()
        for warning in await gateway.left_behind():
            log(Event.SETTINGS_WARNING, path=warning.path, problem=warning.message)
        await _run(gateway, entrance, settings, revision, wanted)
    finally:
        await gateway.let_go()


async def _run(gateway: Gateway, entrance: Entrance, settings: Settings, revision: str, wanted: Wanted) -> None:
    notify = Notifier(os.environ)
    async with monitored(gateway, settings), asyncio.TaskGroup() as tasks:
        for worker in gateway.workers:
            tasks.create_task(_work(worker, gateway), name=worker.name)
        watches = [tasks.create_task(watch.run(), name=watch.name) for watch in gateway.mailbox_watches()]
        helpers = [
            tasks.create_task(watchdog(notify), name="watchdog"),
            tasks.create_task(_reloads(gateway, wanted, notify), name="reload"),
        ]
        log(Event.DAEMON_STARTED, version=__version__, pid=os.getpid(), database=revision)
        notify.send("READY=1")
        await wanted.stop.wait()
        notify.send("STOPPING=1")
        gateway.health.is_draining = True
        log(Event.DRAINING, count=entrance.connections)
        for worker in gateway.workers:  # nothing new is begun: it stays a row for the next start
            worker.stop()
        for watch in watches:
            watch.cancel()
        # What comes in and what goes out ends at the same time: both together must stay below TimeoutStopSec.
        await asyncio.gather(gateway.deliver.finish(), entrance.drain())
        await asyncio.gather(*watches, return_exceptions=True)
        await gateway.accept.finish()
        for helper in helpers:
            helper.cancel()


async def _work(worker: Worker, gateway: Gateway) -> None:
    # Mail is taken in while the reader gets ready (T11), but not yet claimed: if we go down before, no mail is to
    # blame (PF4).
    if worker is gateway.intake_worker:
        await gateway.warm_up()
    await worker.run()


async def _reloads(gateway: Gateway, wanted: Wanted, notify: Notifier) -> None:
    """Reload whenever it is wanted; what was asked for during a reload is one more afterwards."""
    while True:
        await wanted.reload.wait()
        wanted.reload.clear()
        notify.send("RELOADING=1")
        is_done = await reload(gateway)
        notify.send("READY=1\nSTATUS=" + ("" if is_done else "settings rejected; the old ones are in force"))
