"""The shipped example settings, and the settings of `serve --dev` made from them.

dev.toml holds only what differs; its lines take the places of the example's lines, so the two cannot drift apart.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from leadmaild.config.load import load
from leadmaild.config.model import Settings
from leadmaild.config.process import HttpSettings
from leadmaild.shipped import shipped

_TABLE = re.compile(r"\s*\[{1,2}([\w.]+)\]{1,2}\s*(?:#.*)?")
_KEY = re.compile(r"\s*([\w]+)\s*=.*")


def dev_settings(folder: Path) -> Settings:
    """Return the settings of `serve --dev`, kept in `folder`/leadmaild.toml, where every other command finds them.

    The file is written if it is not there yet; an edited one is used as it is. Raises ConfigError if it is wrong.
    """
    path = folder / "leadmaild.toml"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(dev_toml(), "utf-8")
    return _with_http_as_offer(load(path))


def _with_http_as_offer(settings: Settings) -> Settings:
    """The example writes every default out: here the default address of HTTP is no demand (monitoring.py)."""
    http = settings.http
    if http.listen != HttpSettings().listen:
        return settings
    as_offer = HttpSettings.model_construct(http.model_fields_set - {"listen"}, **dict(http))
    return replace(settings, written=settings.written.model_copy(update={"http": as_offer}))


def dev_toml() -> str:
    """Return the text of the settings of `serve --dev`: the example with the lines of dev.toml put in."""
    example = shipped("config/example.toml").read_text("utf-8")
    overlay = {key: line for key, line in keyed_lines(shipped("config/dev.toml").read_text("utf-8")) if key}
    text = "\n".join(overlay.pop(key, line) for key, line in keyed_lines(example)) + "\n"
    if overlay:
        raise ValueError(f"dev.toml sets what example.toml does not have: {', '.join(overlay)}")
    return text


def keyed_lines(text: str) -> Iterator[tuple[str, str]]:
    """The lines of a TOML text, each with the dotted key it sets ("" if it sets none): `smtp.listen`."""
    table = ""
    for line in text.splitlines():
        key = ""
        if found := _TABLE.fullmatch(line):
            table = f"{found[1]}."
        elif found := _KEY.fullmatch(line):
            key = f"{table}{found[1]}"
        yield key, line
