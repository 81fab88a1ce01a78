"""The shipped texts: words per language (TOML) and page layouts (Jinja2), each of which the operator may replace.

A file of the same name in the operator's own folder wins over the shipped one. Layouts are compiled once.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo

import css_inline
from jinja2 import FileSystemLoader, StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from leadmaild.errors import ConfigError, Problem, Refused
from leadmaild.shipped import shipped

DEFAULT_LANGUAGE = "de"
OTHER_LANGUAGE = "en"
_WHOLE = frozenset({"customer", "new_lead"})  # a file with these sections is a translation
_DATE_PARTS = frozenset({"weekday", "day", "month", "month_name", "year", "hour", "minute"})
_LAYOUTS = ("customer", "notice")


@dataclass(frozen=True, slots=True)
class Words:
    """Our own words in one language.

    `language` is the BCP 47 primary tag of what they are written in: English for a language of which we know only how
    people are greeted, how dates and amounts are written.
    """

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
    """Words and layouts, from the operator's folder ("" = none) and the shipped one.

    Everything is read and compiled here, once. Raises ConfigError for what the operator's folder has wrong.
    """

    def __init__(self, folder: str = "") -> None:
        folders = [shipped("templates"), *([Path(folder)] if folder else [])]
        loader = FileSystemLoader(folders[::-1])
        self._html = _environment(loader, autoescape=True)
        self._text = _environment(loader, autoescape=False)
        self._words: dict[str, Words] = {}
        try:
            for path in _word_files(folders):
                self._words[path.stem] = self._laid_over(path)
            for name in _LAYOUTS:
                self._html.get_template(f"{name}.html.j2")
                self._text.get_template(f"{name}.txt.j2")
        except (TemplateError, OSError, ValueError) as error:
            raise ConfigError((Problem("gateway.templates", str(error)),)) from error

    def words(self, language: str) -> Words:
        """Our words in that language, or in English if we do not speak it."""
        return self._words.get(primary_tag(language) or DEFAULT_LANGUAGE) or self._words[OTHER_LANGUAGE]

    def speaks(self, language: str) -> bool:
        """Whether there are words enough in that language for a mail of our own."""
        known = self._words.get(primary_tag(language))
        return known is not None and known.language == primary_tag(language)

    def html_page(self, name: str, **values: object) -> str:
        """A layout as an HTML page with its style sheet written into the elements, as mail programs want it.

        Raises Refused if an operator's layout cannot be filled in.
        """
        return _INLINER.inline(_filled(self._html.get_template(f"{name}.html.j2"), values))

    def text_page(self, name: str, **values: object) -> str:
        """A layout as plain text. Raises Refused if an operator's layout cannot be filled in."""
        return _filled(self._text.get_template(f"{name}.txt.j2"), values).strip() + "\n"

    def _laid_over(self, path: Path) -> Words:
        """The words of a file over those already known of its language, or over English for a new one: no gaps."""
        own = tomllib.loads(path.read_text(encoding="utf-8"))
        known = self._words.get(path.stem) or self._words.get(OTHER_LANGUAGE)
        below = known.table if known else {}
        _refuse_misfits(own, below, path.name)
        is_whole = own.keys() >= _WHOLE or (known is not None and known.language == path.stem)
        merged = {key: {**below[key], **own[key]} for key in own if isinstance(own[key], dict) and key in below}
        return Words(path.stem if is_whole else OTHER_LANGUAGE, {**below, **own, **merged})


def _refuse_misfits(own: Mapping[str, Any], below: Mapping[str, Any], where: str) -> None:
    """Raise ValueError for a phrase that names values we do not fill in, or that is no phrase at all."""
    for key, value in own.items():
        ours = below.get(key)
        if isinstance(ours, dict) and isinstance(value, dict):
            if key != "customer":  # these are template blocks, checked as such
                _refuse_misfits(value, ours, f"{where}: {key}")
        elif ours is not None and (type(value) is not type(ours) or _named_in(value) - _named_in(ours) - _DATE_PARTS):
            raise ValueError(f"{where}: {key} must be written like {ours!r}")


def _named_in(phrase: str | list[str]) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name} if isinstance(phrase, str) else set()


def _word_files(folders: Sequence[Path]) -> Iterator[Path]:
    """Every file of words, English before the languages that lean on it."""
    for folder in folders:
        yield from sorted(folder.glob("words/*.toml"), key=lambda path: (path.stem != OTHER_LANGUAGE, path.stem))


def primary_tag(language: str) -> str:
    """The primary subtag of a BCP 47 tag: `en` of `en-GB`."""
    return language.strip().lower().replace("_", "-").split("-")[0]


# At-rules stay in the head: dark mode and phone width cannot be written into elements. Nothing is ever fetched.
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True, minify_css=True)


def _environment(loader: FileSystemLoader, *, autoescape: bool) -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(
        loader=loader,
        autoescape=autoescape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def _filled(layout: Template, values: Mapping[str, object]) -> str:
    try:
        return layout.render(values)
    except TemplateError as error:
        raise Refused(f"the layout {layout.name} cannot be filled in: {error.message}") from error
