"""Every packaged source definition is right and proves itself by its own tests."""

from importlib.resources import files

import pytest

from leadmaild.reading.definition_reader import read_definition
from leadmaild.reading.source_check import problems_of_tests

FOLDER = files("leadmaild.reading").joinpath("sources")
NAMES = sorted(e.name for e in FOLDER.iterdir() if e.name.endswith(".toml"))
ENABLED = {
    "mobile.de", "autoscout24", "kleinanzeigen", "leboncoin", "marktplaats", "2dehands", "autotrack", "willhaben",
    "website_form", "website_chat", "ebay", "boats.com",
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_packaged_definition_passes_its_own_tests(name: str) -> None:
    definition = read_definition(FOLDER.joinpath(name).read_text(encoding="utf-8"), name)

    assert definition.id == name.removesuffix(".toml")
    assert problems_of_tests(definition, {}, name) == ()


def test_the_portals_with_known_mails_are_enabled_and_the_guessed_ones_are_not() -> None:
    found = [read_definition(FOLDER.joinpath(n).read_text(encoding="utf-8"), n) for n in NAMES]

    assert {d.id for d in found if d.enabled} == ENABLED
