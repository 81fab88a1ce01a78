import pytest

from tests.components import require_component


def test_a_missing_component_fails_in_ci(monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no-such-server"):
        require_component("no-such-server")


def test_a_missing_component_skips_aloud_elsewhere(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no-such-server is not installed"):
        require_component("no-such-server")


def test_a_component_that_is_there_is_found_by_its_path():
    assert require_component("sh").startswith("/")
