"""What the machine itself must provide: room, the right time, private secrets, a database, sound libraries."""

import ctypes
import shutil
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from leadmaild.config.model import SettingsFile
from leadmaild.config.on_disk import needed_secrets
from leadmaild.config.places import toml_path
from leadmaild.doctor.finding import Finding, failed, ok, warning
from leadmaild.errors import Unavailable
from leadmaild.pipeline.disk_space import MIN_FREE_SPACE
from leadmaild.storage.engine import database_url, is_sqlite
from leadmaild.storage.migrate import NEWEST_REVISION, revision_at

_MUCH_SPACE = 1024**3
_TIME_ERROR = 5  # adjtimex(2): nobody keeps this clock
_TIMEX_SIZE = 512  # more than struct timex takes anywhere
# Versions with known holes (security.md A.6).
_LEAST_PYTHON = (3, 11, 15)
_LEAST = {
    "aiosmtpd": (1, 4, 6),
    "aiosmtplib": (5, 1, 3),
    "mail-parser": (4, 8, 0),
    "jinja2": (3, 1, 6),
    "reportlab": (4, 2),
}


def disk(folder: Path) -> Finding:
    """Whether there is room where mail is kept."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        free = shutil.disk_usage(there).free
    except OSError as wrong:
        return failed("disk", str(folder), f"cannot be looked at: {wrong.strerror}", "see that it is ours")
    told = f"{free / 1024**3:.1f} GiB free"
    if free < MIN_FREE_SPACE:
        return failed("disk", str(folder), f"{told}: mail is refused with 452", "free some space")
    if free < _MUCH_SPACE:
        return warning("disk", str(folder), told, "free some space; below 100 MiB mail is refused with 452")
    return ok("disk", str(folder), told)


def clock() -> Finding:
    """Whether a time server keeps the clock: due dates, signatures and log-ins depend on it."""
    state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_SIZE))  # all zero: only asks
    if state == _TIME_ERROR:
        advice = "have chrony, ntpd or systemd-timesyncd keep it"
        return warning("clock", "this machine", "is not kept by a time server", advice)
    if state < 0:
        return warning("clock", "this machine", "the kernel does not say who keeps it", "see that a time server does")
    return ok("clock", "this machine", "is kept by a time server")


def secrets(file: SettingsFile) -> Iterator[Finding]:
    """Each secret: whether it can be had, and nobody else reads it (BI-80)."""
    tree = {key: [{"name": one.name} for one in getattr(file, key)] for key in ("imap", "outbound")}
    for place, secret in needed_secrets(file):
        if not secret:
            continue
        about = toml_path(place, tree)
        if problem := secret.problem():
            yield failed("secret", about, problem, "make it readable for the user leadmaild runs as, and nobody else")
        elif secret.reference.startswith("env:"):
            advice = "use file: or credential:"
            yield warning("secret", about, "is in the environment, which other programs of the user can read", advice)
        else:
            yield ok("secret", about, "can be had, and nobody else reads it")


def database(setting: str, base: Path) -> Iterator[Finding]:
    """Whether the database is there, at this version's schema, and private. Blocks."""
    url = database_url(setting, base)
    file = Path(url.database or "") if is_sqlite(url) else None
    about = str(file) if file is not None else f"{url.host or 'localhost'}/{url.database}"
    if file is not None and not file.exists():
        yield failed("database", about, "is not there yet", "run `leadmaild migrate` or `leadmaild serve`")
        return
    try:
        revision = revision_at(url)
    except Unavailable as wrong:
        yield failed("database", about, str(wrong), "see that its server runs and lets us in")
        return
    if revision == NEWEST_REVISION:
        yield ok("database", about, f"is reached, schema {revision}")
    else:
        told = f"has schema {revision or 'none'}, this version needs {NEWEST_REVISION}"
        yield failed("database", about, told, "run `leadmaild migrate`; if a newer version wrote it, install that")
    if file is not None and file.stat().st_mode & 0o077:
        yield warning("database", str(file), "can be read by other users of this machine", f"run: chmod 600 {file}")


def software() -> Iterator[Finding]:
    """Versions that are known to have holes (SP-27)."""
    if sys.version_info[:3] < _LEAST_PYTHON and sys.version_info[:2] == _LEAST_PYTHON[:2]:
        told = ".".join(map(str, sys.version_info[:3]))
        yield warning("software", f"Python {told}", "has known holes", f"install {_dotted(_LEAST_PYTHON)} or later")
    for name, least in _LEAST.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        if _numbers(found) < least:
            yield failed("software", f"{name} {found}", "has known holes", f"install {_dotted(least)} or later")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())


def _dotted(numbers: Sequence[int]) -> str:
    return ".".join(map(str, numbers))
