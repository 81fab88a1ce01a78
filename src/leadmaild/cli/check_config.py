"""`leadmaild check-config`: everything that is wrong or doubtful in the settings, at once (R79, PF65)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from leadmaild.cli import config_diff
from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.session import run_async, view_of
from leadmaild.config.find import settings_path
from leadmaild.config.model import Settings
from leadmaild.errors import ConfigError, Problem, Unavailable
from leadmaild.pipeline.left_behind import left_behind
from leadmaild.settings_files import load_settings

WRONG_SETTINGS = 78  # EX_CONFIG


@dataclass(frozen=True, slots=True)
class Findings:
    """What the check found. Only errors keep the daemon from starting."""

    file: str = ""
    errors: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    not_in_force: tuple[Problem, ...] = ()


@click.command("check-config")
@click.option("--diff", is_flag=True, help="Say what would change for open leads once these settings are in force.")
@config_option
@json_option
@click.pass_context
def check_config(context: click.Context, diff: bool, as_json: bool) -> None:
    """Check the settings: every error and every warning at once. Exit 0 if they can be used, else 78."""
    findings, settings = _check(context.find_root().obj)
    shown = config_diff.shown(settings) if diff and settings is not None else None
    if as_json:
        click.echo(_as_json(findings, shown))
    else:
        click.echo("\n".join((*_lines(findings), *(config_diff.lines(shown) if shown else ()))))
    context.exit(WRONG_SETTINGS if findings.errors else 0)


def _check(named: Path | None) -> tuple[Findings, Settings | None]:
    path = named
    try:
        path = settings_path(named)
        settings = load_settings(path)
    except ConfigError as error:
        return Findings(str(path or ""), error.problems), None
    warnings = (*settings.warnings, *_left_behind(settings))
    return Findings(str(path), (), warnings, settings.not_in_force), settings


def _left_behind(settings: Settings) -> tuple[Problem, ...]:
    """What these settings leave behind in the database; nothing where it is not there, or not to be had, yet."""
    try:
        return run_async(_seen_behind(settings))
    except Unavailable:
        return ()


async def _seen_behind(settings: Settings) -> tuple[Problem, ...]:
    async with view_of(settings) as tx:
        return left_behind(settings, await tx.listings.left_at(), await tx.lead_changes.assignees())


def _lines(findings: Findings) -> Iterable[str]:
    yield from (f"error: {problem}" for problem in findings.errors)
    yield from (f"warning: {problem}" for problem in findings.warnings)
    yield from (f"not in force yet: {problem}" for problem in findings.not_in_force)
    counts = ", ".join(
        f"{len(found)} {word}{'' if len(found) == 1 else 's'}"
        for word, found in (("error", findings.errors), ("warning", findings.warnings))
    )
    yield f"{findings.file}: {counts}" if findings.file else counts


def _as_json(findings: Findings, diff: dict[str, Any] | None) -> str:
    kinds = {"errors": findings.errors, "warnings": findings.warnings, "not_in_force": findings.not_in_force}
    listed = {kind: [{"path": p.path, "message": p.message} for p in found] for kind, found in kinds.items()}
    document = {"ok": not findings.errors, "file": findings.file} | listed | ({"diff": diff} if diff else {})
    return json.dumps(document, ensure_ascii=False, indent=2)
