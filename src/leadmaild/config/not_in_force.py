"""Keys whose behaviour is not built yet: `check-config` names those that are set, so that nobody relies on them."""

from collections.abc import Iterator, Mapping
from typing import Any

from leadmaild.config.checks import Finding
from leadmaild.config.model import SettingsFile
from leadmaild.config.shape import entries

# Dotted keys as `shape.declared` gives them. A key leaves this list with the change that builds it.
NOT_IN_FORCE: frozenset[str] = frozenset()


def not_in_force(root: Mapping[str, Any], keys: frozenset[str] = NOT_IN_FORCE) -> Iterator[Finding]:
    """Every key of the settings that is set to something else than its default and changes nothing yet."""
    for entry in entries(SettingsFile, root):
        dotted = ".".join(step for step in entry.place if isinstance(step, str))
        if dotted in keys and entry.value != _as_written(entry.field.default):
            yield entry.place, "is not in force yet: it changes nothing"


def _as_written(default: Any) -> Any:
    return list(default) if isinstance(default, tuple) else default
