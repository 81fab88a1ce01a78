"""An SMTP server that takes every mail, keeps every byte, and fails where it is told to.

In a test: `async with Sink() as sink`, or the `sink` fixture. As a program, for whole-daemon tests and benchmarks:
`python -m tests.integration.sink --port 0 --record mails.jsonl` prints the port and appends a JSON line per mail.
"""

import argparse
import asyncio
import base64
import json
import signal
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Self

import pytest_asyncio

_END_OF_MAIL = b"\r\n.\r\n"


@dataclass(frozen=True)
class Fault:
    """Where the dialogue goes wrong, and how.

    `at`: banner, ehlo, mail, rcpt, data (instead of 354), content (once `after_bytes` came), dot (instead of taking the
    mail), accepted (the mail is taken; the 250 is not sent). `do`: drop (FIN), reset (RST), silence, or a reply line.
    """

    at: str
    do: str
    after_bytes: int = 1


MODES: dict[str, Fault | None] = {
    "ok": None,
    "421-banner": Fault("banner", "421 4.3.2 busy"),
    "451-rcpt": Fault("rcpt", "451 4.2.1 mailbox busy"),
    "550-rcpt": Fault("rcpt", "550 5.1.1 no such user"),
    "354-then-drop": Fault("content", "drop", after_bytes=0),
    "drop-in-content": Fault("content", "reset"),
    "dot-then-silence": Fault("dot", "silence"),
    "dot-then-drop": Fault("dot", "drop"),
    "250-lost": Fault("accepted", "drop"),
}


@dataclass(frozen=True)
class SinkMail:
    """One mail the sink took."""

    reverse_path: str
    recipients: tuple[str, ...]
    content: bytes
    received_at: float  # Unix time
    parameters: str = ""  # of MAIL
    is_encrypted: bool = False
    user: str = ""
    session: int = 0


@dataclass
class SinkSession:
    """One connection: every byte the client sent, and how far it came."""

    number: int
    wire: bytearray = field(default_factory=bytearray)
    commands: list[str] = field(default_factory=list)
    content_wire: bytearray = field(default_factory=bytearray)  # of the last mail, stuffed, with its final dot
    saw_dot: bool = False


class _HangUp(Exception):
    """The session is over."""


class Sink:
    """The server. `fault` and `refusals` may change between mails; `fault_sessions` limits a fault to the first n."""

    def __init__(
        self,
        port: int = 0,
        *,
        fault: Fault | None = None,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        users: dict[str, str] | None = None,
        extensions: Iterable[str] = ("SIZE 36700160", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"),
        on_mail: Callable[[SinkMail], None] | None = None,
    ) -> None:
        self.port = port
        self.fault = fault
        self.fault_sessions: int | None = None
        self.refusals: dict[str, str] = {}
        self.mails: list[SinkMail] = []
        self.sessions: list[SinkSession] = []
        self._tls = tls
        self._implicit_tls = implicit_tls
        self._users = users
        self._extensions = tuple(extensions)
        self._on_mail = on_mail
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task] = set()
        self.changed = asyncio.Condition()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen on 127.0.0.1; a port of 0 becomes the one the system chose and stays that for the next start."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # A small window: a client with a large mail cannot push all of it into buffers before we read.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
        listener.bind(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(
            self._serve, sock=listener, backlog=512, ssl=self._tls if self._implicit_tls else None
        )

    async def stop(self) -> None:
        """Stop listening and drop every connection: from here on connecting is refused."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server = None
        for _ in range(3):
            await asyncio.sleep(0)  # closed transports let go of their sockets in the next rounds of the loop

    async def wait_for_mails(self, count: int, seconds: float = 20) -> list[SinkMail]:
        """Return the mails once there are `count`."""
        await self.wait_until(lambda: len(self.mails) >= count, seconds)
        return self.mails

    async def wait_until(self, fact: Callable[[], object], seconds: float = 20) -> None:
        """Return once `fact` is true; it is asked after every step of a dialogue."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(fact)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        session = SinkSession(len(self.sessions))
        self.sessions.append(session)
        dialogue = _Dialogue(self, session, reader, writer)
        try:
            await dialogue.run()
        except (_HangUp, ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        except asyncio.CancelledError:
            pass  # stop(); asyncio.streams logs a cancelled dialogue as an error
        finally:
            # Not waited for: after a TLS handshake the client broke off, wait_closed() never returns (CPython 3.11).
            writer.close()

    async def take(self, mail: SinkMail) -> None:
        self.mails.append(mail)
        if self._on_mail:
            self._on_mail(mail)
        await self.progress()

    async def progress(self) -> None:
        """Wake those who wait for a fact."""
        async with self.changed:
            self.changed.notify_all()


class _Dialogue:
    """One session, command by command."""

    def __init__(self, sink, session, reader, writer) -> None:
        self.sink = sink
        self.session = session
        self.reader = reader
        self.writer = writer
        self.is_encrypted = writer.get_extra_info("sslcontext") is not None
        self.user = ""
        self.reverse_path: str | None = None
        self.parameters = ""
        self.recipients: list[str] = []

    @property
    def fault(self) -> Fault | None:
        limit = self.sink.fault_sessions
        return self.sink.fault if limit is None or self.session.number < limit else None

    async def run(self) -> None:
        await self.say_at("banner", "220 sink.example ESMTP")
        while line := await self.reader.readline():
            self.session.wire += line
            command = line.decode("utf-8", "surrogateescape").rstrip("\r\n")
            self.session.commands.append(command)
            await self.sink.progress()
            verb, _, argument = command.partition(" ")
            handler = getattr(self, f"on_{verb.lower()}", None)
            await (handler(argument) if handler else self.say("500 5.5.1 what?"))

    async def say(self, reply: str) -> None:
        self.writer.write(reply.encode() + b"\r\n")
        await self.writer.drain()

    async def say_at(self, place: str, reply: str) -> bool:
        """Say `reply` unless the fault strikes here; whether it was said."""
        if await self.strikes(place):
            return False
        await self.say(reply)
        return True

    async def strikes(self, place: str) -> bool:
        """Let the fault happen if this is its place; a fault that is a reply returns True, the others never return."""
        if self.fault is None or self.fault.at != place:
            return False
        if self.fault.do == "silence":
            await asyncio.Event().wait()
        if self.fault.do == "reset":
            at_once = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s makes a close an RST
            self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
            self.writer.transport.abort()
        if self.fault.do in ("reset", "drop"):
            raise _HangUp
        await self.say(self.fault.do)
        if self.fault.do.startswith("421"):
            raise _HangUp
        return True

    async def on_ehlo(self, _name: str) -> None:
        extensions = [*self.sink._extensions]
        if self.sink._tls and not self.is_encrypted:
            extensions.append("STARTTLS")
        if self.sink._users:
            extensions.append("AUTH PLAIN LOGIN")
        lines = ["sink.example", *extensions]
        text = "\r\n".join(f"250{' ' if i == len(lines) - 1 else '-'}{line}" for i, line in enumerate(lines))
        await self.say_at("ehlo", text)

    async def on_helo(self, _name: str) -> None:
        await self.say("250 sink.example")

    async def on_starttls(self, _argument: str) -> None:
        await self.say("220 2.0.0 go ahead")
        await self.writer.start_tls(self.sink._tls)
        self.is_encrypted = True

    async def on_auth(self, argument: str) -> None:
        method, _, initial = argument.partition(" ")
        if method.upper() == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
        else:
            user = base64.b64decode(initial).decode()
            await self.say("334 " + base64.b64encode(b"Password:").decode())
            password = base64.b64decode(await self.reader.readline()).decode()
        if (self.sink._users or {}).get(user) == password:
            self.user = user
            await self.say("235 2.7.0 welcome")
        else:
            await self.say("535 5.7.8 wrong user or password")

    async def on_mail(self, argument: str) -> None:
        if self.sink._users and not self.user:
            await self.say("530 5.7.0 log in first")
            return
        address, _, parameters = argument.removeprefix("FROM:").partition(" ")
        if await self.say_at("mail", "250 2.1.0 ok"):
            self.reverse_path, self.parameters, self.recipients = address.strip("<>"), parameters, []

    async def on_rcpt(self, argument: str) -> None:
        recipient = argument.removeprefix("TO:").partition(" ")[0].strip("<>")
        if refusal := self.sink.refusals.get(recipient):
            await self.say(refusal)
        elif await self.say_at("rcpt", "250 2.1.5 ok"):
            self.recipients.append(recipient)

    async def on_data(self, _argument: str) -> None:
        if not self.recipients:
            await self.say("554 5.5.1 no valid recipients")
            return
        if not await self.say_at("data", "354 go ahead"):
            return
        content = await self.read_content()
        self.session.saw_dot = True
        await self.sink.progress()
        if await self.strikes("dot"):
            return
        mail = SinkMail(
            reverse_path=self.reverse_path or "",
            recipients=tuple(self.recipients),
            content=content,
            received_at=time.time(),
            parameters=self.parameters,
            is_encrypted=self.is_encrypted,
            user=self.user,
            session=self.session.number,
        )
        await self.sink.take(mail)
        await self.say_at("accepted", f"250 2.0.0 queued as {len(self.sink.mails)}")
        self.reverse_path, self.recipients = None, []

    async def read_content(self) -> bytes:
        wire = self.session.content_wire = bytearray()
        while True:
            if self.fault and self.fault.at == "content" and len(wire) >= self.fault.after_bytes:
                await self.strikes("content")
                await asyncio.Event().wait()  # after a reply in mid-content: read no further
            if wire.endswith(_END_OF_MAIL) or wire == b".\r\n":
                break
            piece = await self.reader.read(64 * 1024)
            if not piece:
                raise _HangUp
            wire += piece
            self.session.wire += piece
        return (b"\r\n" + bytes(wire[:-3])).replace(b"\r\n..", b"\r\n.")[2:]

    async def on_rset(self, _argument: str) -> None:
        self.reverse_path, self.recipients = None, []
        await self.say("250 2.0.0 ok")

    async def on_noop(self, _argument: str) -> None:
        await self.say("250 2.0.0 ok")

    async def on_quit(self, _argument: str) -> None:
        await self.say("221 2.0.0 bye")
        raise _HangUp


@pytest_asyncio.fixture
async def sink():
    """A sink that takes everything, in the test's own loop."""
    async with Sink() as running:
        yield running


def mails_recorded(record: Path) -> list[SinkMail]:
    """Return the mails a sink program has recorded so far."""
    mails = []
    for line in record.read_text(encoding="ascii").splitlines():
        stored = json.loads(line)
        content = base64.b64decode(stored.pop("content"))
        recipients = tuple(stored.pop("recipients"))
        mails.append(SinkMail(**stored, recipients=recipients, content=content))
    return mails


async def _run(port: int, record: Path, mode: str) -> None:
    with record.open("a", encoding="ascii") as file:

        def keep(mail: SinkMail) -> None:
            print(
                json.dumps(asdict(mail) | {"content": base64.b64encode(mail.content).decode()}), file=file, flush=True
            )

        async with Sink(port, fault=MODES[mode], on_mail=keep) as running:
            stopped = asyncio.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
            print(running.port, flush=True)
            await stopped.wait()


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.integration.sink", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record", type=Path, required=True, help="JSON lines, one a mail")
    parser.add_argument("--mode", choices=sorted(MODES), default="ok")
    arguments = parser.parse_args()
    asyncio.run(_run(arguments.port, arguments.record, arguments.mode))


if __name__ == "__main__":
    _main()
