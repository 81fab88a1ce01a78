"""Two set-ups of a real Postfix: one that only takes mail into its queue, one that runs a script for every mail."""

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from tests.components import program
from tests.integration.postfix import Postfix

from benchmarks.program import SERVER_CORE, Measured

ON_HOLD = "Postfix: as installed, in_flow_delay = 0, all mail on hold: it does nothing but accept"
WITH_SCRIPT = (
    "Postfix with a pipe script (benchmarks/peers/pipe_script.py: standard library, one INSERT into SQLite with WAL, "
    "one reply by SMTP), on both cores"
)


def can_run() -> bool:
    """Whether Postfix is here and may be started."""
    return os.getuid() == 0 and program("postfix") is not None


class PostfixMeasured(Measured):
    """An instance below `folder` on the disk measured, on these cores. Context manager."""

    def __init__(self, folder: Path, cores: Sequence[int]) -> None:
        folder.mkdir(mode=0o755)
        self.folder = folder
        self.postfix = Postfix(folder)
        self.port = self.postfix.port
        self._cores = cores

    def __enter__(self) -> Self:
        ours = os.sched_getaffinity(0)
        os.sched_setaffinity(0, self._cores)  # inherited by master and by all its daemons
        try:
            self.postfix.start()
        finally:
            os.sched_setaffinity(0, ours)
        self.pid = self.postfix.pid
        return self

    def __exit__(self, *_exc: object) -> None:
        self.resume()
        self.postfix.forget()


def on_hold(folder: Path) -> PostfixMeasured:
    """A Postfix that accepts and does nothing else, on the core of the servers."""
    measured = PostfixMeasured(folder, [SERVER_CORE])
    measured.postfix.set_option("default_transport", "discard:")
    measured.postfix.set_option("smtpd_client_restrictions", "static:HOLD")
    return measured


def with_script(folder: Path, relay_port: int) -> PostfixMeasured:
    """A Postfix that runs the script for every mail, on every core."""
    measured = PostfixMeasured(folder, sorted({SERVER_CORE} | os.sched_getaffinity(0)))
    # The system's own Python: the script runs as nobody, who need not reach a developer's interpreter.
    python = shutil.which("python3", path="/usr/bin:/usr/local/bin")
    script = folder / "pipe_script.py"
    shutil.copy(Path(__file__).with_name("pipe_script.py"), script)
    state = folder / "leads"
    state.mkdir()
    with closing(sqlite3.connect(state / "leads.db")) as leads:
        leads.execute("PRAGMA journal_mode = WAL")
        leads.execute("CREATE TABLE lead (id INTEGER PRIMARY KEY, name, email, phone, vehicle, message)")
    for path in (state, *state.iterdir()):
        shutil.chown(path, "nobody", "nogroup")
    command = f"{python} {script} {state / 'leads.db'} {relay_port} ${{recipient}}"
    measured.postfix.add_service(f"leadpipe unix - n n - - pipe flags=Rq user=nobody argv={command}")
    measured.postfix.set_option("default_transport", "leadpipe:")
    measured.postfix.set_option("leadpipe_destination_recipient_limit", "1")
    return measured
