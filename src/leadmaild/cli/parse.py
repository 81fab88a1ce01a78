"""`leadmaild parse`: what reading makes of a mail. Needs no settings and no database (interface.md)."""

import json
import logging
from pathlib import Path
from typing import Any

import click

from leadmaild.cli.mail_file import read_mail
from leadmaild.cli.options import config_option
from leadmaild.cli.output import print_fields, print_json
from leadmaild.errors import Refused
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.contract import as_contract
from leadmaild.reading.definitions import SourceSet
from leadmaild.reading.read import read
from leadmaild.reading.sources_folder import load_sources

BAD_INPUT = 65  # EX_DATAERR


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the JSON contract; one object a line for several files.")
@click.option(
    "--sources",
    "folders",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A folder of source definitions on top of the packaged ones; may be repeated.",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@config_option
@click.pass_context
def parse(context: click.Context, as_json: bool, folders: tuple[Path, ...], files: tuple[Path, ...]) -> None:
    """Read mail and print what is in it; `-` is standard input. Exit 65 if no file could be read."""
    logging.getLogger("mailparser").setLevel(logging.CRITICAL)  # it writes about the mail to standard error
    sources = load_sources(folders)
    are_good = [_print(_parsed(file, sources), as_json, is_one_of_many=len(files) > 1) for file in files]
    context.exit(0 if any(are_good) else BAD_INPUT)


def _parsed(file: Path, sources: SourceSet) -> dict[str, Any]:
    """The object of one file; a file that cannot be read is an object with its error."""
    try:
        raw = read_mail(file)
    except Refused as too_large:
        return {"file": str(file), "error": str(too_large)}
    except OSError as problem:
        return {"file": str(file), "error": f"cannot read: {problem.strerror or problem}"}
    return {"file": str(file), **as_contract(read(raw, ReadingContext(), sources))}


def _print(found: dict[str, Any], as_json: bool, *, is_one_of_many: bool) -> bool:
    """Print one object; whether it was a good file."""
    if as_json and is_one_of_many:
        click.echo(json.dumps(found, ensure_ascii=False))
    elif as_json:
        print_json(found)
    else:
        shown = _without_empty({k: v for k, v in found.items() if k not in ("text", "verdicts", "leads")})
        print_fields(shown)
        for number, lead in enumerate(found.get("leads", ()), 1):
            click.echo(f"lead {number}:")
            print_fields(_without_empty(lead), "  ")
        click.echo()
    return "error" not in found


def _without_empty(value: Any) -> Any:
    """What a person wants to see: nothing that is not there, and no provenance."""
    if isinstance(value, dict):
        shown = {k: _without_empty(v) for k, v in value.items() if k != "provenance"}
        return {k: v for k, v in shown.items() if v not in (None, "", [], {})}
    if isinstance(value, list):
        return [_without_empty(v) for v in value]
    return value
