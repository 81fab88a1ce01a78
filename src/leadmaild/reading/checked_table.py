"""Values of a TOML table, each checked; what is wrong is collected, not raised, so that all of it is told at once."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import re2
from selectolax.lexbor import LexborHTMLParser

from leadmaild.errors import Problem
from leadmaild.reading.definitions import Pattern

_LONGEST_PATTERN = 1_000


class CheckedTable:
    """Reads values and keeps `problems`, each with its place: `where` (the file), then the path of the key."""

    def __init__(self, where: str) -> None:
        self._where = where
        self.problems: list[Problem] = []

    def _wrong(self, path: str, message: str) -> None:
        at = f"{self._where}: {path}" if self._where and path else self._where or path
        self.problems.append(Problem(at, message))

    def _known(self, table: Mapping[str, Any], keys: frozenset[str] | set[str], path: str) -> None:
        for key in table.keys() - keys:
            near = difflib.get_close_matches(key, keys, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(keys))}"
            self._wrong(f"{path}.{key}" if path else key, f"unknown key{hint}")

    def _is_table(self, value: Any, path: str) -> bool:
        if isinstance(value, dict):
            return True
        self._wrong(path, "must be a table")
        return False

    def _table(self, table: dict[str, Any], key: str, keys: frozenset[str]) -> dict[str, Any]:
        value = table.get(key, {})
        if not self._is_table(value, key):
            return {}
        self._known(value, keys, key)
        return dict(value)

    def _text(self, table: dict[str, Any], key: str, default: str) -> str:
        value = table.get(key, default)
        if not isinstance(value, str):
            self._wrong(key, "must be a text")
            return default
        return value

    def _flag(self, table: dict[str, Any], key: str, *, default: bool) -> bool:
        value = table.get(key, default)
        if not isinstance(value, bool):
            self._wrong(key, "must be true or false")
            return default
        return value

    def _whole(self, table: Mapping[str, Any], key: str, path: str) -> int | None:
        """The whole number of that key, None if there is none."""
        value = self._number(table, key, path)
        if value is None or value == int(value):
            return None if value is None else int(value)
        self._wrong(f"{path}.{key}" if path else key, "must be a whole number")
        return None

    def _number(self, table: Mapping[str, Any], key: str, path: str) -> float | None:
        """The number of that key, None if there is none."""
        value = table.get(key)
        if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            return value
        self._wrong(f"{path}.{key}" if path else key, "must be a number, without quotes")
        return None

    def _one_of(self, table: dict[str, Any], key: str, allowed: tuple[str, ...], default: str) -> str:
        value = table.get(key, default)
        if value not in allowed:
            self._wrong(key, f"must be one of {', '.join(allowed)}")
            return default
        return str(value)

    def _strings(self, table: Mapping[str, Any], key: str, path: str) -> tuple[str, ...]:
        value = table.get(key, ())
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
            self._wrong(path, "must be a text or a list of texts")
            return ()
        return tuple(values)

    def _patterns(self, value: Any, path: str) -> tuple[Pattern, ...]:
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list):
            self._wrong(path, "must be a regex or a list of them")
            return ()
        return tuple(p for v in values if (p := self._pattern(v, path)) is not None)

    def _any_of(self, patterns: Sequence[Pattern], path: str) -> Pattern | None:
        """All of them as one expression, so that a long text need be searched but once; None if there are none."""
        return self._compiled("|".join(f"(?:{p.pattern})" for p in patterns), path) if patterns else None

    def _optional_pattern(self, table: dict[str, Any], key: str, path: str) -> Pattern | None:
        return self._pattern(table[key], f"{path}.{key}") if key in table else None

    def _pattern(self, value: Any, path: str) -> Pattern | None:
        """Compile by RE2: case-insensitive, ^ and $ at every line."""
        if not isinstance(value, str) or len(value) > _LONGEST_PATTERN:
            self._wrong(path, f"must be a regex of at most {_LONGEST_PATTERN} characters")
            return None
        return self._compiled(value, path)

    def _compiled(self, pattern: str, path: str) -> Pattern | None:
        try:
            return compiled(pattern)
        except re2.error as error:
            reason = error.args[0] if error.args else error
            reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
            self._wrong(path, f"not a regex RE2 knows: {reason} (no look-around, no back-references)")
            return None

    def _css(self, css: str, path: str) -> None:
        try:
            LexborHTMLParser("<p></p>").css(css)
        except Exception as error:  # noqa: BLE001 - the library raises what it likes for a bad selector
            self._wrong(f"{path}.css", f"not a CSS selector: {css} ({type(error).__name__})")


def compiled(pattern: str) -> Pattern:
    """Return the RE2 expression: case-insensitive, `^` and `$` at every line. Raises re2.error."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return re2.compile(f"(?im){pattern}", options)
