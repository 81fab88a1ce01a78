"""The settings a command works with: `-c FILE` before or after the command's name, else the usual places."""

from pathlib import Path

import click

from leadmaild.config.find import settings_path
from leadmaild.config.load import load
from leadmaild.config.model import Settings
from leadmaild.errors import NotFound
from leadmaild.model.location import Location

config_option = click.option("-c", "--config", type=click.Path(path_type=Path), help="The settings file.")


def given_settings(context: click.Context, config: Path | None) -> Settings:
    """Load the settings. Raises errors.ConfigError if there are none or they cannot be used."""
    return load(settings_path(config or context.obj))


def location_of(settings: Settings, code: str) -> Location:
    """The location of that code. Raises errors.NotFound, naming those there are."""
    if (location := settings.locations.get(code)) is None:
        raise NotFound(f'there is no location "{code}"; the settings have: {", ".join(settings.locations) or "none"}')
    return location
