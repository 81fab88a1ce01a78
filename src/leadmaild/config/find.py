"""Finds the settings file: what the command line or the environment says, else the usual places (interface.md)."""

import os
from pathlib import Path

from leadmaild.errors import ConfigError, Problem

ENVIRONMENT = "LEADMAILD_CONFIG"
USUAL_PLACES = (Path("leadmaild.toml"), Path("var/leadmaild.toml"), Path("/etc/leadmaild/leadmaild.toml"))


def settings_path(given: str | Path | None = None) -> Path:
    """Return the settings file to use: `given` (-c), else $LEADMAILD_CONFIG, else the first usual place that exists.

    Raises ConfigError if there is none; a file that was named but does not exist is reported by `load`.
    """
    if named := given or os.environ.get(ENVIRONMENT):
        return Path(named)
    for place in USUAL_PLACES:
        if place.exists():
            return place
    places = ", ".join(f"./{place}" if not place.is_absolute() else str(place) for place in USUAL_PLACES)
    raise ConfigError((Problem("", f"no settings file: name one with -c or ${ENVIRONMENT}, or make one of {places}"),))
