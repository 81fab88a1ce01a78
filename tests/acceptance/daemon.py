"""The whole daemon as a subprocess: started like a user would, watched by its log, stopped by SIGTERM or killed."""

import asyncio
import io
import json
import os
import signal
import smtplib
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from leadmaild.cli.main import run as run_leadmaild
from tests.dealership import MAILBOX, write_settings
from tests.integration.loopback import free_port
from tests.integration.sink import Fault, Sink, SinkMail

LEADMAILD = Path(sys.executable).parent / "leadmaild"
# Leases run out sooner, so that a test of crashes need not wait a minute for each.
SHORT_LEASES = (sys.executable, Path(__file__).with_name("short_leases.py"))
PATIENCE_S = 60  # for facts that take a moment on an idle machine and long on a busy one
EXTERNAL_SENDER = "bounce@portal.example"


class Daemon:
    """`leadmaild serve` with the settings in `settings`; `program` replaces the command, settings file last."""

    def __init__(self, settings: Path, port: int, program: Sequence[str | Path] = (LEADMAILD, "serve", "-c")) -> None:
        self.settings = settings
        self.port = port
        self.lines: list[str] = []
        self.born_at_line = 0  # where in `lines` its present life begins
        self._program = [*map(str, program), str(settings)]
        self._environment = _environment()
        self._process: subprocess.Popen[str] | None = None
        self._changed = threading.Condition()
        self._errors = settings.parent / "daemon.err"

    def with_environment(self, **variables: str) -> "Daemon":
        """Let it run with these variables set."""
        self._environment = _environment() | variables
        return self

    # -- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> "Daemon":
        """Start and return once it listens."""
        self.spawn()
        self.wait_for("daemon_started", since=self.born_at_line)
        return self

    def spawn(self) -> None:
        """Start, and do not wait."""
        self.born_at_line = len(self.lines)
        with self._errors.open("a") as errors:
            self._process = subprocess.Popen(
                self._program, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True,
                env=self._environment, cwd=self.settings.parent,
            )  # fmt: skip
        self._reading = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reading.start()

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9: no word, no chance."""
        self.signal(signal.SIGKILL)
        self.wait()

    def wait(self) -> int:
        """The exit code, once it has ended and its log is read."""
        assert self._process is not None
        code = self._process.wait(PATIENCE_S)
        self._reading.join(PATIENCE_S)
        self._process = None
        return code

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def errors(self) -> str:
        """What it wrote to standard error."""
        return self._errors.read_text("utf-8") if self._errors.exists() else ""

    # -- its log ------------------------------------------------------------------------------------------------------

    def events(self, event: str = "", since: int = 0, **fields: object) -> list[dict[str, Any]]:
        """The lines of the log so far, from the line `since` on, with that event and those fields."""
        found = (json.loads(line) for line in self.lines[since:])
        return [
            line
            for line in found
            if (not event or line["event"] == event) and all(line.get(k) == v for k, v in fields.items())
        ]

    def wait_for(
        self, event: str, count: int = 1, since: int = 0, seconds: float = PATIENCE_S, **fields: object
    ) -> list[dict[str, Any]]:
        """The lines with that event, once there are `count`."""
        ends_at = time.monotonic() + seconds
        with self._changed:
            while len(found := self.events(event, since, **fields)) < count:
                left = ends_at - time.monotonic()
                if left <= 0 or (not self.runs and not self._reading.is_alive()):
                    raise AssertionError(
                        self._story(f"{count} x {event} {fields} did not come; there are {len(found)}")
                    )
                self._changed.wait(min(left, 1))
        return found

    def _story(self, what: str) -> str:
        return "\n".join([what, f"runs: {self.runs}", *self.lines[-30:], self.errors()[-2000:]])

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    # -- what people do with it ---------------------------------------------------------------------------------------

    def send(self, content: bytes, to: str = MAILBOX, sender: str = EXTERNAL_SENDER) -> tuple[int, str]:
        """Hand one mail in by SMTP; the reply that decided about it."""
        try:
            with smtplib.SMTP("127.0.0.1", self.port, local_hostname="portal.example", timeout=PATIENCE_S) as smtp:
                for code, reply in (smtp.docmd("EHLO portal.example"), smtp.mail(sender), smtp.rcpt(to)):
                    if code >= 400:
                        return code, reply.decode()
                code, reply = smtp.data(content)
        except smtplib.SMTPResponseException as refused:
            return refused.smtp_code, _text(refused.smtp_error)
        return code, reply.decode()

    def run(self, *arguments: str, stdin: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
        """Run a command of leadmaild with the same settings."""
        return run_command("-c", str(self.settings), *arguments, stdin=stdin)

    def json(self, *arguments: str) -> Any:
        """What a command prints with --json; it must succeed and say nothing else.

        Called in this process, which has loaded the house already: tests ask often.
        """
        said, complained = io.StringIO(), io.StringIO()
        with redirect_stdout(said), redirect_stderr(complained):
            code = run_leadmaild(["-c", str(self.settings), *arguments, "--json"])
        assert (code, complained.getvalue()) == (0, "")
        return json.loads(said.getvalue())


def run_command(*arguments: str, stdin: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
    """Run `leadmaild` with these arguments."""
    return subprocess.run(
        [str(LEADMAILD), *arguments], input=stdin or b"", capture_output=True, env=_environment(), timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip


class SinkBeside:
    """The sink in a thread of its own, for tests that wait for a subprocess."""

    def __init__(self, fault: Fault | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.sink = Sink(fault=fault)
        self._do(self.sink.start())

    @property
    def port(self) -> int:
        return self.sink.port

    @property
    def mails(self) -> list[SinkMail]:
        return list(self.sink.mails)

    def to(self, address: str) -> list[SinkMail]:
        """The mails this address was given."""
        return [mail for mail in self.mails if address in mail.recipients]

    def wait_for(self, count: int, address: str = "", seconds: float = PATIENCE_S) -> list[SinkMail]:
        """The mails (to `address`), once there are `count`."""
        wanted = (lambda: self.to(address)) if address else (lambda: self.mails)
        self._do(self.sink.wait_until(lambda: len(wanted()) >= count, seconds))
        return wanted()

    def set_fault(self, fault: Fault | None) -> None:
        """Fail there from now on."""
        self._loop.call_soon_threadsafe(setattr, self.sink, "fault", fault)

    def close(self) -> None:
        self._do(self.sink.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE_S + 5)


@contextmanager
def sink_beside() -> Iterator[SinkBeside]:
    sink = SinkBeside()
    try:
        yield sink
    finally:
        sink.close()


class House:
    """Writes settings for daemons, starts them, and ends them all with the test."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self.sink = stack.enter_context(sink_beside())

    def daemon(
        self, name: str = "node", *, relay: int = 0, program: Sequence[str | Path] = (), **settings: str
    ) -> Daemon:
        """A daemon, not yet started. Without `relay` its mail goes to the sink."""
        folder = self._folder / name
        folder.mkdir()
        port = free_port()
        outbound = f'host = "127.0.0.1"\nport = {relay or self.sink.port}\ntls = "none"'
        path = write_settings(folder, port=port, **{"outbound": outbound} | settings)
        daemon = Daemon(path, port, **{"program": program} if program else {})
        self._stack.callback(_end, daemon)
        return daemon


def _end(daemon: Daemon) -> None:
    if daemon.runs:
        daemon.kill()


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply


def _environment() -> dict[str, str]:
    """As a user's: nothing of ours, and compiled files are kept, or every start would compile the house anew."""
    ours = ("LEADMAILD_", "PYTHONDONTWRITEBYTECODE", "NOTIFY_SOCKET", "LISTEN_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
