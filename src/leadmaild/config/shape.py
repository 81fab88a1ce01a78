"""Walks a settings table beside its model: which keys it has, which field each belongs to, what hangs below."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from leadmaild.config.dealership import TemplateBlocksTable, TemplateTable
from leadmaild.config.model import SettingsFile
from leadmaild.config.values import Owner, PathKind, is_language

Place = tuple[str | int, ...]  # keys and list positions from the root of the settings


@dataclass(frozen=True, slots=True)
class Entry:
    """One key that stands in a table: where, its value, and the field it belongs to."""

    place: Place
    value: Any
    field: FieldInfo


def key_of(name: str, field: FieldInfo) -> str:
    """The key as it stands in the file."""
    return field.alias or name


def owner_of(field: FieldInfo) -> Owner:
    """Who may set this key (R30)."""
    return _extra(field)["owner"]  # type: ignore[no-any-return]


def rule_of(field: FieldInfo) -> str:
    """The rule behind this key, or ""."""
    return _extra(field)["rule"]  # type: ignore[no-any-return]


def path_kind_of(field: FieldInfo) -> PathKind | None:
    """How a value of this key names a file, if it does."""
    return _extra(field)["path"]  # type: ignore[no-any-return]


def _extra(field: FieldInfo) -> dict[str, Any]:
    assert isinstance(field.json_schema_extra, dict)  # noqa: S101  every key is declared by `setting`
    return field.json_schema_extra


def table_below(field: FieldInfo) -> type[BaseModel] | None:
    """The model of the table, or of each table of the list, that is the field's value; None for a plain value."""
    return _table_in(field.annotation)


def is_list_of_tables(field: FieldInfo) -> bool:
    """Whether the key is written `[[key]]`."""
    return get_origin(field.annotation) is tuple and table_below(field) is not None


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (Union, UnionType, tuple):
        for part in get_args(annotation):
            if found := _table_in(part):
                return found
    return None


@cache
def fields_of(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """The fields of a model by the key they have in the file."""
    return {key_of(name, field): field for name, field in model.model_fields.items()}


@cache
def tables_of(model: type[BaseModel]) -> Mapping[str, type[BaseModel]]:
    """The keys of a model whose values are tables, or lists of tables, with the models of these."""
    return {key: below for key, field in fields_of(model).items() if (below := table_below(field))}


def tables_within(model: type[BaseModel], key: str, value: Any) -> Iterator[tuple[Place, type[BaseModel], Any]]:
    """The tables that `value` of `key` is, or holds as a list, each with its place below the model and its model."""
    below = tables_of(model).get(key)
    if below is None and issubclass(model, TemplateTable) and is_language(key):
        below = TemplateBlocksTable
    if below is None:
        return
    if isinstance(value, Mapping):
        yield (key,), below, value
    elif isinstance(value, list):
        for position, item in enumerate(value):
            if isinstance(item, Mapping):
                yield (key, position), below, item


def entries(model: type[BaseModel], table: Mapping[str, Any], at: Place = ()) -> Iterator[Entry]:
    """Every key of `table` and of the tables below it that has a plain value and is known to the model."""
    fields = fields_of(model)
    for key, value in table.items():
        inner = list(tables_within(model, key, value))
        for place, below, item in inner:
            yield from entries(below, item, (*at, *place))
        if not inner and key in fields:
            yield Entry((*at, key), value, fields[key])


def declared(model: type[BaseModel] = SettingsFile, above: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key there is, dotted from the root, with its field: `location.hours.mon`."""
    for key, field in fields_of(model).items():
        yield f"{above}{key}", field
        if below := table_below(field):
            yield from declared(below, f"{above}{key}.")
