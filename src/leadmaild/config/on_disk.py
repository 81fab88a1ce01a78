"""Checks that what the settings point at is there: secrets, certificates, folders."""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from leadmaild.authentication.signing import read_key
from leadmaild.config.checks import Finding
from leadmaild.config.model import SettingsFile
from leadmaild.config.secrets import Secret
from leadmaild.config.shape import Place


def problems_on_disk(file: SettingsFile) -> Iterator[Finding]:
    """Every secret that is needed and cannot be used, every file and folder that is not there (BI-80)."""
    for place, secret in needed_secrets(file):
        if problem := secret.problem():
            yield place, problem
    yield from _wrong_keys(file)
    for key in ("tls_certificate", "tls_key"):
        if path := getattr(file.smtp, key):
            if problem := _file_problem(path):
                yield ("smtp", key), problem
            elif key == "tls_key" and path.stat().st_mode & 0o007:
                yield ("smtp", key), f"can be read by everybody; run: chmod o= {path}"
    if not file.gateway.database.startswith("sqlite") and find_spec("psycopg") is None:
        yield ("gateway", "database"), "needs the PostgreSQL driver; run: pip install 'leadmaild[postgres]'"
    if file.alarm.command and shutil.which(file.alarm.command[0]) is None:
        yield ("alarm", "command"), f'"{file.alarm.command[0]}" is no program that can be run'
    if file.gateway.templates and not file.gateway.templates.is_dir():
        yield ("gateway", "templates"), f"there is no folder {file.gateway.templates}"


def _wrong_keys(file: SettingsFile) -> Iterator[Finding]:
    for at, server in enumerate(file.outbound):
        if server.dkim_key and not server.dkim_key.problem():
            try:
                read_key(server.dkim_key.reveal())
            except ValueError as wrong:
                yield ("outbound", at, "dkim_key"), str(wrong)


def missing_http_token(file: SettingsFile) -> str | None:
    """Why the token cannot be had, if it is configured and simply not there yet; what it opens is then closed."""
    token = file.http.token
    return token.problem() if token and not token.exists() else None


def needed_secrets(file: SettingsFile) -> Iterator[tuple[Place, Secret]]:
    """Every secret that what is switched on needs, with its place; one that is not configured is falsy."""
    for i, key in enumerate(file.gateway.token_keys):
        yield ("gateway", "token_keys", i), key
    for at, mailbox in enumerate(file.imap):
        if mailbox.enabled:
            yield ("imap", at, "password"), mailbox.password
    for at, server in enumerate(file.outbound):
        if server.transport == "smtp":
            yield ("outbound", at, "password"), server.password
        yield ("outbound", at, "dkim_key"), server.dkim_key
    if file.http.listen and file.http.token.exists():
        yield ("http", "token"), file.http.token


def _file_problem(path: Path) -> str | None:
    if not path.is_file():
        return f"there is no file {path}"
    return None if os.access(path, os.R_OK) else f"{path} cannot be read by this user"
