"""What every test may rely on: long proofs only on request, no settings leaking in from the shell."""

import os
from pathlib import Path

import pytest

# Fixtures any test may ask for. Real servers start at the first test that needs them and end with the session.
pytest_plugins = [
    "tests.integration.certificates",
    "tests.integration.dkim_keys",
    "tests.integration.postfix",
    "tests.integration.postgres",
    "tests.integration.sink",
]

_REPOSITORY = Path(__file__).parent.parent
_KNOBS_OF_THE_SUITE = {"LEADMAILD_LONG", "LEADMAILD_SHARED"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the long proofs unless they were asked for: `make test-long`, `make crash`."""
    if os.environ.get("LEADMAILD_LONG") == "1":
        return
    skip_long = pytest.mark.skip(reason="a long proof: set LEADMAILD_LONG=1 (make test-long)")
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(skip_long)


@pytest.fixture(autouse=True)
def _no_settings_from_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own LEADMAILD_* variables must not decide what a test sees."""
    for name in os.environ.keys() - _KNOBS_OF_THE_SUITE:
        if name.startswith("LEADMAILD_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The folder of shared rules, samples and corpus: $LEADMAILD_SHARED or beside the checkout; skips where absent."""
    folder = Path(os.environ.get("LEADMAILD_SHARED") or _REPOSITORY.parent / "shared")
    if not folder.is_dir():
        pytest.skip(f"no shared folder at {folder} (set LEADMAILD_SHARED)")
    return folder
