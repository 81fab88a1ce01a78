"""docs/rules.md is complete and true: each rule there is, and tests that exist and carry its number."""

import re

import pytest

from leadmaild.config.not_in_force import is_not_in_force
from leadmaild.config.shape import declared
from tests.rule_marks import TESTS, marked_tests
from tests.rules_page import PAGE, key_of, named_in, rows_of

# Every rule there is; numbers between these do not exist.
EXISTING = {
    f"R{number}"
    for first, last in ((1, 88), (100, 113), (120, 131), (140, 149), (160, 167), (180, 183))
    for number in range(first, last + 1)
}
PAGE_TEXT = PAGE.read_text("utf-8")
BUILT, NOT_BUILT, OUTSIDE = (
    rows_of(section, PAGE_TEXT) for section in ("Built", "Not built yet", "Outside this product")
)


@pytest.fixture(scope="module")
def marks():
    return marked_tests()


def test_every_rule_is_on_the_page_and_no_other():
    assert BUILT.keys() | NOT_BUILT.keys() | OUTSIDE.keys() == EXISTING
    assert not OUTSIDE.keys() & (BUILT.keys() | NOT_BUILT.keys())
    assert all(words for words, _ in (*BUILT.values(), *NOT_BUILT.values(), *OUTSIDE.values()))


def test_the_rules_stand_in_their_order():
    for section in (BUILT, NOT_BUILT, OUTSIDE):
        assert list(section) == sorted(section, key=key_of)


@pytest.mark.parametrize("number", BUILT)
def test_a_rule_that_is_built_names_tests_that_carry_its_number(number, marks):
    named = named_in(BUILT[number][1])
    assert named, f"{number} has no test"
    assert not set(named) - set(marks.get(number, [])), "write the page anew: python -m tests.rules_page"


def test_the_named_in_other_numbers_are_there(marks):
    rows = re.findall(r"^\| ((?:PF|BI|AR|SP|Q)-?\d+[a-z]?) \| (.*) \|$", PAGE_TEXT, re.MULTILINE)
    assert len(rows) > 100
    for number, cell in rows:
        files = set(re.findall(r"`([^`]+)`", cell))
        assert files <= {test.partition("::")[0] for test in marks.get(number, [])}, number


def test_every_mark_is_a_number_that_exists(marks):
    known = re.compile(r"PF[1-9]\d?|BI-\d\d[a-z]?|AR-(?:0[1-9]|1\d|2[0-8])|SP-\d\d|Q(?:[1-9]|1\d|2[0-7])")
    assert [number for number in marks if number not in EXISTING and not known.fullmatch(number)] == []


def test_rules_of_settings_that_are_not_in_force_are_named_as_not_built():
    waiting = {
        number
        for dotted, field in declared()
        if is_not_in_force(dotted)
        for number in re.findall(r"R\d+", (field.json_schema_extra or {}).get("rule", ""))
    }
    assert waiting <= NOT_BUILT.keys()


def test_dialogues_carry_numbers_too(marks):
    assert any(test.startswith("dialogues/") and (TESTS / test).is_file() for test in marks["SP-05"])
