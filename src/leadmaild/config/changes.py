"""What is different between two sets of settings, key by key, for the settings log (R183). Secrets stay masked.

The settings are compared as they would be shown, so that those last in force can be kept and a change made while
nothing ran is seen as well.
"""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
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


@dataclass(frozen=True, slots=True)
class Shown:
    """One value as people may see it. `mark` tells masked values apart; `is_written` is false for a default."""

    value: str | None
    is_written: bool
    mark: str = ""


ShownSettings = Mapping[str, Shown]
_ABSENT = Shown(None, is_written=False)


def shown(settings: Settings) -> ShownSettings:
    """Every value of the settings under its key, as it may be shown and kept."""
    return dict(_leaves(settings.written))


def changes(old: ShownSettings, new: ShownSettings) -> tuple[Change, ...]:
    """Return every key whose value differs, in the order of the settings, tables that are new last.

    Of a table that came or went (a location, a user) only the keys that were written down are named.
    """
    return tuple(
        Change(key, was.value, now.value, _location_of(key))
        for key in dict.fromkeys((*old, *new))
        if _differ(was := old.get(key, _ABSENT), now := new.get(key, _ABSENT))
    )


def packed(settings: ShownSettings) -> bytes:
    """The shown settings as bytes to keep."""
    rows = {key: [one.value, one.is_written, one.mark] for key, one in settings.items()}
    return zlib.compress(json.dumps(rows, ensure_ascii=False).encode())


def unpacked(kept: bytes) -> ShownSettings:
    """The shown settings that were packed."""
    return {key: Shown(*row) for key, row in json.loads(zlib.decompress(kept)).items()}


def _differ(was: Shown, now: Shown) -> bool:
    if was is _ABSENT or now is _ABSENT:
        return was.is_written or now.is_written
    return (was.value, was.mark) != (now.value, now.mark)


def _leaves(table: BaseModel, at: str = "") -> Iterator[tuple[str, Shown]]:
    """Every plain value under its key: `smtp.max_connections`, `location MUC: hours.mon`."""
    for key, value, default, is_written in _items(table):
        if isinstance(value, BaseModel):
            yield from _leaves(value, f"{at}{key}.")
        elif isinstance(value, tuple) and any(isinstance(item, BaseModel) for item in value):
            for position, item in enumerate(value):
                name = name_of(key, {name: inner for name, inner, *_ in _items(item)}) or str(position)
                yield from _leaves(item, f"{at}{key}[{name}]." if at else f"{key} {name}: ")
        else:
            yield f"{at}{key}", _leaf(f"{at}{key}", value, default, is_written)


def _items(table: BaseModel) -> Iterator[tuple[str, Any, Any, bool]]:
    for name, field in type(table).model_fields.items():
        yield field.alias or name, getattr(table, name), field.default, name in table.model_fields_set
    for language, blocks in (table.__pydantic_extra__ or {}).items():
        yield language, blocks, None, True


def _leaf(key: str, value: Any, default: Any, is_written: bool) -> Shown:
    if value == () and default is None:  # absent and empty are two things here (R41)
        return Shown("[]", is_written)
    if value is None or value in ((), "", Secret()):
        return Shown(None, is_written)
    full = _text(value)
    seen = MASK if _holds_secret(value) or key in _MASKED_KEYS else _PASSWORD_IN_URL.sub(rf"\1:{MASK}@", full)
    mark = "" if seen == full else sha256(full.encode()).hexdigest()[:16]
    return Shown(seen, is_written, mark)


def _holds_secret(value: Any) -> bool:
    return any(isinstance(item, Secret) for item in (value if isinstance(value, tuple) else (value,)))


def _text(value: Any) -> str:
    """The value as people write it; of a secret where it is found, never what it is."""
    if isinstance(value, tuple):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, Secret):
        return value.reference
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Window):
        return f"{value.start // 60:02}:{value.start % 60:02}-{value.end // 60:02}:{value.end % 60:02}"
    return str(value)


def _location_of(key: str) -> str:
    head, colon, _ = key.partition(": ")
    return head.removeprefix("location ") if colon and head.startswith("location ") else ""
