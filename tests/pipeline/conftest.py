"""The bench on both databases: the same tests say what SQLite and PostgreSQL must both do."""

import logging
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import pytest_asyncio
import structlog
from sqlalchemy import make_url

from leadmaild.maillog import Event, observed
from leadmaild.reading.definitions import SourceSet
from leadmaild.reading.sources_folder import load_sources
from leadmaild.storage.migrate import migrate
from tests.dealership import write_settings
from tests.pipeline.steps import Bench, open_bench


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    """Thousands of log lines, with stacks of the bugs that tests make, cost more than the steps themselves."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def sources() -> SourceSet:
    return load_sources()


KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.component)]


@pytest.fixture(params=KINDS)
def database_setting(request) -> Iterator[str]:
    """The `database` setting of each kind of database. PostgreSQL's is a copy of one that was migrated once."""
    if request.param == "sqlite":
        yield "sqlite:///leadmaild.db"
        return
    cluster = request.getfixturevalue("postgres_cluster")
    url = cluster.fresh_database(_migrated)
    yield _as_setting(url)
    cluster.drop(url)


@pytest.fixture(params=KINDS)
def empty_database_setting(request) -> str:
    """The same for a database without any table."""
    return (
        "sqlite:///leadmaild.db" if request.param == "sqlite" else _as_setting(request.getfixturevalue("postgres_url"))
    )


def _migrated(url: str) -> None:
    migrate(make_url(url))


def _as_setting(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


@pytest_asyncio.fixture
async def open_dealership(tmp_path, sources, database_setting) -> AsyncIterator[Callable[..., object]]:
    """Opens benches on the same database; closes them all at the end."""
    opened: list[Bench] = []

    async def opener(*, clock=None, node="bench", outside=None, **settings: str) -> Bench:
        path = write_settings(tmp_path, database=database_setting, **settings)
        bench = await open_bench(path, sources, clock, node=node, **outside or {})
        opened.append(bench)
        return bench

    yield opener
    for bench in opened:
        await bench.gateway.close()


@pytest_asyncio.fixture
async def bench(open_dealership) -> Bench:
    return await open_dealership()


@pytest.fixture
def alarms() -> Iterator[list[dict]]:
    """The fields of every alarm that was raised."""
    found: list[dict] = []

    def hear(event: Event, fields) -> None:
        if event is Event.ALARM_RAISED:
            found.append(dict(fields))

    with observed(hear):
        yield found
