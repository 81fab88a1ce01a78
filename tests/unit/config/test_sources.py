import pytest

from leadmaild.config.sources import check_sources
from leadmaild.errors import ConfigError


def test_a_source_nobody_knows_is_warned_about_with_the_nearest_id(folder):
    settings = folder.load(
        'source = [{ id = "mobil.de" }, { id = "website_form" }, { id = "adf" }]\n'
        '[[group]]\nlocation = "MUC"\nname = "New"\nmembers = ["mueller", "schmidt"]\nmatch.source = ["zzz"]'
    )
    first, second = map(str, check_sources(settings))
    assert first.startswith("location MUC: source[mobil.de].id: no source has the id")
    assert first.endswith('did you mean "mobile.de"?')
    assert second.startswith("group MUC/New: match.source: ")


def test_a_source_of_the_operators_own_is_known(folder):
    definition = (
        'id = "dealer_portal"\nname = "Dealer portal"\nversion = 1\nredirect_class = "marketplace"\n'
        'recognise = { from_domain = ["portal.example"] }\nfields = { "contact.email" = { label = ["E-Mail"] } }\n'
    )
    folder.write(definition, "sources.d/dealer_portal.toml")
    assert check_sources(folder.load('source = [{ id = "dealer_portal" }]')) == ()


@pytest.mark.rule("PF65")
def test_a_broken_source_definition_stops_the_start(folder):
    folder.write("id = 3\nrecognize = {}\n", "sources.d/broken.toml")
    with pytest.raises(ConfigError, match="recognize"):
        check_sources(folder.load())
