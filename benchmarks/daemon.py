"""The real daemon as its users run it: `leadmaild serve`, SQLite, reader worker and all, on the server core."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.integration.loopback import free_port, greeting_at, wait_until

from benchmarks.mails import RECIPIENT
from benchmarks.program import Program

_SETTINGS = """
[gateway]
hostname = "mx.dein.auto"
database = "{database}"
postmaster = "postmaster@dein.auto"

[smtp]
listen = ["127.0.0.1:{port}"]
trusted_networks = ["127.0.0.0/8"]

[[outbound]]
host = "127.0.0.1"
port = {relay_port}
tls = "none"

[http]
listen = ""

[log]
format = "json"

[[location]]
code = "MUC"
mailbox = "{mailbox}"
timezone = "Europe/Berlin"
fallback_user = "leitung"
admin_user = "leitung"

  [location.autoresponse]
  per_hour = 0
  per_day = 0

[[user]]
username = "mueller"
email = "mueller@autohaus-beispiel.example"
locations = ["MUC"]
supervisor = "leitung"
receives_leads = true
assignable = true

[[user]]
username = "leitung"
email = "leitung@autohaus-beispiel.example"
locations = ["MUC"]
assignable = true
"""

# What every table made with this daemon says of it.
ITS_SETTINGS = (
    "leadmaild: `serve` with SQLite (WAL, synchronous=FULL), one location always open, two users, every rule and every "
    "reading check on, budgets unlimited, loopback trusted, no DKIM; the daemon and its reader worker share one core"
)


class Daemon(Program):
    """A running daemon; `port` is its SMTP port."""

    def __init__(
        self, folder: Path, relay_port: int, *, database: str = "sqlite:///leadmaild.db", **program: Any
    ) -> None:
        self.port = free_port()
        self.folder = folder
        settings = folder / "leadmaild.toml"
        settings.write_text(
            _SETTINGS.format(port=self.port, relay_port=relay_port, mailbox=RECIPIENT, database=database)
        )
        super().__init__(["-m", "leadmaild", "-c", settings, "serve"], folder / "daemon.log", **program)

    def wait_until_ready(self) -> None:
        def greets() -> bool:
            self.check()
            return greeting_at(self.port).startswith(b"220")

        wait_until(greets, 60, "the greeting of the daemon")

    def journal(self, condition: str = "1") -> int:
        """How many journal entries meet an SQL condition."""
        with closing(sqlite3.connect(f"file:{self.folder / 'leadmaild.db'}?mode=ro", uri=True)) as database:
            return database.execute(f"SELECT count(*) FROM journal WHERE {condition}").fetchone()[0]

    @property
    def backlog(self) -> int:
        """How many mails are accepted but not yet read and decided."""
        return self.journal("state = 'waiting'")


@contextmanager
def running_daemon(folder: Path, relay_port: int, **more: Any) -> Iterator[Daemon]:
    """Start a daemon in `folder` that greets; stop it at the end. `more` is as Daemon and Program take it."""
    with Daemon(folder, relay_port, **more) as daemon:
        daemon.wait_until_ready()
        yield daemon
