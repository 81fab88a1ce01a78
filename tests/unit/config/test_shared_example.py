"""The design example that stands beside the checkout in some workplaces loads as it is."""

from leadmaild.config.load import load


def test_the_design_example_loads_into_settings(shared_folder):
    settings = load(shared_folder / "example.toml")
    assert list(settings.locations) == ["MUC"]
    assert list(settings.users) == ["mueller", "leitung", "admin"]
    assert "autohaus-beispiel@dein.auto" in settings.own_addresses
    assert settings.mail_server().name == "default"
