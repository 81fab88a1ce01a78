"""What is different between two sets of settings, key by key, for the settings log (R183). Secrets stay masked."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel

from leadmaild.config.durations import format_duration
from leadmaild.config.model import Settings
from leadmaild.config.places import name_of
from leadmaild.config.secrets import MASK, Secret
from leadmaild.model.location import Window

# The address of a webhook is often all one needs to call it.
_MASKED_KEYS = ("alarm.webhook",)
_PASSWORD_IN_URL = re.compile(r"(://[^:/@\s]*):[^@\s]*@")


@dataclass(frozen=True, slots=True)
class Change:
    """One key that changed. `old` or `new` is None where there is no value; secrets read `***`.

    `location` is the code of the location the key belongs to, "" if it belongs to none.
    """

    key: str
    old: str | None
    new: str | None
    location: str = ""


def changes(old: Settings, new: Settings) -> tuple[Change, ...]:
    """Return every key whose value differs, in the order of the settings, tables that are new last.

    Of a table that came or went (a location, a user) only the keys that were written down are named.
    """
    before, after = _leaves_of(old), _leaves_of(new)
    return tuple(
        Change(key, _shown(key, was.value), _shown(key, now.value), _location_of(key))
        for key in dict.fromkeys((*before, *after))
        if _differ(was := before.get(key, _NO_LEAF), now := after.get(key, _NO_LEAF))
    )


@dataclass(frozen=True, slots=True)
class _Leaf:
    value: Any
    is_written: bool


_NO_LEAF = _Leaf(None, is_written=False)


def _differ(was: _Leaf, now: _Leaf) -> bool:
    if was is _NO_LEAF or now is _NO_LEAF:
        return was.is_written or now.is_written
    return bool(was.value != now.value)


def _leaves_of(settings: Settings) -> dict[str, _Leaf]:
    return dict(_leaves(settings.written))


def _leaves(table: BaseModel, at: str = "") -> Iterator[tuple[str, _Leaf]]:
    """Every plain value under its key: `smtp.max_connections`, `location MUC: hours.mon`."""
    for key, value, is_written in _items(table):
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{at}{key}.")
        elif isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
            for position, item in enumerate(value):
                name = name_of(key, {name: inner for name, inner, _ in _items(item)}) or str(position)
                yield from _leaves(item, f"{at}{key}[{name}]." if at else f"{key} {name}: ")
        else:
            yield f"{at}{key}", _Leaf(value, is_written)


def _items(table: BaseModel) -> Iterator[tuple[str, Any, bool]]:
    for name, field in type(table).model_fields.items():
        yield field.alias or name, getattr(table, name), name in table.model_fields_set
    for language, blocks in (table.__pydantic_extra__ or {}).items():
        yield language, blocks, True


def _shown(key: str, value: Any) -> str | None:
    """The value as people write it; a secret shows that it is there, nothing more."""
    if value is None or value in ((), "", Secret()):
        return None
    if isinstance(value, Secret) or key in _MASKED_KEYS:
        return MASK
    if isinstance(value, tuple):
        return ", ".join(_shown(key, item) or "" for item in value)
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Window):
        return f"{value.start // 60:02}:{value.start % 60:02}-{value.end // 60:02}:{value.end % 60:02}"
    return _PASSWORD_IN_URL.sub(rf"\1:{MASK}@", str(value))


def _location_of(key: str) -> str:
    head, colon, _ = key.partition(": ")
    return head.removeprefix("location ") if colon and head.startswith("location ") else ""
