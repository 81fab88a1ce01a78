"""The pages for people are complete and true where that can be counted: commands, events, links, decisions."""

import re
from pathlib import Path

import pytest

from leadmaild.cli.main import _COMMANDS
from leadmaild.maillog import _LEVELS, Event

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = sorted((ROOT / "docs").glob("*.md"))
RECORDS = sorted((ROOT / "docs" / "adr").glob("*.md"))
EVERY_PAGE = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *PAGES, *RECORDS]
_WITHOUT_CODE = re.compile(r"```.*?```", re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def section(page: str, heading: str) -> str:
    return page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_the_readme_names_every_command_once():
    listed = re.findall(r"`([a-z-]+)`", section(README.read_text("utf-8"), "Commands").split("`leadmaild", 1)[0])
    assert sorted(listed) == sorted(_COMMANDS)


def test_the_readme_leads_to_every_page():
    index = section(README.read_text("utf-8"), "Documentation")
    assert [named(page) for page in PAGES if f"({named(page)})" not in index] == []


def test_the_page_of_the_log_has_every_event_with_its_level_and_no_other():
    page = (ROOT / "docs" / "log.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z0-9_]+)` \| ([a-z]+) \|", page, re.MULTILINE)
    levels = {20: "info", 30: "warning", 40: "error"}
    assert sorted(rows) == sorted((str(event), levels[_LEVELS.get(event, 20)]) for event in Event)


def test_the_glossary_is_in_order_and_has_each_word_once():
    page = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    words = re.findall(r"^\| ([a-z][^|]*) \|", page.split("|---", 1)[1], re.MULTILINE | re.IGNORECASE)
    assert words == sorted(set(words), key=str.casefold)


def test_records_of_decisions_are_numbered_without_a_gap_and_say_where_they_stand():
    assert [record.name[:4] for record in RECORDS] == [f"{n:04}" for n in range(1, len(RECORDS) + 1)]
    for number, record in enumerate(RECORDS, 1):
        text = record.read_text("utf-8")
        assert text.startswith(f"# {number}. "), record.name
        assert re.search(r"^Status: (accepted|superseded by \d+)\.", text, re.MULTILINE), record.name


@pytest.mark.parametrize("page", EVERY_PAGE, ids=named)
def test_a_page_leads_only_to_what_is_there(page):
    text = _WITHOUT_CODE.sub("", page.read_text("utf-8"))
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in target]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", [README, *PAGES], ids=named)
def test_commands_on_a_page_exist(page):
    called = set(re.findall(r"`leadmaild ([a-z][a-z-]*)", page.read_text("utf-8")))
    assert called <= set(_COMMANDS)
