"""An IMAP connection as the watcher needs it: every call returns or raises within bounded time.

Errors: `Unavailable` = try again later with a new connection (network, silence, a server that breaks off);
`Refused` = trying again unchanged will not help (wrong password, certificate, no such folder).
After `Unavailable` the client is of no more use.
"""

import asyncio
import os
import re
import ssl
from asyncio import FIRST_COMPLETED
from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Self, TypeVar

from aioimaplib.aioimaplib import AUTH, NONAUTH, AioImapException, Response

from leadmaild.errors import Refused, Unavailable
from leadmaild.inbound.imap_protocol import LONGEST_LITERAL, ImapProtocol
from leadmaild.inbound.imap_syntax import (
    Selected,
    Waiting,
    folder_name,
    quoted,
    read_body,
    read_search,
    read_select,
    read_waiting,
    uid_set,
)

# A silent server is given up after this; with a fresh look each minute it is noticed within 90 s (BI-69).
ANSWER_TIMEOUT = timedelta(seconds=20)
_SLOWEST_FETCH = 20_000  # octets a second: a large mail gets more time
_FAREWELL = timedelta(seconds=2)
_LITERAL_SLACK = 64 * 1024  # octets; servers count RFC822.SIZE differently from what they send
_Value = TypeVar("_Value")
_RESPONSE_CODE = re.compile(rb"\[([A-Z-]+)")


class ImapTls(StrEnum):
    """How the connection is encrypted. There is no fallback from one to another (PF16)."""

    IMPLICIT = "implicit"
    STARTTLS = "starttls"
    NONE = "none"


class ImapAuth(StrEnum):
    """How we log in."""

    PASSWORD = "password"  # noqa: S105 - the word itself
    XOAUTH2 = "xoauth2"


@dataclass(frozen=True, slots=True)
class ImapServer:
    """Where a mailbox is and how to get in. `password` is asked at each log-in: a token may have been renewed."""

    host: str
    user: str
    password: Callable[[], str] = field(repr=False)
    port: int = 993
    tls: ImapTls = ImapTls.IMPLICIT
    auth: ImapAuth = ImapAuth.PASSWORD
    tls_context: ssl.SSLContext | None = field(default=None, repr=False)  # None: the system's trusted authorities

    def context(self) -> ssl.SSLContext:
        """The TLS context; host name and certificate are always verified (BI-73)."""
        if self.tls_context is not None:
            return self.tls_context
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


class ImapClient:
    """One connection, logged in."""

    def __init__(self, protocol: ImapProtocol, host: str) -> None:
        self._protocol = protocol
        self._host = host

    @classmethod
    async def connect(cls, server: ImapServer) -> Self:
        """Connect, encrypt and log in. Raises Unavailable or Refused."""
        protocol = await _connected(server)
        client = cls(protocol, server.host)
        try:
            await client._prepare(server)
        except BaseException:
            protocol.break_off("not wanted any more")
            raise
        return client

    async def _prepare(self, server: ImapServer) -> None:
        await self._answer(self._protocol.wait(f"{AUTH}|{NONAUTH}"))
        if server.tls is ImapTls.STARTTLS:
            await self._start_tls(server)
        if self._protocol.state == NONAUTH:
            await self._log_in(server)
        await self._answer(self._protocol.capability())  # more of it is shown to who is logged in
        self._protocol.capabilities = {word.upper() for word in self._protocol.capabilities}

    async def _start_tls(self, server: ImapServer) -> None:
        # A PREAUTH greeting leaves no way to STARTTLS: an attacker's trick to keep us in clear text.
        if self._protocol.state != NONAUTH:
            raise Refused(f"{server.host} greets with PREAUTH: STARTTLS is not possible")
        if (await self._answer(self._protocol.starttls())).result != "OK":
            raise Refused(f"{server.host} does not offer STARTTLS")
        shaking_hands = asyncio.get_running_loop().start_tls(
            self._protocol.transport, self._protocol, server.context(), server_hostname=server.host
        )
        self._protocol.transport = await _in_tls_words(server.host, shaking_hands)
        self._protocol.forget_plain_text()
        await self._answer(self._protocol.capability())

    async def _log_in(self, server: ImapServer) -> None:
        user, secret = server.user, server.password()
        try:
            if server.auth is ImapAuth.XOAUTH2:
                logging_in = self._protocol.authenticate("XOAUTH2", f"user={user}\1auth=Bearer {secret}\1\1".encode())
            elif (user + secret).isascii() and "LOGINDISABLED" not in self._protocol.capabilities:
                # aioimaplib quotes the password, but not the user
                logging_in = self._protocol.login(quoted(user), secret)
            else:  # LOGIN knows only ASCII (RFC 3501 9); SASL PLAIN is UTF-8 (RFC 4616)
                logging_in = self._protocol.authenticate("PLAIN", f"\0{user}\0{secret}".encode())
            answer = await self._answer(logging_in)
        except ValueError as error:
            raise Refused(f"{server.host}: user name or password cannot be sent: {error}") from error
        if answer.result == "OK":
            return
        if _code(answer) in ("UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"):
            raise Unavailable(f"{server.host}: log-in not possible now ({_code(answer)})")
        raise Refused(f"{server.host} refuses the log-in ({_code(answer) or answer.result})")

    # -- what the watcher asks ----------------------------------------------------------------------------------------

    async def select(self, folder: str, *, read_only: bool = False) -> Selected:
        """Open the folder, by EXAMINE to look only. Raises Refused if there is none of this name."""
        open_it = self._protocol.examine if read_only else self._protocol.select
        answer = await self._answer(open_it(folder_name(folder)))
        if answer.result != "OK":
            raise Refused(f"{self._host}: no folder {folder!r} ({_code(answer) or answer.result})")
        return self._read(read_select, answer)

    async def search(self, *criteria: str) -> list[int]:
        """Return the UIDs of the messages that meet the criteria (ASCII), ascending."""
        self._protocol.has_news = False
        answer = await self._answer(self._protocol.search(*criteria, charset=None, by_uid=True))
        return self._read(read_search, self._ok(answer))

    async def look_at(self, uids: Collection[int]) -> list[Waiting]:
        """Return size and date of these messages, ascending by UID; those that are gone are left out (PF9)."""
        answer = await self._answer(self._protocol.fetch(uid_set(uids), "(RFC822.SIZE INTERNALDATE)", by_uid=True))
        return self._read(read_waiting, self._ok(answer))

    async def fetch(self, message: Waiting) -> bytes | None:
        """Return the message without marking it as read, None if it is gone (PF9).

        A server that sends much more than it announced is cut off (BI-68).
        """
        self._protocol.longest_literal = message.size + message.size // 4 + _LITERAL_SLACK
        patience = ANSWER_TIMEOUT + timedelta(seconds=message.size / _SLOWEST_FETCH)
        try:
            answer = await self._answer(self._protocol.fetch(str(message.uid), "(BODY.PEEK[])", by_uid=True), patience)
        finally:
            self._protocol.longest_literal = LONGEST_LITERAL
        return read_body(self._ok(answer).lines, message.uid)

    async def move(self, uids: Collection[int], folder: str) -> None:
        """Move messages to the folder, which is made if it is missing. Raises Refused if the server will not."""
        target = folder_name(folder)
        answer = await self._move(uid_set(uids), target)
        if answer.result != "OK":
            await self._answer(self._protocol.simple_command("CREATE", target))
            answer = await self._move(uid_set(uids), target)
        if answer.result != "OK":
            raise Refused(f"{self._host}: cannot move to {folder!r} ({_code(answer) or answer.result})")

    async def _move(self, uids: str, target: str) -> Response:
        if "MOVE" in self._protocol.capabilities:
            return await self._answer(self._protocol.move(uids, target, by_uid=True))
        answer = await self._answer(self._protocol.copy(uids, target, by_uid=True))
        if answer.result == "OK":
            await self._answer(self._protocol.store(uids, r"+FLAGS.SILENT (\Deleted)", by_uid=True))
            # Without UIDPLUS they stay, marked: a plain EXPUNGE would also take what somebody else has marked.
            if "UIDPLUS" in self._protocol.capabilities:
                await self._answer(self._protocol.expunge(uids, by_uid=True))
        return answer

    async def idle(self, at_most: timedelta) -> None:
        """Return when the server has told, or tells, of mail the last search may have missed, or after `at_most`."""
        protocol = self._protocol
        if protocol.has_news:
            return
        if "IDLE" not in protocol.capabilities:
            await asyncio.wait({protocol.lost}, timeout=at_most.total_seconds())
            await self._answer(protocol.simple_command("NOOP"))
            return
        while not protocol.idle_queue.empty():
            protocol.idle_queue.get_nowait()
        idling = asyncio.ensure_future(protocol.idle())
        begun = asyncio.ensure_future(protocol.wait_for_idle_response())
        hint = asyncio.ensure_future(protocol.idle_queue.get())
        try:
            await self._first_of({begun, idling}, ANSWER_TIMEOUT)
            await asyncio.wait(
                {hint, idling, protocol.lost}, timeout=at_most.total_seconds(), return_when=FIRST_COMPLETED
            )
            if not idling.done() and not protocol.lost.done():
                protocol.idle_done()
            self._ok(await self._answer(idling))
        finally:
            for task in (idling, begun, hint):
                task.cancel()

    async def close(self) -> None:
        """Say goodbye if the server listens, and hang up."""
        if not self._protocol.lost.done() and not self._protocol.has_pending_idle_command():
            try:
                await self._answer(self._protocol.logout(), _FAREWELL)
            except Unavailable:
                pass  # hung up on either way
        self._protocol.break_off("closed by us")

    # -- answers ------------------------------------------------------------------------------------------------------

    async def _answer(self, operation: Awaitable[Any], patience: timedelta | None = None) -> Any:
        """Wait for the operation, for the loss of the connection or for `patience` (ANSWER_TIMEOUT), whatever is first.

        aioimaplib tells no pending command that the connection is lost.
        """
        asked = asyncio.ensure_future(operation)
        try:
            await self._first_of({asked}, patience or ANSWER_TIMEOUT)
            return asked.result()
        except (AioImapException, LookupError, UnicodeError) as error:
            self._protocol.break_off(type(error).__name__)
            raise Unavailable(f"{self._host}: {type(error).__name__}") from error
        finally:
            asked.cancel()

    async def _first_of(self, tasks: set[asyncio.Future[Any]], patience: timedelta) -> None:
        """Return when one of the tasks is done. Raises Unavailable if the connection is lost or silent meanwhile."""
        lost = self._protocol.lost
        await asyncio.wait({*tasks, lost}, timeout=patience.total_seconds(), return_when=FIRST_COMPLETED)
        if not any(task.done() for task in tasks):
            self._protocol.break_off("no answer")
            raise Unavailable(f"{self._host}: {lost.result()}")

    def _ok(self, answer: Response) -> Response:
        if answer.result != "OK":
            self._protocol.break_off("command refused")
            raise Unavailable(f"{self._host}: command refused ({_code(answer) or answer.result})")
        return answer

    def _read(self, read: Callable[..., _Value], answer: Response) -> _Value:
        try:
            return read(answer.lines)
        except (ValueError, TypeError) as error:
            self._protocol.break_off("not understood")
            raise Unavailable(f"{self._host}: answer not understood") from error


async def _connected(server: ImapServer) -> ImapProtocol:
    tls = server.context() if server.tls is ImapTls.IMPLICIT else None
    connecting = asyncio.get_running_loop().create_connection(ImapProtocol, server.host, server.port, ssl=tls)
    _, protocol = await _in_tls_words(server.host, connecting)
    return protocol


async def _in_tls_words(host: str, operation: Coroutine[Any, Any, _Value]) -> _Value:
    """Wait for a connection or handshake and say in our words why there is none."""
    try:
        async with asyncio.timeout(ANSWER_TIMEOUT.total_seconds()):
            return await operation
    except ssl.SSLCertVerificationError as error:
        raise Refused(f"the certificate of {host} is not good: {error.verify_message}") from error
    except OSError as error:  # TimeoutError and ssl.SSLError are OSErrors
        raise Unavailable(f"{host}: no connection: {_why(error)}") from error


def _why(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer"
    if isinstance(error, ConnectionError) and error.errno:
        return os.strerror(error.errno)
    return error.strerror or type(error).__name__


def _code(answer: Response) -> str:
    """The response code, such as AUTHENTICATIONFAILED; never the server's words, which may hold a name."""
    found = _RESPONSE_CODE.search(bytes(answer.lines[-1])) if answer.lines else None
    return found[1].decode("ascii") if found else ""
