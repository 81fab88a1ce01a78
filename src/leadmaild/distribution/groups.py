"""Which distribution group a lead belongs to (R73, Q1, Q2, Q18)."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from leadmaild.model.reading import RequestType
from leadmaild.model.user import Group, GroupMatch

# Brand names that mail and settings write differently though they mean the same make.
_SAME_MAKE = {"vw": "volkswagen", "mercedes": "mercedesbenz", "alfa": "alfaromeo"}


@dataclass(frozen=True, slots=True)
class LeadTraits:
    """What groups may ask of a lead: its source (and the provider an ADF mail names), its types, the make and
    condition of the vehicle, and where that vehicle stands ("" unknown: where the mail came in)."""

    source: str = ""
    source_provider: str = ""
    types: tuple[RequestType, ...] = ()
    make: str = ""
    condition: str = ""
    location: str = ""


def group_for(traits: LeadTraits, groups: Sequence[Group], named: str = "") -> Group | None:
    """The group this lead belongs to: the one the source's settings name (Q18), else the first that matches (Q1).

    None = no group: then all receivers that are in no group take turns.
    """
    for group in groups:
        if named and _folded(group.name) == _folded(named):
            return group
    return next((group for group in groups if matches(group.match, traits)), None)


def matches(match: GroupMatch, traits: LeadTraits) -> bool:
    """Whether every condition that is set holds; a group without any condition matches nothing by itself (Q1)."""
    asked = [
        bool({fold(w) for w in wanted} & {fold(p) for p in present if p})
        for wanted, present, fold in (
            (match.source, (traits.source, traits.source_provider), _folded),
            (match.type, traits.types, _folded),  # by membership: a lead has a set of types (R166)
            (match.make, (traits.make,), make_key),
            (match.condition, (traits.condition,), _folded),
            (match.location, (traits.location,), _folded),
        )
        if wanted
    ]
    return bool(asked) and all(asked)


def grouped_users(groups: Sequence[Group]) -> frozenset[str]:
    """Everybody who is in a group: they take no part in the general turn (Q2)."""
    return frozenset(member for group in groups for member in group.members)


def make_key(make: str) -> str:
    """A make in the form that compares: case, accents and punctuation folded, VW = Volkswagen, Škoda = Skoda."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", make.casefold()) if c.isalnum())
    return _SAME_MAKE.get(letters, letters)


def _folded(text: str) -> str:
    return text.strip().casefold()
