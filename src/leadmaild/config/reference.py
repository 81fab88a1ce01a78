"""The reference of all settings as a Markdown page: `python -m leadmaild.config.reference > docs/settings.md`.

A test holds docs/settings.md against it, so the page tells what the code does.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from leadmaild.config.model import SettingsFile
from leadmaild.config.not_in_force import is_not_in_force
from leadmaild.config.shape import fields_of, is_list_of_tables, owner_of, rule_of, table_below

_PREFACE = """\
# Settings

Every key of the settings files. This page is written by `python -m leadmaild.config.reference`; `config/example.toml`
shows the same keys in use.

- The file is `-c FILE`, else `$LEADMAILD_CONFIG`, else the first of `./leadmaild.toml`, `./var/leadmaild.toml`,
  `/etc/leadmaild/leadmaild.toml`. `leadmaild serve --dev` needs none: it writes `./var/leadmaild.toml`.
- `leadmaild check-config` names every error and every warning at once, each with its key and file; wrong settings are
  exit status 78. Unknown keys are errors.
- Durations are `90s`, `30m`, `2h`, `1d`, also added up (`1h30m`); sizes are `500KiB`, `25MiB`. Relative paths count
  from the folder of the file they stand in.
- Secrets are references only, never the secret itself: `file:PATH` (a file only its owner can read),
  `credential:NAME` (systemd `LoadCredential=`), `env:NAME` (for trying out).
- **Who may set it.** The main file and the files named by `include` are the operator's. Files named by `dealer_files`
  complete a `[[location]]` that exists, named by its `code`, and may set only keys marked *dealer*; a `file:` in them
  must lie below their own folder; a key may be set in one file only (R30).
- `systemctl reload leadmaild` (SIGHUP) takes the files anew, with templates and sources: all of them at one instant, or
  nothing if anything is wrong; its exit status and `leadmaild status` tell. `[smtp]`, `[lmtp]`, `[http]`, `[[imap]]`,
  `gateway.database` and the name the listeners greet with wait for a restart. Every change is in
  `leadmaild settings log`.
- Lists of tables (`[[location]]`) in several files add up; every other key stands in one file only.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join((_PREFACE, *_sections(SettingsFile, "")))


def _sections(model: type[BaseModel], above: str) -> Iterator[str]:
    fields = fields_of(model)
    plain = {key: field for key, field in fields.items() if table_below(field) is None}
    if plain:
        yield from _table(model, above, plain)
    for key, field in fields.items():
        if (below := table_below(field)) is not None:
            dotted = f"{above}{key}"
            yield f"## `{f'[[{dotted}]]' if is_list_of_tables(field) else f'[{dotted}]'}`\n"
            if key == "template" and above == "group.":
                yield "As `[location.template]`, for its leads; a block left empty: the location's (R110, R111).\n"
            else:
                yield from _sections(below, f"{dotted}.")


def _table(model: type[BaseModel], above: str, fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    summary = " ".join((model.__doc__ or "").split()).partition(": ")[2]
    if above and summary:
        yield f"{summary[0].upper()}{summary[1:]}\n"
    yield "| key | what | default | who | rule |"
    yield "|---|---|---|---|---|"
    for key, field in fields.items():
        note = " *Not in force yet.*" if is_not_in_force(f"{above}{key}") else ""
        what = f"{field.description}{note}".replace("|", "\\|")
        yield f"| `{key}` | {what} | {default_in_words(field)} | {owner_of(field)} | {rule_of(field)} |"
    yield ""


def default_in_words(field: FieldInfo) -> str:
    """The default as it would be written, in code marks; or that the key is required, or has none."""
    if field.is_required():
        return "required"
    return "—" if field.default is None else f"`{written(field.default)}`"


def written(value: Any) -> str:
    """A plain value in TOML."""
    if isinstance(value, Enum):
        value = value.value
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


if __name__ == "__main__":
    sys.stdout.write(page())
