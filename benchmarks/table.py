"""Results as Markdown: what was measured on which machine, and a table; one section of RESULTS.md a benchmark."""

import os
import platform
import re
import sqlite3
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
_INTRODUCTION = """\
# Results

Written by `make bench`. Machines drift: only ratios within one interleaved run count (A B A B, medians), never a rate
of one run against a rate of another.
"""


@dataclass(frozen=True)
class Section:
    """One benchmark's results."""

    title: str
    settings: Sequence[str]  # what was switched how, one line each
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def as_markdown(self) -> str:
        lines = [f"## {self.title}", "", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {machine()}.", ""]
        lines += [f"- {setting}" for setting in self.settings] + [""] * bool(self.settings)
        lines += [_row(self.head), _row(["---"] * len(self.head)), *map(_row, self.rows), ""]
        return "\n".join(lines)


def keep(sections: Iterable[Section]) -> None:
    """Write the sections to RESULTS.md in place of those with the same title; the others stay."""
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    kept = {part.splitlines()[0]: f"## {part.strip()}\n" for part in re.split(r"(?m)^## ", old)[1:]}
    kept |= {section.title: section.as_markdown() for section in sections}
    RESULTS.write_text(_INTRODUCTION + "".join(f"\n{kept[title]}" for title in sorted(kept)), encoding="utf-8")


def spread(values: Sequence[float], digits: int = 0) -> str:
    """The median with the lowest and highest of the rounds."""
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f}–{max(values):,.{digits}f})"


def machine() -> str:
    """Processor, cores, system, and the versions that matter."""
    model = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    versions = ", ".join(f"{name} {version(name)}" for name in ("aiosmtpd", "aiosmtplib", "sqlalchemy", "mail-parser"))
    return (
        f"{model[1].strip() if model else platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}"
    )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
