"""What became of the settings files over time: each change in the settings log (R183), and the last reload that failed.

The settings last in force are kept as they may be shown, so that a change made while nothing ran is logged as well.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from leadmaild.config.changes import Change, changes, packed, shown, unpacked
from leadmaild.config.model import Settings
from leadmaild.errors import Problem
from leadmaild.ports.stores import Transaction

WHO = "file"
_IN_FORCE = "settings"
_REJECTED = "settings_rejected"


@dataclass(frozen=True, slots=True)
class Rejection:
    """A reload that changed nothing because the files were wrong: when (RFC 3339), on which machine, and why."""

    at: str
    machine: str
    problems: tuple[Problem, ...]


async def record(tx: Transaction, settings: Settings, machine: str, now: datetime) -> tuple[Change, ...]:
    """Log what differs from the settings last in force, and keep these in their place.

    Nothing is logged the first time: there is nothing they could differ from. What this machine rejected is settled.
    """
    current = shown(settings)
    kept = await tx.installation.value(_IN_FORCE)
    changed = changes(unpacked(kept), current) if kept is not None else ()
    for change in changed:
        await tx.installation.log_setting(WHO, change.location, change.key, change.old, change.new, now)
    if kept is None or changed:
        await tx.installation.keep(_IN_FORCE, packed(current), now)
    rejected = await last_rejection(tx)
    if rejected is not None and rejected.machine == machine:
        await tx.installation.keep(_REJECTED, b"", now)
    return changed


async def record_rejection(tx: Transaction, problems: Sequence[Problem], machine: str, now: datetime) -> None:
    """Keep why the settings files were not taken, for `status` to show."""
    rejection = Rejection(now.isoformat(timespec="seconds"), machine, tuple(problems))
    await tx.installation.keep(_REJECTED, json.dumps(asdict(rejection)).encode(), now)


async def last_rejection(tx: Transaction) -> Rejection | None:
    """The last reload that failed, unless the same machine has taken its settings files since."""
    kept = await tx.installation.value(_REJECTED)
    if not kept:
        return None
    row = json.loads(kept)
    return Rejection(row["at"], row["machine"], tuple(Problem(**problem) for problem in row["problems"]))
