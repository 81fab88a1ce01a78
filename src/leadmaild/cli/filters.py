"""The names that lists are narrowed by: a name that never was is told, not answered by an empty list.

A user who left or a portal that is switched off lives on in the leads: a name counts as known where the settings have
it or the history does. So the history is asked, and only when nothing was found.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING

from leadmaild.cli.lead_commands import definitions
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound
from leadmaild.model.listing import LeadFilter
from leadmaild.reading.definitions import BUILT_IN

if TYPE_CHECKING:
    from leadmaild.storage.unit_of_work import Transaction

_MOST_SHOWN = 12


async def require_known_names(tx: "Transaction", chosen: Settings, wanted: LeadFilter) -> None:
    """Raise NotFound for a location, assignee or source of the filter that neither the settings nor a lead knows."""
    if wanted.location is not None and not await _is_of_some_lead(tx, LeadFilter(location=wanted.location)):
        require_name("location", wanted.location, chosen.locations)
    if wanted.assignee is not None and not await _is_of_some_lead(tx, LeadFilter(assignee=wanted.assignee)):
        require_name("user", wanted.assignee, chosen.users)
    if wanted.source is not None and not await _is_of_some_lead(tx, LeadFilter(source=wanted.source)):
        by_hand = (source for location in chosen.locations.values() for source in location.manual_sources)
        by_mail = (definition.id for definition in definitions(chosen).definitions)
        require_name("source", wanted.source, (*BUILT_IN, *by_mail, *by_hand))


def require_name(what: str, name: str, known: Iterable[str]) -> None:
    """Raise NotFound if `name` is none of the known; the message says which was meant, or which there are."""
    names = tuple(dict.fromkeys(known))
    if name in names:
        return
    near = get_close_matches(name, names, n=1)
    shown = ", ".join(names[:_MOST_SHOWN]) + (", ..." if len(names) > _MOST_SHOWN else "")
    hint = f'did you mean "{near[0]}"?' if near else f"there are: {shown or 'none'}"
    raise NotFound(f'there is no {what} "{name}"; {hint}')


async def _is_of_some_lead(tx: "Transaction", wanted: LeadFilter) -> bool:
    return bool(await tx.listings.leads(wanted, 1))
