"""Keys whose behaviour is not built yet: `check-config` names those that are set, so that nobody relies on them."""

from collections.abc import Iterator, Mapping
from typing import Any

from leadmaild.config.checks import Finding
from leadmaild.config.model import SettingsFile
from leadmaild.config.places import value_at
from leadmaild.config.shape import Place, entries

# Dotted keys, or tables with all that is in them, as `shape.declared` gives them. An entry leaves this list with the
# change that builds it.
NOT_IN_FORCE: frozenset[str] = frozenset()


def is_not_in_force(dotted: str) -> bool:
    """Whether this key, or a table above it, is on the list."""
    steps = dotted.split(".")
    return any(".".join(steps[:length]) in NOT_IN_FORCE for length in range(1, len(steps) + 1))


def not_in_force(root: Mapping[str, Any], keys: frozenset[str] = NOT_IN_FORCE) -> Iterator[Finding]:
    """Every key of the settings that is set to something else than its default and changes nothing yet.

    Of a whole table that is not in force the table is named, once; one that is switched off is not named at all.
    """
    changed = (entry for entry in entries(SettingsFile, root) if entry.value != _as_written(entry.field.default))
    for place in dict.fromkeys(listed for entry in changed for listed in _listed(entry.place, keys)):
        if not _is_switched_off(value_at(root, place)):
            yield place, "changes nothing yet"


def _listed(place: Place, keys: frozenset[str]) -> Iterator[Place]:
    """The place itself, or the table above it, that `keys` lists."""
    dotted = ""
    for length, step in enumerate(place, start=1):
        if isinstance(step, str):
            dotted = f"{dotted}.{step}" if dotted else step
        if dotted in keys and not (length < len(place) and isinstance(place[length], int)):
            yield place[:length]
            return


def _is_switched_off(table: Any) -> bool:
    return isinstance(table, Mapping) and table.get("enabled") is False


def _as_written(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default
