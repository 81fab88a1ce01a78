"""`leadmaild check-config --diff`: what other settings would change for the leads that are open."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from leadmaild.cli.output import instant
from leadmaild.cli.session import run_async, view_of, zone_of
from leadmaild.config.changes import Change
from leadmaild.config.model import Settings

if TYPE_CHECKING:
    from leadmaild.pipeline.difference import Difference

_NAMED_LEADS = 20


def shown(settings: Settings) -> dict[str, Any]:
    """The difference to what runs, as a document. Raises Unavailable if there is no database yet."""
    found = run_async(_difference(settings))
    return {
        "deadlines_moved": len(found.deadlines),
        "deadlines": [
            {
                "lead": moved.lead,
                "kind": moved.kind,
                "from": instant(moved.before, zone_of(settings, moved.location)),
                "to": instant(moved.after, zone_of(settings, moved.location)),
            }
            for moved in found.deadlines
        ],
        "assignees_gone": list(found.gone_assignees),
        "templates": _keys(found.template_changes),
        "settings": _keys(found.changes),
    }


def lines(diff: dict[str, Any]) -> Iterable[str]:
    """The same for people."""
    yield f"{diff['deadlines_moved']} deadlines of open leads would move"
    for moved in diff["deadlines"][:_NAMED_LEADS]:
        yield f"  lead {moved['lead']}: {moved['kind']} {moved['from']} -> {moved['to'] or 'none'}"
    if diff["deadlines_moved"] > _NAMED_LEADS:
        yield f"  and {diff['deadlines_moved'] - _NAMED_LEADS} more (--json names all)"
    for name in diff["assignees_gone"]:
        yield f"open leads of {name} would go to the fallback user"
    for change in diff["settings"]:
        yield f"{change['key']}: {change['old'] or '-'} -> {change['new'] or '-'}"


async def _difference(settings: Settings) -> "Difference":
    from leadmaild.pipeline.difference import difference

    async with view_of(settings) as tx:
        return await difference(tx, settings)


def _keys(changed: Iterable[Change]) -> list[dict[str, Any]]:
    return [{"key": change.key, "old": change.old, "new": change.new} for change in changed]
