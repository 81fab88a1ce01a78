"""`leadmaild check-config`: everything that is wrong or doubtful in the settings, at once (R79, PF65)."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import click

from leadmaild.cli.output import json_option
from leadmaild.cli.session import config_option
from leadmaild.config.find import settings_path
from leadmaild.errors import ConfigError, Problem
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
@config_option
@json_option
@click.pass_context
def check_config(context: click.Context, as_json: bool) -> None:
    """Check the settings: every error and every warning at once. Exit 0 if they can be used, else 78."""
    findings = _check(context.find_root().obj)
    click.echo(_as_json(findings) if as_json else "\n".join(_lines(findings)))
    context.exit(WRONG_SETTINGS if findings.errors else 0)


def _check(named: Path | None) -> Findings:
    path = named
    try:
        path = settings_path(named)
        settings = load_settings(path)
    except ConfigError as error:
        return Findings(str(path or ""), error.problems)
    return Findings(str(path), (), settings.warnings, settings.not_in_force)


def _lines(findings: Findings) -> Iterable[str]:
    yield from (f"error: {problem}" for problem in findings.errors)
    yield from (f"warning: {problem}" for problem in findings.warnings)
    yield from (f"not in force yet: {problem}" for problem in findings.not_in_force)
    counts = ", ".join(
        f"{len(found)} {word}{'' if len(found) == 1 else 's'}"
        for word, found in (("error", findings.errors), ("warning", findings.warnings))
    )
    yield f"{findings.file}: {counts}" if findings.file else counts


def _as_json(findings: Findings) -> str:
    kinds = {"errors": findings.errors, "warnings": findings.warnings, "not_in_force": findings.not_in_force}
    listed = {kind: [{"path": p.path, "message": p.message} for p in found] for kind, found in kinds.items()}
    return json.dumps({"ok": not findings.errors, "file": findings.file} | listed, ensure_ascii=False, indent=2)
