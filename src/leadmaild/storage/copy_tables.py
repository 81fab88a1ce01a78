"""The tables as they are copied from one database to another: each value as it stands, JSON as its text, so that a JSON
null stays apart from no value at all; and a sum over rows that is the same on SQLite and PostgreSQL."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from sqlalchemy import Column, ColumnElement, MetaData, Table, Text, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import JSON, LargeBinary, TypeDecorator

from leadmaild.storage.schema import metadata

_SUM_OF = 1 << 128


def tables() -> tuple[Table, ...]:
    """Every table, those others refer to first."""
    copied = MetaData()
    for table in metadata.sorted_tables:
        columns = [Column(column.name, _as_copied(column)) for column in table.columns]
        Table(table.name, copied, *columns)
    return tuple(copied.tables[table.name] for table in metadata.sorted_tables)


def counters() -> tuple[tuple[str, str], ...]:
    """Table and column of every number the database counts up by itself."""
    return tuple(
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.identity is not None
    )


def holds_mails(table: Table) -> bool:
    """Whether rows may be as large as mails are."""
    return any(isinstance(column.type, LargeBinary) for column in table.columns)


class RowSum:
    """Adds up rows in any order: databases order text differently."""

    def __init__(self, table: Table) -> None:
        self._json = _places_of(table, _JsonText)
        self._octets = _places_of(table, LargeBinary)
        self.count = 0
        self._sum = 0

    def add(self, row: Sequence[Any]) -> None:
        """Add one row."""
        values = list(row)
        for at in self._json:
            if values[at] is not None:
                values[at] = json.dumps(json.loads(values[at], parse_float=_number), sort_keys=True)
        for at in self._octets:
            if values[at] is not None:
                values[at] = blake2b(values[at]).digest()
        # Instants are UTC and amounts have two digits on both: what Python says of a value is the same.
        digest = blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=16)
        self.count += 1
        self._sum = (self._sum + int.from_bytes(digest.digest(), "big")) % _SUM_OF

    @property
    def result(self) -> tuple[int, int]:
        """How many rows, and their sum."""
        return self.count, self._sum


def _as_copied(column: Column[Any]) -> Any:
    return _JsonText() if isinstance(column.type, JSON) else column.type


class _JsonText(TypeDecorator[str]):
    """A JSON value as the text of it."""

    impl = Text
    cache_ok = True

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(column, Text)

    def bind_expression(self, bindparam: Any) -> ColumnElement[Any]:
        return _from_text(bindparam)


class _from_text(FunctionElement[Any]):  # noqa: N801  # reads as a function
    inherit_cache = True


@compiles(_from_text)
def _plainly(element: Any, compiler: Any, **options: Any) -> str:
    return str(compiler.process(element.clauses, **options))


@compiles(_from_text, "postgresql")
def _as_jsonb(element: Any, compiler: Any, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS JSONB)"


def _places_of(table: Table, kind: type) -> tuple[int, ...]:
    return tuple(at for at, column in enumerate(table.columns) if isinstance(column.type, kind))


def _number(written: str) -> int | float:
    """A number as both databases have it: PostgreSQL keeps its value, not the way it was written."""
    value = float(written)
    return int(value) if value.is_integer() else value
