"""The settings as one tree put together from several files: where each part came from, and no key set twice."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from leadmaild.config.places import toml_path
from leadmaild.config.shape import Place
from leadmaild.errors import Problem

TomlTable = dict[str, Any]

# Lists in which an entry of a second file completes the first file's entry of the same name.
_JOINED_BY = {"source": "id", "completion_reason": "key"}


@dataclass(slots=True)
class Tree:
    """The settings of all files together, which file each part came from, and what was wrong on the way."""

    main: Path
    root: TomlTable = field(default_factory=dict)
    origins: dict[Place, Path] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def shown(self, file: Path) -> str:
        """The file as people see it: relative to the main file's folder where it lies below it."""
        folder = self.main.parent
        return str(file.relative_to(folder)) if file.is_relative_to(folder) else str(file)

    def file_of(self, place: Place) -> Path:
        """The file in which this place, or the nearest known place above it, stands."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.origins:
                return self.origins[place[:length]]
        return self.main

    def problem(self, place: Place, message: str, file: Path | None = None) -> Problem:
        """A Problem at a place of the tree, with the file it stands in."""
        return Problem(toml_path(place, self.root), f"{message} ({self.shown(file or self.file_of(place))})")

    def complain(self, place: Place, message: str, file: Path | None = None) -> None:
        """Note a problem; one that is noted already is no news."""
        if (problem := self.problem(place, message, file)) not in self.problems:
            self.problems.append(problem)

    def append(self, file: Path, place: Place, into: list[Any], items: list[Any]) -> None:
        """Add the items of a list from `file` to the list at `place`."""
        for item in items:
            self.origins[*place, len(into)] = file
            into.append(item)

    def merge(self, file: Path, place: Place, into: TomlTable, table: TomlTable) -> None:
        """Add a table from `file` key by key to the table at `place`; a key set twice is a problem (R30)."""
        for key, value in table.items():
            there = (*place, key)
            if isinstance(value, dict) and isinstance(into.get(key, {}), dict):
                self.merge(file, there, into.setdefault(key, {}), value)
            elif key in _JOINED_BY and isinstance(value, list) and isinstance(into.get(key, []), list):
                self._join(file, there, into.setdefault(key, []), value)
            elif key in into:
                other = self.shown(self.file_of(there))
                self.complain(there, f"is set here and in {other}; set it in one place only", file)
            else:
                into[key] = value
                self.origins[there] = file

    def _join(self, file: Path, place: Place, into: list[Any], items: list[Any]) -> None:
        name = _JOINED_BY[str(place[-1])]
        for item in items:
            label = item.get(name) if isinstance(item, dict) else None
            same = [i for i, old in enumerate(into) if isinstance(old, dict) and label and old.get(name) == label]
            if same:
                completing = {key: value for key, value in item.items() if key != name}
                self.merge(file, (*place, same[0]), into[same[0]], completing)
            else:
                self.append(file, place, into, [item])

    def drop(self, places: set[Place]) -> None:
        """Take out what stands at these places; what follows in a list moves up, and its origin with it."""
        moved = ((_moved(place, places), file) for place, file in self.origins.items())
        self.origins = {place: file for place, file in moved if place is not None}
        self.root = without(self.root, places)


def without(value: Any, dropped: set[Place], at: Place = ()) -> Any:
    """Return `value` without what stands at these places below `at`."""
    if isinstance(value, dict):
        return {k: without(v, dropped, (*at, k)) for k, v in value.items() if (*at, k) not in dropped}
    if isinstance(value, list):
        return [without(item, dropped, (*at, i)) for i, item in enumerate(value) if (*at, i) not in dropped]
    return value


def _moved(place: Place, dropped: set[Place]) -> Place | None:
    if any(place[:length] in dropped for length in range(1, len(place) + 1)):
        return None
    return tuple(
        step - sum((*place[:i], before) in dropped for before in range(step)) if isinstance(step, int) else step
        for i, step in enumerate(place)
    )
