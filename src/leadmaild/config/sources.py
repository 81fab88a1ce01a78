"""Holds the settings against the source definitions: the operator's own must be right, the ids named must exist."""

from collections.abc import Iterator
from difflib import get_close_matches

from leadmaild.config.model import Settings
from leadmaild.errors import Problem
from leadmaild.reading.definitions import BUILT_IN
from leadmaild.reading.sources_folder import load_sources


def check_sources(settings: Settings) -> tuple[Problem, ...]:
    """Return a warning for every source the settings name and nobody knows.

    Raises ConfigError with every problem of the operator's own source definitions.
    """
    known = [*BUILT_IN, *(definition.id for definition in load_sources(settings.source_folders).definitions)]
    return tuple(Problem(path, _unknown(source, known)) for path, source in _named(settings) if source not in known)


def _named(settings: Settings) -> Iterator[tuple[str, str]]:
    for location in settings.locations.values():
        for source in location.sources:
            yield f"location {location.code}: source[{source}].id", source
    for group in settings.groups:
        for source in group.match.source:
            yield f"group {group.location}/{group.name}: match.source", source


def _unknown(source: str, known: list[str]) -> str:
    near = get_close_matches(source, known, n=1)
    hint = f'did you mean "{near[0]}"?' if near else "`leadmaild sources list` shows those there are"
    return f'no source has the id "{source}", so this changes nothing; {hint}'
