"""Fixtures of the whole-daemon tests."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.daemon import Daemon, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Where daemons are built; all of them end with the test."""
    with ExitStack() as stack:
        yield House(tmp_path, stack)


@pytest.fixture
def daemon(house: House) -> Daemon:
    """A running daemon on SQLite that sends to the sink of the house."""
    return house.daemon().start()
