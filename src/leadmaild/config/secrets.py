"""Secrets by reference only: `env:NAME`, `file:PATH`, `credential:NAME` (security.md 2.3 "Secrets", PF63).

The settings hold where a secret is, never the secret; it is read where it is used and shows itself as `***`.
"""

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

from leadmaild.errors import Unavailable

MASK = "***"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]*", re.ASCII)


class _NotToBeHad(Exception):
    """The secret cannot be read now; the text says why and never holds it."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is found. Falsy when none is configured; `file:` paths are absolute by the time it is made."""

    reference: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        return bool(self.reference)

    def __repr__(self) -> str:
        return f"Secret({MASK})" if self.reference else "Secret()"

    def __str__(self) -> str:
        return MASK if self.reference else ""

    def reveal(self) -> str:
        """Read the secret, without the line end at its close; "" if none is configured.

        Raises Unavailable if it cannot be had now, for instance because its file was taken away since the start.
        """
        try:
            return _read(self.reference)
        except _NotToBeHad as problem:
            raise Unavailable(f"the secret {self.reference} {problem}") from None

    def exists(self) -> bool:
        """Whether there is something at the place the reference names."""
        scheme, _, name = self.reference.partition(":")
        if scheme == "env":
            return name in os.environ
        folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
        return (Path(folder, name) if scheme == "credential" else Path(name)).exists() if self.reference else False

    def problem(self) -> str | None:
        """Say why the secret cannot be used as it is, or None if it can (BI-80)."""
        try:
            _read(self.reference)
        except _NotToBeHad as problem:
            return f"the secret {self.reference} {problem}"
        return None


def parse_secret(text: object) -> Secret:
    """Return the Secret a settings value refers to. Raises ValueError, which never quotes the value."""
    if isinstance(text, str):
        scheme, colon, name = text.partition(":")
        if not text or (colon and name and scheme == "file"):
            return Secret(text)
        if colon and scheme in ("env", "credential") and _NAME.fullmatch(name):
            return Secret(text)
    raise ValueError("holds a secret by reference only; write env:NAME, file:PATH or credential:NAME")


def _read(reference: str) -> str:
    scheme, _, name = reference.partition(":")
    if scheme == "env":
        secret = os.environ.get(name)
        if secret is None:
            raise _NotToBeHad("does not exist: the environment has no such variable")
    elif scheme == "file":
        secret = _file_text(Path(name), must_be_private=True)
    elif scheme == "credential":
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if not folder:
            raise _NotToBeHad("does not exist: no $CREDENTIALS_DIRECTORY; is LoadCredential= in the unit?")
        # systemd guards that folder itself, and gives its files a group bit where it works with ACLs.
        secret = _file_text(Path(folder) / name, must_be_private=False)
    else:
        return ""
    secret = secret.rstrip("\r\n")
    if not secret:
        raise _NotToBeHad("is empty")
    return secret


def _file_text(path: Path, *, must_be_private: bool) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise _NotToBeHad("is not a file")
            if must_be_private and mode & 0o077:
                raise _NotToBeHad(f"can be read by others than its owner; run: chmod 600 {path}")
            return file.read()
    except FileNotFoundError:
        raise _NotToBeHad("does not exist") from None
    except UnicodeDecodeError:
        raise _NotToBeHad("is not text") from None
    except OSError as error:
        raise _NotToBeHad(f"cannot be read: {error.strerror}") from None
