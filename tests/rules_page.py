"""Writes docs/rules.md anew: the words stay as they are, the tests are those that carry the number now.

python -m tests.rules_page
"""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.rule_marks import marked_tests

PAGE = Path(__file__).parent.parent / "docs" / "rules.md"
_ROW = re.compile(r"\| (R\d+) \| (.*?) \|(?: (.*) \|)?")
_NAMED = 3  # tests named for each rule; the others are counted


def rows_of(section: str, page: str) -> dict[str, tuple[str, str]]:
    """The rules of one section of the page: number, words, and what stands in the third column."""
    text = page.partition(f"## {section}\n")[2].partition("\n## ")[0]
    return {found[1]: (found[2], found[3] or "") for line in text.splitlines() if (found := _ROW.fullmatch(line))}


def named_in(cell: str) -> list[str]:
    """The tests named in a cell, as `unit/test_x.py::test_y`."""
    return re.findall(r"`([\w./]+\.(?:py::\w+|smtp))`", cell)


def key_of(number: str) -> tuple[str, int, str]:
    """Sorts R9 before R10, BI-64 before BI-64b."""
    letters, digits, rest = re.fullmatch(r"([A-Z]+)-?(\d+)(.*)", number).groups()
    return letters, int(digits), rest


def written(page: str) -> str:
    """The page with its tests as they are now."""
    marks = marked_tests()
    lines = []
    for line in page.partition("## Other numbers\n")[0].splitlines():
        found = _ROW.fullmatch(line)
        is_built = found and found[1] in rows_of("Built", page) and found[2] == rows_of("Built", page)[found[1]][0]
        lines.append(f"| {found[1]} | {found[2]} | {_cell(marks.get(found[1], []))} |" if is_built else line)
    return "\n".join([*lines, *_others(marks)]) + "\n"


def _cell(tests: list[str]) -> str:
    named = ", ".join(f"`{test}`" for test in tests[:_NAMED])
    more = len(tests) - _NAMED
    return f"{named} and {more} more" if more > 0 else named


def _others(marks: dict[str, list[str]]) -> Iterable[str]:
    yield from ("## Other numbers", "", "Pitfalls (PF), bad input (BI), rules for automatic mail (AR), promises (SP)")
    yield from ("and open questions with their answers (Q), each with the tests that prove it.", "")
    yield from ("| number | tests in |", "|---|---|")
    for number in sorted((n for n in marks if not re.fullmatch(r"R\d+", n)), key=key_of):
        files = dict.fromkeys(test.partition("::")[0] for test in marks[number])
        yield f"| {number} | {', '.join(f'`{file}`' for file in files)} |"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
