"""Makes paths in settings absolute: they count from the folder of the file they stand in."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from leadmaild.config.model import SettingsFile
from leadmaild.config.shape import fields_of, is_list_of_tables, path_kind_of, table_below, tables_within
from leadmaild.config.values import PathKind, anchored


def anchor(table: dict[str, Any], folder: Path, model: type[BaseModel] = SettingsFile) -> None:
    """Make every path in `table` absolute, in place."""
    for key, value in table.items():
        for _, below, item in tables_within(model, key, value):
            anchor(item, folder, below)
        field = fields_of(model).get(key)
        if field and (kind := path_kind_of(field)):
            table[key] = _anchored(value, kind, folder)


def anchor_defaults(root: dict[str, Any], folder: Path) -> None:
    """Write down the process part's defaults that are relative paths, counted from the main file's `folder`."""
    for key, field in fields_of(SettingsFile).items():
        below = table_below(field)
        of_files = {k: f for k, f in fields_of(below).items() if f.default and path_kind_of(f)} if below else {}
        if not of_files:
            continue
        tables = root.get(key, []) if is_list_of_tables(field) else [root.setdefault(key, {})]
        for table in tables if isinstance(tables, list) else []:
            for name, its_field in of_files.items() if isinstance(table, dict) else ():
                table.setdefault(name, _anchored(its_field.default, path_kind_of(its_field) or "path", folder))


def _anchored(value: Any, kind: PathKind, folder: Path) -> Any:
    if isinstance(value, str):
        return anchored(value, kind, folder)
    if isinstance(value, list | tuple):
        return [_anchored(item, kind, folder) for item in value]
    return value
