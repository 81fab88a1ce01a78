"""What the operator gets to see and hear of the running daemon, put together beside the gateway: health and metrics by
HTTP, alarms by webhook and program. The mail does not depend on any of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from leadmaild.config.model import Settings
from leadmaild.errors import Unavailable
from leadmaild.foundation import machine_name
from leadmaild.maillog import Event, log, observed
from leadmaild.model.alarm import Alarm
from leadmaild.pipeline.alarm_line import AlarmLine
from leadmaild.pipeline.worker import Worker
from leadmaild.wiring import Gateway

if TYPE_CHECKING:
    from leadmaild.inbound.event_counts import EventCounts
    from leadmaild.inbound.http_server import HttpServer

# What people are told of. Silence of a source is an alarm as well (PF67).
_TOLD = frozenset({Event.ALARM_RAISED, Event.SOURCE_SILENT, Event.SOURCE_DRIFTED})
_LAST_WORDS_WITHIN_S = 5.0


@asynccontextmanager
async def monitored(gateway: Gateway, settings: Settings) -> AsyncIterator[None]:
    """While the block runs, health and metrics are served and alarms are sent.

    Raises Unavailable if the address that is set for HTTP cannot be had.
    """
    async with _alarmed(gateway), _served(gateway, settings):
        yield


@asynccontextmanager
async def _alarmed(gateway: Gateway) -> AsyncIterator[None]:
    lines = (
        AlarmLine("webhook", lambda document: _post(gateway, document), gateway.clock, machine_name()),
        AlarmLine("command", lambda document: _run(gateway, document), gateway.clock, machine_name()),
    )
    workers = [
        Worker(f"alarm_{line.name}", line.step, gateway.clock, poll=timedelta(minutes=1), next_due=line.next_due)
        for line in lines
    ]
    loop = asyncio.get_running_loop()

    def take(alarm: Alarm) -> None:
        chosen = gateway.world.settings.alarm
        for line, worker, is_set in zip(lines, workers, (chosen.webhook, chosen.command), strict=True):
            if is_set:
                line.note(alarm)
                worker.wake()

    def hear(event: Event, fields: Mapping[str, Any]) -> None:
        if event in _TOLD:  # from whatever thread
            loop.call_soon_threadsafe(take, Alarm.of(str(event), fields, gateway.clock.now()))

    with observed(hear):
        running = [asyncio.create_task(worker.run(), name=worker.name) for worker in workers]
        try:
            yield
        finally:
            for worker in workers:
                worker.stop()
            ending = asyncio.gather(*running, *(_last_words(line) for line in lines), return_exceptions=True)
            with suppress(TimeoutError):
                await asyncio.wait_for(ending, _LAST_WORDS_WITHIN_S)


async def _last_words(line: AlarmLine) -> None:
    """What was raised on the way down still leaves."""
    await asyncio.sleep(0)  # noqa: TID251  # what was heard last is noted now
    while await line.step():
        pass


async def _post(gateway: Gateway, document: bytes) -> None:
    from leadmaild.outbound.alarm_webhook import post

    if url := gateway.world.settings.alarm.webhook:  # a reload may have taken it away
        await post(url, document)


async def _run(gateway: Gateway, document: bytes) -> None:
    from leadmaild.outbound.alarm_command import run

    if command := gateway.world.settings.alarm.command:
        await run(command, document)


@asynccontextmanager
async def _served(gateway: Gateway, settings: Settings) -> AsyncIterator[None]:
    """The default address is an offer: where it is taken, by a second daemon on this machine for instance, mail goes on
    without HTTP and the log says so."""
    if settings.http.listen is None:
        yield
        return
    # Only here: a daemon that serves no HTTP need not load it.
    from leadmaild.inbound.event_counts import EventCounts

    counts = EventCounts()
    with observed(counts.note):
        server = _server(gateway, counts, str(settings.http.listen))
        try:
            await server.start()
        except Unavailable as taken:
            if "listen" in settings.http.model_fields_set:
                raise
            log(Event.SETTINGS_WARNING, path="http.listen", problem=f"{taken}: health and metrics are not served")
        try:
            yield
        finally:
            await server.close()


def _server(gateway: Gateway, counts: "EventCounts", place: str) -> "HttpServer":
    from leadmaild.inbound.http_pages import HttpPages
    from leadmaild.inbound.http_server import HttpServer
    from leadmaild.inbound.metrics_text import metrics_text

    pages = HttpPages(
        look=gateway.health.look,
        metrics=lambda health: metrics_text(health, counts),
        token=lambda: gateway.world.settings.http.token.reveal(),  # read anew: it may have been renewed
        is_local=lambda: server.is_local,
    )
    server = HttpServer(place, pages.answer)
    return server
