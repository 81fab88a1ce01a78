"""What one look came to."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"  # mail flows, but not as well as it could, or we cannot know
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one thing: `about` names the thing, `advice` says what to do ("" = nothing)."""

    check: str
    about: str
    status: Status
    message: str
    advice: str = ""


def ok(check: str, about: str, message: str) -> Finding:
    """All is well."""
    return Finding(check, about, Status.OK, message)


def warning(check: str, about: str, message: str, advice: str) -> Finding:
    """Mail flows, but something should be done."""
    return Finding(check, about, Status.WARNING, message, advice)


def failed(check: str, about: str, message: str, advice: str) -> Finding:
    """Something must be done."""
    return Finding(check, about, Status.FAILED, message, advice)
