"""Reads the settings files with all they name: mail templates and source definitions. Every problem at once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from leadmaild.config.load import load
from leadmaild.config.model import Settings
from leadmaild.config.sources import check_sources
from leadmaild.errors import ConfigError, Problem
from leadmaild.writing.template_check import check_templates


def load_settings(path: Path) -> Settings:
    """Load and check the settings at `path` with their templates and sources. Raises ConfigError (PF57, PF65)."""
    return whole(load(path))


def whole(settings: Settings) -> Settings:
    """The settings, what they name checked too, with the warnings of that. Raises ConfigError with every problem."""
    templates, sources = _found(check_templates, settings), _found(check_sources, settings)
    if problems := (*templates.problems, *sources.problems):
        raise ConfigError(problems)
    return replace(settings, warnings=(*settings.warnings, *templates.warnings, *sources.warnings))


@dataclass(frozen=True, slots=True)
class _Found:
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def _found(check: Callable[[Settings], tuple[Problem, ...]], settings: Settings) -> _Found:
    try:
        return _Found(warnings=check(settings))
    except ConfigError as error:
        return _Found(problems=error.problems)
