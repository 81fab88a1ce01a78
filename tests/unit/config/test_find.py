from pathlib import Path

import pytest

from leadmaild.config import find
from leadmaild.config.find import settings_path
from leadmaild.errors import ConfigError


@pytest.fixture(autouse=True)
def _empty_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    places = (*find.USUAL_PLACES[:2], tmp_path / "etc/leadmaild.toml")
    monkeypatch.setattr(find, "USUAL_PLACES", places)


def test_the_file_is_the_one_named_then_the_environments_then_the_first_usual_one(monkeypatch, tmp_path):
    for place in reversed(find.USUAL_PLACES):
        place.parent.mkdir(exist_ok=True)
        place.write_text("")
        assert settings_path() == place
    monkeypatch.setenv("LEADMAILD_CONFIG", "elsewhere.toml")
    assert settings_path() == Path("elsewhere.toml")
    assert settings_path("named.toml") == Path("named.toml")
    assert settings_path(tmp_path / "named.toml") == tmp_path / "named.toml"


def test_no_file_at_all_says_how_to_name_one():
    with pytest.raises(ConfigError, match=r"name one with -c or \$LEADMAILD_CONFIG"):
        settings_path()
