"""What `sources list` shows of each source beside its definition: what it sent, and how much of it was found (R165)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click

from leadmaild.cli.output import instant
from leadmaild.cli.session import named_settings, require_database, run_async, settings, view_of
from leadmaild.clock import SystemClock
from leadmaild.config.model import Settings
from leadmaild.deciding.source_health import FillRate, SourceHealth
from leadmaild.errors import ConfigError, Unavailable

HEALTH_COLUMNS = ("id", "mails_30d", "last_mail_at", "days_since", "silent", "drifted",
                  "name", "email", "phone", "vehicle", "message")  # fmt: skip
_UNDEFINED = {"name": None, "version": None, "enabled": None, "redirect_class": None, "origin": None, "tests": None}
_NOTHING_YET: dict[str, Any] = {
    "mails_30d": 0,
    "last_mail_at": None,
    "days_since": None,
    "silent": False,
    "silent_at": [],
    "drifted": False,
    "fill_rates": {},
}

Looked = tuple[datetime, tuple[SourceHealth, ...]]


def health_of_sources() -> Looked | None:
    """The moment of looking and every source that has sent mail; None without settings or without a database."""
    try:
        named_settings()
    except ConfigError:
        return None  # nobody named any: the definitions need none
    chosen = settings()
    try:
        require_database(chosen)
    except Unavailable:
        return None  # nothing has run yet
    try:
        return run_async(_look(chosen))
    except Unavailable as missing:
        click.echo(f"without figures: {missing}", err=True)
        return None


async def _look(chosen: Settings) -> Looked:
    from leadmaild.pipeline.source_watch import look_at_sources

    now = SystemClock().now()
    async with view_of(chosen) as tx:
        return now, await look_at_sources(tx, chosen, now)


def with_health(rows: Sequence[dict[str, Any]], sent: Looked | None) -> list[dict[str, Any]]:
    """The definitions with what is known of their sources; then the sources that have mail but no definition."""
    if sent is None:
        return list(rows)
    now, found = sent
    known = {health.id: _figures(health, now) for health in found}
    defined = [row | known.pop(row["id"], _NOTHING_YET) for row in rows]
    return defined + [{"id": source} | _UNDEFINED | figures for source, figures in known.items()]


def table_row(health: SourceHealth, now: datetime) -> dict[str, Any]:
    """One source for people: of each field how often it was found lately, and before."""
    shown = _figures(health, now) | {"id": health.id, "silent": list(health.silent_at)}
    shown["drifted"] = [rate.field for rate in health.drifted]
    return shown | {rate.field.removeprefix("contact."): _in_words(rate) for rate in health.rates}


def _figures(health: SourceHealth, now: datetime) -> dict[str, Any]:
    return {
        "mails_30d": health.mails_30d,
        "last_mail_at": instant(health.last_mail_at),
        "days_since": (now - health.last_mail_at).days,
        "silent": bool(health.silent_at),
        "silent_at": list(health.silent_at),
        "drifted": bool(health.drifted),
        "fill_rates": {
            rate.field: {
                "now": round(rate.now, 2),
                "before": None if rate.before is None else round(rate.before, 2),
                "drifted": rate.is_drifted,
            }
            for rate in health.rates
        },
    }


def _in_words(rate: FillRate) -> str:
    return f"{rate.now:.0%}" if rate.before is None else f"{rate.now:.0%} (was {rate.before:.0%})"
