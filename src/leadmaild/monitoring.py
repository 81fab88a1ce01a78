"""What the operator's own tools get to see of the running daemon, put together beside the gateway."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from leadmaild.config.model import Settings
from leadmaild.errors import Unavailable
from leadmaild.maillog import Event, log, observed
from leadmaild.wiring import Gateway

if TYPE_CHECKING:
    from leadmaild.inbound.event_counts import EventCounts
    from leadmaild.inbound.http_server import HttpServer


@asynccontextmanager
async def monitored(gateway: Gateway, settings: Settings) -> AsyncIterator[None]:
    """While the block runs, health and metrics are served.

    Raises Unavailable if the address that is set cannot be had. The default one is an offer: where it is taken, by a
    second daemon on this machine for instance, the mail goes on without it and the log says so.
    """
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
