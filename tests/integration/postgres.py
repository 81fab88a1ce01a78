"""A throw-away PostgreSQL cluster, one a test session, with a fresh database for each test."""

import os
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from tests.components import require_component
from tests.integration.loopback import free_port, server_folder

# Nothing here must outlive a power cut, but a commit must outlive `crash()`: so no fsync, yet synchronous commits.
_SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
fsync = off
full_page_writes = off
synchronous_commit = on
shared_buffers = 64MB
max_connections = 100
timezone = 'UTC'
"""


class PostgresCluster:
    """A cluster of its own on a free port of loopback, below `folder`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._numbers = count(1)
        self._templates: dict[Callable[[str], None], str] = {}
        self._run("initdb", "-D", self._data, "-U", "lm", "-A", "trust", "--no-locale", "-E", "UTF8", "--no-sync")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(_SETTINGS.format(port=self.port, folder=folder))

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def start(self) -> None:
        """Return once the cluster takes connections."""
        log = self._folder / "log"
        self._run("pg_ctl", "-D", self._data, "-l", log, "-w", "-t", "30", "start")

    def stop(self) -> None:
        """Stop in order: connections are ended, everything is written."""
        self._run("pg_ctl", "-D", self._data, "-m", "fast", "-w", "stop")

    def crash(self) -> None:
        """Stop without a word; the next start recovers."""
        self._run("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def url(self, database: str) -> str:
        """The URL of a database as the settings want it."""
        return f"postgresql+psycopg://lm@127.0.0.1:{self.port}/{database}"

    def fresh_database(self, prepare: Callable[[str], None] | None = None) -> str:
        """Make a database and return its URL. `prepare(url)`, such as the migrations, runs once and is copied then."""
        template = "template1"
        if prepare is not None and prepare not in self._templates:
            self._templates[prepare] = self._new(template)
            prepare(self.url(self._templates[prepare]))
        return self.url(self._new(self._templates[prepare] if prepare else template))

    def drop(self, url: str) -> None:
        """Remove a database, with whoever is still connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction, on the cluster's own database."""
        with psycopg.connect(f"host=127.0.0.1 port={self.port} user=lm dbname=postgres", autocommit=True) as connection:
            connection.execute(statement)

    def _new(self, template: str) -> str:
        name = f"t_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def _run(self, program: str, *arguments: object) -> None:
        # PostgreSQL refuses to run as root. Output goes to a file: the server inherits it, and would keep a pipe open.
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
        with (self._folder / "output").open("a+") as output:
            command = [require_component(program), *map(str, arguments)]
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", **user)
            output.seek(0)
            assert done.returncode == 0, f"{program}: {output.read()[-2000:]}"


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """The cluster of this session."""
    for program in ("initdb", "pg_ctl", "postgres"):
        require_component(program)
    with server_folder("postgres", owner="postgres" if os.getuid() == 0 else None) as folder:
        cluster = PostgresCluster(folder)
        cluster.start()
        yield cluster
        cluster.crash()


@pytest.fixture
def postgres_url(postgres_cluster: PostgresCluster) -> Iterator[str]:
    """The URL of a fresh, empty database, dropped after the test."""
    url = postgres_cluster.fresh_database()
    yield url
    postgres_cluster.drop(url)
