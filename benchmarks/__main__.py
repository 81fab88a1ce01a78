"""`python -m benchmarks [NAME ...]`: measures, prints the tables and writes them to benchmarks/RESULTS.md."""

import argparse
import os
from importlib import import_module
from pathlib import Path

from benchmarks import table
from benchmarks.program import DRIVER_CORES

_BENCHMARKS = ("accept", "backlog", "memory", "reading", "slow_disk", "start", "timers", "two_nodes", "whole_job")


def main() -> None:
    """Run the benchmarks asked for, one after another."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(_BENCHMARKS)}; default all")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each side (default 5)")
    parser.add_argument(
        "--place", type=Path, default=Path("var"), help="folder on the disk to be measured (default var)"
    )
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(_BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    place = arguments.place.absolute()
    place.mkdir(exist_ok=True)
    os.sched_setaffinity(0, DRIVER_CORES)
    for name in arguments.names or _BENCHMARKS:
        sections = import_module(f"benchmarks.{name}").run(arguments.rounds, place)
        print("\n".join(section.as_markdown() for section in sections), flush=True)
        table.keep(sections)


if __name__ == "__main__":
    main()
