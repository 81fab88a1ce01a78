"""Watches the sources of leads: one that falls silent, or whose mails are no longer read as before, is told of in the
log, once until it has recovered (R165)."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from leadmaild.config.model import Settings
from leadmaild.deciding.source_health import LEADS_COMPARED, SourceHealth, SourceMails, fill_rates, is_silent
from leadmaild.maillog import Event, log
from leadmaild.pipeline.world import World
from leadmaild.ports import Clock
from leadmaild.ports.stores import Database, Transaction

EVERY = timedelta(hours=1)
COUNTED = timedelta(days=30)
_LEASE = "source_watch"
_TOLD = "sources_told_of"

# One thing to tell: the event, the source, the location it concerns ("" = all), the field ("" = none), and the reason.
_Trouble = tuple[Event, str, str, str, str]


async def look_at_sources(tx: Transaction, settings: Settings, now: datetime) -> tuple[SourceHealth, ...]:
    """Every source that mail ever came from, as it stands at `now` (UTC)."""
    found = [await _health(tx, source, settings, now) for source in await tx.sources.seen()]
    return tuple(health for health in found if health.mails)


async def _health(tx: Transaction, source: str, settings: Settings, now: datetime) -> SourceHealth:
    last_mails = await tx.sources.last_mails(source, settings.locations)
    mails = [
        SourceMails(
            code,
            last_mail_at,
            await tx.sources.count_since(source, code, now - COUNTED),
            is_silent(settings.locations[code].source(source), last_mail_at, now),
        )
        for code, last_mail_at in last_mails.items()
    ]
    return SourceHealth(source, tuple(mails), fill_rates(await tx.sources.prospects(source, 2 * LEADS_COMPARED)))


class SourceWatch:
    """The step that looks at all sources, on one node at a time."""

    def __init__(self, database: Database, world: Callable[[], World], clock: Clock, node: str) -> None:
        self._database = database
        self._world = world
        self._clock = clock
        self._node = node

    async def step(self) -> bool:
        """Look once; never more to do at once."""
        now = self._clock.now()
        async with self._database.view() as tx:  # the long part holds no lock
            troubles = tuple(_troubles(await look_at_sources(tx, self._world().settings, now)))
            told = await _told(tx)
        if {_key(trouble) for trouble in troubles} != told:
            for trouble in await self._not_told_yet(troubles, now):
                _tell(trouble)
        return False

    async def _not_told_yet(self, troubles: tuple[_Trouble, ...], now: datetime) -> tuple[_Trouble, ...]:
        """Remember what stands now and return what nobody was told of; nothing while another node is at it."""
        async with self._database.transaction() as tx:
            if not await tx.node_leases.take(_LEASE, self._node, now):
                return ()
            told = await _told(tx)
            keys = sorted({_key(trouble) for trouble in troubles})
            await tx.installation.keep(_TOLD, json.dumps(keys).encode(), now)
            await tx.node_leases.give_back(_LEASE, self._node)
            await tx.commit()
        return tuple(trouble for trouble in troubles if _key(trouble) not in told)


def _troubles(sources: Iterable[SourceHealth]) -> Iterable[_Trouble]:
    for source in sources:
        for code in source.silent_at:
            yield Event.SOURCE_SILENT, source.id, code, "", "no_mail_any_more"
        for rate in source.drifted:
            fell = f"fill_rate_from_{rate.before or 0:.0%}_to_{rate.now:.0%}"
            yield Event.SOURCE_DRIFTED, source.id, "", rate.field, fell


def _key(trouble: _Trouble) -> str:
    event, source, location, where, _reason = trouble
    return f"{event} {source} {location or where}"


async def _told(tx: Transaction) -> set[str]:
    kept = await tx.installation.value(_TOLD)
    return set(json.loads(kept)) if kept else set()


def _tell(trouble: _Trouble) -> None:
    event, source, location, where, reason = trouble
    log(event, source=source, location=location, path=where, reason=reason)
