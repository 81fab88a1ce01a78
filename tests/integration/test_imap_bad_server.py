"""The IMAP client and watcher against servers that lie, stall, break off and flood."""

import asyncio
import resource
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from leadmaild.clock import RandomDice
from leadmaild.errors import Refused, Unavailable
from leadmaild.inbound import imap_client, imap_watcher
from leadmaild.inbound.imap_client import ImapAuth, ImapClient, ImapServer, ImapTls
from leadmaild.inbound.imap_syntax import Waiting
from leadmaild.inbound.imap_watcher import MailboxWatcher, WatchedMailbox
from tests.integration.fake_ledger import LedgerDoor
from tests.integration.test_imap_dovecot import HastyClock
from tests.integration.test_smtp_listener import until

Answers = dict[
    str, bytes | None
]  # the answer to a command, %T = its tag, %A = that of the command it continues; None = silence
MESSAGE = b"Subject: hello\r\n\r\nbody\r\n"
DATE = b'INTERNALDATE "01-Nov-2026 12:00:00 +0100"'
ONE_MAIL: Answers = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 IDLE MOVE UIDPLUS\r\n%T OK done\r\n",
    "LOGIN": b"%T OK in\r\n",
    "SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT 6] ok\r\n%T OK selected\r\n",
    "UID SEARCH": b"* SEARCH 5\r\n%T OK found\r\n",
    "UID FETCH 5 (RFC822.SIZE": b"* 1 FETCH (UID 5 RFC822.SIZE %d %b)\r\n%%T OK done\r\n" % (len(MESSAGE), DATE),
    "UID FETCH 5 (BODY.PEEK": b"* 1 FETCH (UID 5 BODY[] {%d}\r\n%b)\r\n%%T OK done\r\n" % (len(MESSAGE), MESSAGE),
    "UID MOVE": b"%T OK moved\r\n",
    "IDLE": b"+ idling\r\n",
    "DONE": b"%A OK idled\r\n",
    "LOGOUT": b"* BYE\r\n%T OK bye\r\n",
}


@dataclass
class BadServer:
    """Answers each command by the longest key of `answers` that begins it; `drop` in an answer ends the connection."""

    answers: Answers
    greeting: bytes = b"* OK ready\r\n"
    port: int = 0
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0
    serving: dict[asyncio.Task[None], asyncio.StreamWriter] = field(default_factory=dict)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.serving[asyncio.current_task()] = writer
        writer.write(self.greeting)
        waiting_tag = b""  # of a command that waits for the client's next line
        try:
            while line := await reader.readline():
                self.heard.append(line)
                tag, _, command = line.strip().partition(b" ")
                if command.startswith((b"IDLE", b"AUTHENTICATE")):
                    waiting_tag = tag
                answer = self._answer((command or tag).decode())
                if answer is None:
                    continue
                octets, drops, _ = answer.replace(b"%T", tag).replace(b"%A", waiting_tag).partition(b"drop")
                writer.write(octets)
                await writer.drain()
                if drops:
                    break
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def close(self) -> None:
        for writer in self.serving.values():
            writer.transport.abort()
        await asyncio.gather(*self.serving)

    def _answer(self, command: str) -> bytes | None:
        keys = [key for key in self.answers if command.startswith(key)]
        return self.answers[max(keys, key=len)] if keys else b"%T BAD what?\r\n"

    @property
    def address(self) -> ImapServer:
        return ImapServer("127.0.0.1", "kim", lambda: "secret", port=self.port, tls=ImapTls.NONE)


@asynccontextmanager
async def bad_server(changes: Answers | None = None, **more) -> AsyncIterator[BadServer]:
    server = BadServer({**ONE_MAIL, **(changes or {})}, **more)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        await server.close()


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_client, "ANSWER_TIMEOUT", timedelta(seconds=0.3))
    monkeypatch.setattr(imap_client, "_FAREWELL", timedelta(seconds=0.1))
    monkeypatch.setattr(imap_watcher, "LOOK_AGAIN", timedelta(seconds=0.3))


@asynccontextmanager
async def logged_in(changes: Answers | None = None) -> AsyncIterator[ImapClient]:
    async with bad_server(changes) as server:
        client = await ImapClient.connect(server.address)
        try:
            yield client
        finally:
            await client.close()


@asynccontextmanager
async def watching(server: BadServer, **changes) -> AsyncIterator[tuple[MailboxWatcher, LedgerDoor, HastyClock]]:
    door, clock = LedgerDoor(), HastyClock()
    mailbox = WatchedMailbox("bad", server.address, "sales@dealer.example", **changes)
    watcher = MailboxWatcher(mailbox, door, door.ledger, clock, RandomDice())
    running = asyncio.create_task(watcher.run())
    try:
        yield watcher, door, clock
        assert not running.done()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


MESSAGE_5 = Waiting(5, len(MESSAGE), datetime(2026, 11, 1, tzinfo=UTC))
_OPERATIONS: dict[str, Callable[[ImapClient], Awaitable[object]]] = {
    "SELECT": lambda client: client.select("INBOX"),
    "UID SEARCH": lambda client: client.search("ALL"),
    "UID FETCH 5 (RFC822.SIZE": lambda client: client.look_at([5]),
    "UID FETCH 5 (BODY.PEEK": lambda client: client.fetch(MESSAGE_5),
    "UID MOVE": lambda client: client.move([5], "Processed"),
    "IDLE": lambda client: client.idle(timedelta(seconds=0.1)),
}


async def _get_ready_for(command: str, client: ImapClient) -> None:
    if command != "SELECT":
        await client.select("INBOX")
    if command == "IDLE":
        await client.search("ALL")


@pytest.mark.rule("BI-69")
@pytest.mark.parametrize("command", _OPERATIONS)
@pytest.mark.parametrize("answer", [None, b"drop", b"* BYE shutting down\r\ndrop", b"* BYE shutting down\r\n"])
@pytest.mark.asyncio
async def test_silence_and_loss_end_any_call(command, answer):
    async with logged_in({command: answer}) as client:
        await _get_ready_for(command, client)
        async with asyncio.timeout(5):
            with pytest.raises(Unavailable):
                await _OPERATIONS[command](client)


@pytest.mark.rule("BI-71")
@pytest.mark.parametrize("command", [c for c in _OPERATIONS if c != "UID MOVE"])
@pytest.mark.parametrize(
    "answer",
    [
        b"%T BAD no\r\n",
        b"WRONG1 OK done\r\n",
        b"* \xff\xfe\xff\r\n%T OK \xff\r\nWRONG2 OK\r\n",
        b"* 1 FETCH (((((\r\n* 1 FETCH )))) {3}\r\nab",
        b"x" * 5_000_000,
    ],
    ids=["bad", "wrong tag", "octets", "parentheses", "long line"],
)
@pytest.mark.asyncio
async def test_nonsense_ends_the_connection_and_not_the_program(command, answer):
    async with logged_in({command: answer}) as client:
        await _get_ready_for(command, client)
        async with asyncio.timeout(5):
            try:
                await _OPERATIONS[command](client)
            except (Unavailable, Refused):
                pass  # an answer may also happen to make sense


@pytest.mark.rule("BI-71")
@pytest.mark.asyncio
async def test_two_hundred_thousand_lines_of_exists_are_read_past(monkeypatch):
    flood = b"".join(b"* %d EXISTS\r\n" % n for n in range(200_000))
    async with logged_in({"UID SEARCH": flood + b"* SEARCH 5\r\n%T OK found\r\n"}) as client:
        await client.select("INBOX")
        monkeypatch.setattr(imap_client, "ANSWER_TIMEOUT", timedelta(seconds=20))
        assert await client.search("ALL") == [5]


@pytest.mark.rule("BI-68")
@pytest.mark.parametrize("announced", [4_000_000_000, 2_000_000])
@pytest.mark.asyncio
async def test_a_literal_larger_than_the_message_is_cut_off(announced):
    flood = b"* 1 FETCH (UID 5 BODY[] {%d}\r\n" % announced + b"x" * 20_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with logged_in({"UID FETCH 5 (BODY.PEEK": flood}) as client:
        await client.select("INBOX")
        with pytest.raises(Unavailable):
            await client.fetch(MESSAGE_5)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 50  # MiB; the server of this test holds 20 of them itself


@pytest.mark.rule("BI-68")
@pytest.mark.asyncio
async def test_a_message_announced_too_large_is_never_fetched():
    sizes = b"* 1 FETCH (UID 5 RFC822.SIZE 4000000000 %b)\r\n%%T OK done\r\n" % DATE
    async with bad_server({"UID FETCH 5 (RFC822.SIZE": sizes}) as server, watching(server) as (watcher, door, _):
        await until(lambda: watcher.last_success_at is not None)
        assert not door.mails
        assert not any(b"BODY" in line for line in server.heard)


@pytest.mark.parametrize(
    "greeting", [b"* BYE too many connections\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", b"\xff\r\n"]
)
@pytest.mark.asyncio
async def test_a_server_that_does_not_greet_is_unavailable(greeting):
    async with bad_server({"CAPABILITY": None}, greeting=greeting) as server:
        with pytest.raises(Unavailable):
            await ImapClient.connect(server.address)


@pytest.mark.asyncio
async def test_nobody_there_is_unavailable():
    async with bad_server() as server:
        address = server.address
    with pytest.raises(Unavailable, match="no connection"):
        await ImapClient.connect(address)


@pytest.mark.rule("PF16")
@pytest.mark.parametrize("greeting", [b"* PREAUTH welcome\r\n", b"* OK ready\r\n"])
@pytest.mark.asyncio
async def test_without_starttls_no_password_goes_out(greeting):
    """Neither where the server does not offer it nor where PREAUTH would make us skip it."""
    async with bad_server(greeting=greeting) as server:
        address = replace(server.address, tls=ImapTls.STARTTLS)
        with pytest.raises(Refused):
            await ImapClient.connect(address)
        assert not any(b"LOGIN" in line for line in server.heard)


@pytest.mark.rule("BI-72")
@pytest.mark.asyncio
async def test_a_refused_token_is_answered_and_so_told():
    """The server sends its error as a challenge and waits; aioimaplib alone would wait as well."""
    challenge = b"+ eyJzdGF0dXMiOiI0MDAifQ==\r\n"
    async with bad_server({"AUTHENTICATE": challenge, "": b"%A NO [AUTHENTICATIONFAILED] no\r\n"}) as server:
        address = replace(server.address, auth=ImapAuth.XOAUTH2)
        with pytest.raises(Refused, match="AUTHENTICATIONFAILED"):
            await ImapClient.connect(address)


@pytest.mark.rule("BI-69")
@pytest.mark.asyncio
async def test_a_bye_in_idle_leads_to_a_new_connection():
    async with (
        bad_server({"IDLE": b"+ idling\r\n* BYE restart\r\ndrop"}) as server,
        watching(server) as (_, door, clock),
    ):
        await until(lambda: server.connections >= 3)
        assert len(door.mails) == 1
        # the ledger kept the mail that the server goes on showing from being taken again
    assert all(timedelta(seconds=4) < pause < timedelta(seconds=90) for pause in clock.pauses[:2])


@pytest.mark.rule("BI-69")
@pytest.mark.asyncio
async def test_a_server_that_falls_silent_in_idle_is_given_up():
    async with bad_server({"DONE": None}) as server, watching(server):
        await until(lambda: server.connections >= 2)
    patience = timedelta(minutes=1) + timedelta(seconds=20)  # LOOK_AGAIN and ANSWER_TIMEOUT as they are shipped
    assert patience < timedelta(seconds=90)


@pytest.mark.rule("BI-69")
@pytest.mark.asyncio
async def test_pauses_grow_up_to_ten_minutes_and_are_never_alike():
    async with bad_server({"SELECT": b"drop"}) as server, watching(server) as (_, _, clock):
        await until(lambda: len(clock.pauses) >= 12)
    seconds = [pause.total_seconds() for pause in clock.pauses]
    assert seconds[0] < 8
    assert all(590 < pause < 901 for pause in seconds[8:])
    assert len(set(seconds)) == len(seconds)


@pytest.mark.asyncio
async def test_a_bug_of_ours_does_not_end_the_watching(monkeypatch, caplog):
    async def stumble(client, *_):
        raise ZeroDivisionError

    monkeypatch.setattr(ImapClient, "search", stumble)
    async with bad_server() as server, watching(server) as (watcher, _, _):
        await until(lambda: server.connections >= 3)
        await until(lambda: watcher.problem == "ZeroDivisionError")  # cleared while it tries again
    assert "bug" in caplog.text


@pytest.mark.asyncio
async def test_a_server_without_idle_is_asked_from_time_to_time():
    no_idle = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n%T OK done\r\n",
        "NOOP": b"%T OK\r\n",
        "UID COPY": b"%T OK\r\n",
    }
    async with bad_server({**no_idle, "UID STORE": b"%T OK\r\n"}) as server, watching(server) as (_, door, _):
        await until(lambda: sum(b"SEARCH" in line for line in server.heard) >= 3)
    assert len(door.mails) == 1
    assert not any(b"EXPUNGE" in line for line in server.heard)


@pytest.mark.asyncio
async def test_news_told_before_idle_is_not_lost():
    """EXISTS may come with the answer to any command, and the server does not repeat it in IDLE."""
    search = b"* SEARCH\r\n%T OK found\r\n* 2 EXISTS\r\n"
    async with logged_in({"UID SEARCH": search}) as client:
        await client.select("INBOX")
        await client.search("ALL")
        await until(lambda: client._protocol.has_news)
        async with asyncio.timeout(2):
            await client.idle(timedelta(minutes=10))


@pytest.mark.asyncio
async def test_an_old_server_without_uidnext_still_has_a_first_scan():
    select = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n%T OK selected\r\n"
    async with bad_server({"SELECT": select}) as server, watching(server) as (watcher, door, _):
        await until(lambda: watcher.last_success_at is not None)
        assert door.mails[0][0].is_first_scan
