"""`leadmaild sources`: the definitions of lead sources; see, check, try and draft them (docs/sources.md)."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from leadmaild.cli.mail_file import read_mail
from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import print_json, print_table
from leadmaild.cli.session import settings
from leadmaild.cli.source_health import HEALTH_COLUMNS, health_of_sources, table_row, with_health
from leadmaild.config.find import settings_path
from leadmaild.errors import ConfigError, NotFound, Problem
from leadmaild.model.reading import Prospect
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import SourceDefinition, SourceSet
from leadmaild.reading.learn import draft_of
from leadmaild.reading.read import read
from leadmaild.reading.source_check import problems_of_tests
from leadmaild.reading.sources_folder import (
    definition_text,
    load_sources,
    mails_of_tests,
    packaged_sources,
    read_definition_file,
)

BAD_INPUT = 65  # EX_DATAERR

_folder_option = click.option(
    "--sources",
    "folders",
    multiple=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A folder of source definitions on top of the packaged ones (default: those of the settings).",
)


@click.group()
def sources() -> None:
    """Source definitions: where leads come from, as files of the operator's."""
    logging.getLogger("mailparser").setLevel(logging.CRITICAL)


@sources.command("list")
@_folder_option
@json_option
@config_option
def list_(folders: tuple[Path, ...], as_json: bool) -> None:
    """List the definitions in force; where there is a database, with what each source has sent (R165)."""
    packaged = packaged_sources()
    loaded = load_sources(folders or _folders_of_settings())
    rows = [_row(definition, packaged) for definition in loaded.definitions]
    sent = health_of_sources()
    if as_json:
        print_json(with_health(rows, sent))
        return
    print_table(rows, ("id", "name", "version", "enabled", "redirect_class", "origin", "tests"), "no definitions")
    if sent is not None:
        now, found = sent
        click.echo()
        print_table([table_row(health, now) for health in found], HEALTH_COLUMNS, "no source has sent any mail yet")


@sources.command()
@click.argument("source_id", metavar="ID")
@_folder_option
@config_option
def show(source_id: str, folders: tuple[Path, ...]) -> None:
    """Print a definition as its file has it."""
    text = definition_text(source_id, folders or _folders_of_settings())
    if text is None:
        raise NotFound(f'no source has the id "{source_id}"; `leadmaild sources list` shows those there are')
    click.echo(text, nl=not text.endswith("\n"))


@sources.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@config_option
@click.pass_context
def check(context: click.Context, file: Path, as_json: bool) -> None:
    """Check a definition: its keys, its expressions, its own tests. Exit 65 if it is refused."""
    problems = _problems(file)
    if as_json:
        print_json({"ok": not problems, "problems": [{"path": p.path, "message": p.message} for p in problems]})
    else:
        for problem in problems:
            click.echo(str(problem))
        click.echo(f"{file}: " + (f"refused, {len(problems)} problem(s)" if problems else "good"))
    context.exit(BAD_INPUT if problems else 0)


@sources.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("mail", type=click.Path(path_type=Path))
@json_option
@config_option
@click.pass_context
def test(context: click.Context, file: Path, mail: Path, as_json: bool) -> None:
    """Read MAIL by the definition in FILE: every field, its value, and the rule that found it.

    What the customer asks for (request_type) follows from several fields, so it has no rule.
    """
    definition = _definition(file)
    chosen = SourceSet((replace(definition, enabled=True),))
    reading = read(_content(mail), ReadingContext(), chosen)
    rows = [row for prospect in reading.prospects if prospect.source == definition.id for row in _fields(prospect)]
    if as_json:
        print_json({"classification": str(reading.classification), "source": reading.source, "fields": rows})
    else:
        click.echo(f"{reading.classification}, source {reading.source or '-'}, confidence {reading.confidence}")
        empty = "this definition does not recognise the mail, or finds no way to reach the customer"
        print_table(rows, ("field", "value", "rule", "where", "confidence"), empty)
    context.exit(0 if rows else BAD_INPUT)


@sources.command()
@click.argument("mail", type=click.Path(path_type=Path))
@config_option
def learn(mail: Path) -> None:
    """Print a draft definition for the source of MAIL: its sender and every label found."""
    click.echo(draft_of(_content(mail)), nl=False)


def _folders_of_settings() -> tuple[Path, ...]:
    """The folders the settings name; none where there are no settings: the packaged set needs none."""
    try:
        settings_path(click.get_current_context().find_root().obj)
    except ConfigError:
        return ()
    return settings().source_folders


def _row(definition: SourceDefinition, packaged: SourceSet) -> dict[str, Any]:
    return {
        "id": definition.id,
        "name": definition.name,
        "version": definition.version,
        "enabled": definition.enabled,
        "redirect_class": str(definition.redirect_class),
        "origin": "packaged" if packaged.get(definition.id) == definition else "own",
        "tests": len(definition.tests),
    }


def _fields(prospect: Prospect) -> Iterator[dict[str, Any]]:
    for path, p in sorted(prospect.provenance.items()):
        yield {"field": path, "value": p.value, "rule": p.rule, "where": p.where, "confidence": p.confidence}
    asked = ", ".join(map(str, prospect.request_types))
    yield {"field": "request_type", "value": asked, "rule": None, "where": None, "confidence": None}


def _problems(file: Path) -> tuple[Problem, ...]:
    try:
        definition = read_definition_file(file)
    except ConfigError as wrong:
        return wrong.problems
    return problems_of_tests(definition, mails_of_tests(definition, file.parent), file.name)


def _definition(file: Path) -> SourceDefinition:
    try:
        return read_definition_file(file)
    except ConfigError as wrong:
        raise click.ClickException("; ".join(map(str, wrong.problems))) from wrong


def _content(mail: Path) -> bytes:
    try:
        return read_mail(mail)
    except OSError as problem:
        raise NotFound(f"cannot read {mail}: {problem.strerror}") from problem
