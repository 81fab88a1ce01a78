"""The sample pairs of the acceptance set, where they are to be had: each read exactly (SP-12 aside, lead-formats 6)."""

import json
import re
from pathlib import Path

import pytest

from leadmaild.reading.context import ReadingContext
from leadmaild.reading.contract import as_contract
from leadmaild.reading.definition_reader import read_definition
from leadmaild.reading.read import read
from leadmaild.reading.sources_folder import packaged_sources
from tests.unit.reading.pairs import differences

SAMPLES = (
    "01-mobilede-anfrage",
    "06-adf-body-nicht-wohlgeformt",
    "12-homepage-formular-tabelle-rueckruf",
    "15-abwesenheitsnotiz",
    "16-bounce-dsn",
)


def pair(folder: Path, name: str) -> tuple[bytes, dict]:
    base = folder / "samples" / name
    return base.with_suffix(".eml").read_bytes(), json.loads(base.with_suffix(".json").read_text())


@pytest.mark.rule("R167")
@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_is_read_exactly(shared_folder: Path, name: str) -> None:
    raw, expected = pair(shared_folder, name)

    found = as_contract(read(raw, ReadingContext(), packaged_sources()))

    assert differences(found, expected) == []


def test_an_unknown_portal_becomes_a_lead_for_review_without_invented_fields(shared_folder: Path) -> None:
    raw, expected = pair(shared_folder, "30-neue-quelle-per-definition")

    found = as_contract(read(raw, ReadingContext(), packaged_sources()))

    assert found["classification"] == "lead"
    assert found["create_lead"]
    assert differences(found, expected["without_definition"]) == []
    assert found["leads"][0]["vehicle"] is None
    assert found["leads"][0]["contact"]["last_name"] is None


def test_one_added_file_makes_the_unknown_portal_exact(shared_folder: Path) -> None:
    raw, expected = pair(shared_folder, "30-neue-quelle-per-definition")
    guide = (shared_folder / "lead-formats.md").read_text()
    definition = read_definition(re.search(r"```toml\n(.*?)```", guide, re.DOTALL)[1])

    found = as_contract(read(raw, ReadingContext(), packaged_sources().overridden_by([definition])))

    assert differences(found, {k: v for k, v in expected.items() if k != "without_definition"}) == []
