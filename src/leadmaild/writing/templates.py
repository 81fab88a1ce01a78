"""The shipped texts: words per language (TOML) and page layouts (Jinja2), each of which the operator may replace.

A file of the same name in the operator's own folder wins over the shipped one. Layouts are compiled once.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from leadmaild.shipped import shipped

DEFAULT_LANGUAGE = "de"
OTHER_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """Our own words in one language (BCP 47 primary tag)."""

    language: str
    table: Mapping[str, Any]

    def say(self, section: str, key: str, **values: object) -> str:
        """The phrase with its values filled in; values are data, never a phrase themselves."""
        return str(self.table[section][key]).format(**values) if values else str(self.table[section][key])

    def get(self, section: str, key: str) -> str:
        """The phrase, or "" if there is none."""
        return str(self.table.get(section, {}).get(key, ""))

    def word(self, key: str) -> str:
        """A word that stands in no section."""
        return str(self.table[key])

    def date(self, at: datetime, zone: str) -> str:
        """The local date of an instant."""
        return self._dated("date", at, zone)

    def instant(self, at: datetime, zone: str) -> str:
        """The local date and time of an instant."""
        return self._dated("instant", at, zone)

    def _dated(self, pattern: str, at: datetime, zone: str) -> str:
        local = at.astimezone(ZoneInfo(zone))
        return self.word(pattern).format(
            weekday=self.table["weekdays"][local.weekday()],
            day=local.day,
            month=local.month,
            month_name=self.table["months"][local.month - 1],
            year=local.year,
            hour=local.hour,
            minute=local.minute,
        )


class Templates:
    """Words and layouts, from the operator's folder ("" = none) and the shipped one."""

    def __init__(self, folder: str = "") -> None:
        self._folders = [*([Path(folder)] if folder else []), shipped("templates")]
        loader = FileSystemLoader(self._folders)
        self._html = ImmutableSandboxedEnvironment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._text = ImmutableSandboxedEnvironment(
            loader=loader, autoescape=False, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._words = {path.stem: path for folder_ in reversed(self._folders) for path in folder_.glob("words/*.toml")}

    def words(self, language: str) -> Words:
        """Our words in that language, or in English if we do not speak it."""
        tag = language.lower().split("-")[0] or DEFAULT_LANGUAGE
        return _words(tag if tag in self._words else OTHER_LANGUAGE, self._words)

    def speaks(self, language: str) -> bool:
        """Whether there are words in that language."""
        return language.lower().split("-")[0] in self._words

    def html_page(self, name: str, **values: object) -> str:
        """A layout as an HTML page with its style sheet written into the elements, as mail programs want it."""
        page = self._html.get_template(f"{name}.html.j2").render(**values)
        return _INLINER.inline(page)

    def text_page(self, name: str, **values: object) -> str:
        """A layout as plain text."""
        return self._text.get_template(f"{name}.txt.j2").render(**values).strip() + "\n"


# At-rules stay in the head: dark mode and phone width cannot be written into elements. Nothing is ever fetched.
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, minify_css=True)


@cache
def _read_words(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _words(language: str, paths: Mapping[str, Path]) -> Words:
    return Words(language, _read_words(paths[language]))
