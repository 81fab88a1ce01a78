"""Every pair of tests/fixtures/emails: a mail made to mislead a lazy reader, and what it holds (the pair's `notes`)."""

import json
from pathlib import Path

import pytest

from leadmaild.reading.context import ReadingContext
from leadmaild.reading.contract import as_contract
from leadmaild.reading.read import read
from leadmaild.reading.sources_folder import packaged_sources
from tests.unit.reading.pairs import differences

FOLDER = Path(__file__).parents[2] / "fixtures" / "emails"
PAIRS = sorted(FOLDER.glob("*/*.expected.json"))


@pytest.mark.rule("R167")
@pytest.mark.parametrize("path", PAIRS, ids=lambda p: f"{p.parent.name}/{p.name.removesuffix('.expected.json')}")
def test_a_mail_is_read_as_its_pair_says(path: Path) -> None:
    raw = path.with_name(path.name.replace(".expected.json", ".eml")).read_bytes()
    expected = json.loads(path.read_text(encoding="utf-8"))

    found = as_contract(read(raw, ReadingContext(), packaged_sources()))

    assert differences(found, expected) == []


def test_there_are_enough_pairs() -> None:
    assert len(PAIRS) >= 40
