"""What became of the settings files over time: each change in the settings log (R183), and what the last start or
reload on each machine made of them.

The settings last in force are kept as they may be shown, so that a change made while nothing ran is logged as well.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from leadmaild.config.changes import Change, changes, packed, shown, unpacked
from leadmaild.config.model import Settings
from leadmaild.errors import Problem
from leadmaild.ports.stores import Transaction

WHO = "file"
IN_FORCE = "settings"  # under which the installation keeps them


@dataclass(frozen=True, slots=True)
class Answer:
    """What a start or reload made of the settings files: in force with so many changes, or not, and why.

    `at` (RFC 3339, to the microsecond) tells one answer from the next; `pid` is the process that gave it, 0 = unknown.
    """

    at: str
    changed: int = 0
    problems: tuple[Problem, ...] = ()
    pid: int = 0


async def record(tx: Transaction, settings: Settings, machine: str, now: datetime) -> tuple[Change, ...]:
    """Log what differs from the settings last in force, and keep these in their place.

    Nothing is logged the first time: there is nothing they could differ from.
    """
    current = shown(settings)
    kept = await tx.installation.value(IN_FORCE)
    changed = changes(unpacked(kept), current) if kept is not None else ()
    for change in changed:
        await tx.installation.log_setting(WHO, change.location, change.key, change.old, change.new, now)
    if kept is None or changed:
        await tx.installation.keep(IN_FORCE, packed(current), now)
    await _answer(tx, Answer(now.isoformat(), len(changed), pid=os.getpid()), machine, now)
    return changed


async def record_rejection(tx: Transaction, problems: Sequence[Problem], machine: str, now: datetime) -> None:
    """Keep why the settings files were not taken, for `status` and `reload` to show."""
    await _answer(tx, Answer(now.isoformat(), problems=tuple(problems), pid=os.getpid()), machine, now)


async def last_answer(tx: Transaction, machine: str) -> Answer | None:
    """What the last start or reload on this machine made of the settings files."""
    kept = await tx.installation.value(_key(machine))
    if kept is None:
        return None
    row = json.loads(kept)
    problems = tuple(Problem(**problem) for problem in row["problems"])
    return Answer(row["at"], row["changed"], problems, row.get("pid", 0))


async def _answer(tx: Transaction, answer: Answer, machine: str, now: datetime) -> None:
    await tx.installation.keep(_key(machine), json.dumps(asdict(answer)).encode(), now)


def _key(machine: str) -> str:
    return f"reload:{machine}"
