"""The design example that stands beside the checkout in some workplaces loads as it is."""

import os
from pathlib import Path

import pytest

from leadmaild.config.load import load

SHARED = Path(os.environ.get("LEADMAILD_SHARED") or Path(__file__).parents[4] / "shared")


@pytest.mark.skipif(not (SHARED / "example.toml").exists(), reason="no shared design folder beside the checkout")
def test_the_design_example_loads_into_settings():
    settings = load(SHARED / "example.toml")
    assert list(settings.locations) == ["MUC"]
    assert list(settings.users) == ["mueller", "leitung", "admin"]
    assert settings.location_of("Autohaus-Beispiel@Dein.AUTO").code == "MUC"
    assert settings.mail_server().name == "default"
