"""The real servers a component test needs: missing is a failure in CI and an audible skip elsewhere."""

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

# Where Debian keeps server programs that are not on everybody's PATH.
_SERVER_FOLDERS = ("/usr/sbin", "/usr/lib/postfix/sbin", "/usr/lib/dovecot")
_POSTGRES_FOLDERS = "/usr/lib/postgresql"


def program(name: str) -> str | None:
    """Return the path of a program (`postgres`, `postfix`, `dovecot`, `swaks`, ...), or None if it is missing."""
    newest_first = sorted(Path(_POSTGRES_FOLDERS).glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    search_path = os.pathsep.join([*map(str, newest_first), os.environ.get("PATH", ""), *_SERVER_FOLDERS])
    return shutil.which(name, path=search_path)


def require_component(name: str) -> str:
    """Return the path of the program; where it is missing fail in CI, skip aloud elsewhere."""
    if path := program(name):
        return path
    return missing(f"{name} is not installed (see .ci/run for the packages)")


def missing(what: str) -> NoReturn:
    """Fail in CI, skip aloud elsewhere: a proof that silently did not run is no proof."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must not skip: {what}", pytrace=False)
    pytest.skip(what)
