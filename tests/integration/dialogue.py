r"""Scripted SMTP sessions: the files tests/dialogues/*.smtp, and the player that holds them against a real listener.

# a comment
@rule BI-01 SP-05          the rules the dialogue proves
@peer trusted              the client stands in trusted_networks (default: a stranger)
@limit max_recipients 3    an integer field of Limits
@any                       every address of our domain exists
@tls                       STARTTLS is offered
@door 451 4.3.0 later      what the door says to the first mail (repeat for more)
@protocol lmtp
C: NOOP                    send a line with CRLF
C*9: NOOP                  send it nine times, all at once
R: "NOOP\n"                send raw bytes, as a Python literal; R*5: likewise
TLS                        shake hands as a client
S: 250 2.                  a reply comes that begins so (a multi-line reply is matched by its last line)
S*9: 250                   nine of them
S has STARTTLS             the last reply has this in one of its lines;  `S lacks AUTH`: it has not
closed                     the connection is closed, nothing more is said
@mails 1                   so many mails were taken in the end
@to a@x b@x                forward-paths of the last mail;  @from <>: its reverse-path
@content "a\r\n"           content of the last mail
"""

import ast
import asyncio
import re
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from leadmaild.clock import SystemClock
from leadmaild.inbound.limits import Limits
from leadmaild.inbound.smtp_server import Listener, start_lmtp, start_smtp
from leadmaild.model.reply import Reply
from tests.integration.fake_door import FakeDoor

DIALOGUES = Path(__file__).parent.parent / "dialogues"
PATIENCE = 10  # seconds a reply may take on a busy machine
_STEP = re.compile(r"(?P<what>[CRS])(?:\*(?P<times>\d+))?: ?(?P<text>.*)")


class Peer:
    """The client's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.last: list[str] = []

    @classmethod
    async def connect(cls, address: str, local: str | None = None) -> "Peer":
        if address.startswith("unix:"):
            return cls(*await asyncio.open_unix_connection(address.removeprefix("unix:")))
        host, _, port = address.rpartition(":")
        return cls(*await asyncio.open_connection(host, int(port), local_addr=(local, 0) if local else None))

    async def send(self, octets: bytes) -> None:
        self.writer.write(octets)
        await self.writer.drain()

    async def reply(self) -> str:
        """Return the last line of the next reply, "" if the connection is closed."""
        self.last = []
        while not self.last or self.last[-1][3:4] == "-":
            try:
                line = await asyncio.wait_for(self.reader.readline(), PATIENCE)
            except ConnectionError:
                return ""
            if not line:
                return ""
            assert line.endswith(b"\r\n"), line
            self.last.append(line.decode("ascii")[:-2])
        return self.last[-1]

    async def ask(self, line: str) -> str:
        await self.send(line.encode() + b"\r\n")
        return await self.reply()

    async def is_closed(self) -> bool:
        """Wait for the end of the connection; False if something is said instead."""
        try:
            return not await asyncio.wait_for(self.reader.read(1), PATIENCE)
        except ConnectionError:
            return True

    async def start_tls(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        await self.writer.start_tls(context)

    async def begin(self, recipients: tuple[str, ...] = ("sales@dealer.example",)) -> None:
        """Greeting, EHLO, MAIL, RCPT."""
        assert (await self.reply()).startswith("220")
        assert (await self.ask("EHLO client.example")).startswith("250")
        assert (await self.ask("MAIL FROM:<kim@customer.example>")).startswith("250")
        for recipient in recipients:
            assert (await self.ask(f"RCPT TO:<{recipient}>")).startswith("250")

    def close(self) -> None:
        self.writer.close()


class Dialogue:
    """One file of tests/dialogues."""

    def __init__(self, path: Path) -> None:
        self.path = path
        lines = [line.rstrip("\n") for line in path.read_text("utf-8").splitlines()]
        steps = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
        self._settings = [line[1:].partition(" ")[::2] for _, line in steps if line.startswith("@")]
        self._steps = [(n, line) for n, line in steps if not line.startswith("@")]
        self.rules = [rule for key, value in self._settings if key == "rule" for rule in value.split()]

    def _all(self, key: str) -> list[str]:
        return [value for name, value in self._settings if name == key]

    async def play(self, tls: ssl.SSLContext) -> None:
        known = {"rule", "peer", "limit", "any", "tls", "door", "protocol", "mails", "to", "from", "content"}
        assert {key for key, _ in self._settings} <= known
        door = FakeDoor(
            accepts_any_of_ours=bool(self._all("any")), replies=[_reply(text) for text in self._all("door")]
        )
        listener = await self._listen(door, tls)
        peer = await Peer.connect(listener.addresses[0])
        try:
            for number, step in self._steps:
                await self._take(step, peer, f"{self.path.name}:{number}: {step}")
        finally:
            peer.close()
            await listener.close()
        self._look_at(door)

    async def _listen(self, door: FakeDoor, tls: ssl.SSLContext) -> Listener:
        limits = replace(Limits(greet_delay=timedelta(milliseconds=50)), **_numbers(self._all("limit")))
        common = {"hostname": "mx.dealer.example", "door": door, "clock": SystemClock(), "limits": limits}
        if self._all("protocol") == ["lmtp"]:
            return await start_lmtp(listen="127.0.0.1:0", **common)
        trusted = ["127.0.0.0/8"] if self._all("peer") == ["trusted"] else []
        offered = tls if self._all("tls") else None
        return await start_smtp(listen=["127.0.0.1:0"], trusted_networks=trusted, tls=offered, **common)

    async def _take(self, step: str, peer: Peer, where: str) -> None:
        if step == "closed":
            assert await peer.is_closed(), where
        elif step == "TLS":
            await asyncio.wait_for(peer.start_tls(), PATIENCE)
        elif step.startswith(("S has ", "S lacks ")):
            _, verb, text = step.split(" ", 2)
            assert any(text in line for line in peer.last) == (verb == "has"), (where, peer.last)
        elif match := _STEP.fullmatch(step):
            await _exchange(match, peer, where)
        else:
            raise AssertionError(f"not understood: {where}")

    def _look_at(self, door: FakeDoor) -> None:
        for count in self._all("mails"):
            assert len(door.mails) == int(count), f"{self.path.name}: mails taken"
        for expected in self._all("to"):
            assert door.mails[-1][0].forward_paths == tuple(expected.split())
        for expected in self._all("from"):
            assert str(door.mails[-1][0].reverse_path) == expected
        for expected in self._all("content"):
            assert door.mails[-1][1] == _bytes(expected)


async def _exchange(match: re.Match[str], peer: Peer, where: str) -> None:
    times, text = int(match["times"] or 1), match["text"]
    if match["what"] != "S":
        await peer.send((text.encode() + b"\r\n" if match["what"] == "C" else _bytes(text)) * times)
        return
    for n in range(times):
        reply = await peer.reply()
        assert reply.startswith(text), f"{where} (no. {n + 1}) <- {reply!r}"


def _bytes(text: str) -> bytes:
    """The value of a Python literal or an expression of literals like "a" * 3 + "b"."""
    parts = (part.strip() for part in text.split(" + "))  # in our dialogues no literal holds a spaced plus or star
    return b"".join(_repeated(part) for part in parts)


def _repeated(text: str) -> bytes:
    literal, _, times = text.partition(" * ")
    return ast.literal_eval("b" + literal) * int(times or 1)


def _reply(text: str) -> Reply:
    code, enhanced, words = text.split(" ", 2)
    return Reply(int(code), enhanced, words)


def _numbers(texts: list[str]) -> dict[str, int]:
    return {name: int(value) for name, value in (text.split() for text in texts)}
