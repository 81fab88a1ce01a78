"""What dealers may set: dealer-owned keys of locations that exist, and nothing else (R30)."""

from pathlib import Path
from typing import Any

from leadmaild.config.dealership import LocationTable
from leadmaild.config.shape import Place, entries, owner_of, path_kind_of
from leadmaild.config.tree import TomlTable, Tree, without


def merge_dealer_file(tree: Tree, file: Path, table: TomlTable) -> None:
    """Add a dealer's file to the tree; what he may not set is a problem and left out."""
    for key in table:
        if key != "location":
            tree.complain((key,), "cannot stand in a dealer file, which may hold [[location]] only (R30)", file)
    given = table.get("location", [])
    for item in given if isinstance(given, list) else [given]:
        code = item.get("code") if isinstance(item, dict) else None
        if not code:
            tree.complain(("location",), "a dealer file names the location it is about by its code (R30)", file)
        elif (position := _position_of(tree, code)) is None:
            tree.complain(("location",), f'there is no location "{code}" for a dealer file to complete (R30)', file)
        else:
            place: Place = ("location", position)
            allowed = _only_dealer_keys(tree, file, place, {k: v for k, v in item.items() if k != "code"})
            tree.merge(file, place, tree.root["location"][position], allowed)


def _position_of(tree: Tree, code: Any) -> int | None:
    locations = tree.root.get("location", [])
    for position, there in enumerate(locations if isinstance(locations, list) else ()):
        if isinstance(there, dict) and there.get("code") == code:
            return position
    return None


def _only_dealer_keys(tree: Tree, file: Path, place: Place, table: TomlTable) -> TomlTable:
    refused: set[Place] = set()
    for entry in entries(LocationTable, table):
        if owner_of(entry.field) == "operator":
            tree.complain((*place, *entry.place), "belongs to the operator; a dealer file may not set it (R30)", file)
        elif path_kind_of(entry.field) and not _lies_below(file.parent, entry.value):
            tree.complain((*place, *entry.place), "may only name a file below the dealer file's folder (R30)", file)
        else:
            continue
        refused.add(entry.place)
    return without(table, refused)  # type: ignore[no-any-return]


def _lies_below(folder: Path, value: Any) -> bool:
    """Whether `value`, if it names a file, names one below `folder`, whatever its dots and symbolic links say."""
    if not isinstance(value, str) or not value.startswith("file:"):
        return True
    return Path(value.removeprefix("file:")).resolve().is_relative_to(folder.resolve())
