"""One connection of an SMTP peer: let in, greeted, its command lines read, its deadlines watched, ended in good order.

aiosmtpd's protocol with the doors closed that it leaves open (security.md A.3). Kept from it (pinned to the version
this was tested against): the stream protocol, STARTTLS and the dispatch table. The verbs are in smtp_session.py.
"""

import asyncio
import re
from collections import Counter
from typing import TYPE_CHECKING, cast

from aiosmtpd.smtp import SMTP

from leadmaild.inbound.reception import Reception
from leadmaild.maillog import Event, log
from leadmaild.model.reply import SHUTTING_DOWN, TRY_AGAIN, Reply

if TYPE_CHECKING:
    from leadmaild.inbound.content import ContentCollector

BAD_LINE = Reply(500, "5.5.2", "Syntax error: commands are ASCII lines that end with CRLF")
UNKNOWN_COMMAND = Reply(500, "5.5.1", "Command not recognized")
TALKED_TOO_EARLY = Reply(554, "5.5.0", "You must wait for the greeting")
TOO_MANY_ERRORS = Reply(421, "4.7.0", "Too many errors")
TOO_MANY_COMMANDS = Reply(421, "4.7.0", "Command sent too many times")
TOO_SLOW = Reply(421, "4.4.2", "Timeout")

_LONGEST_COMMAND = 1024
# Calls a session may make of each verb (BI-14); MAIL and DATA meet the limit of messages first.
_CALLS = {"NOOP": 10, "MAIL": 40, "DATA": 40, "RCPT": 2100, "VRFY": 5, "HELP": 2}
_CALLS_OF_ANY_OTHER = 20
# A web browser made to post to our port: its request line or a header field (BI-09).
_HTTP = re.compile(rb"(?:GET|POST|PUT|HEAD|CONNECT|OPTIONS|DELETE|PATCH|TRACE) |[A-Za-z-]+:", re.IGNORECASE)
_LINGER = 5.0  # seconds to let a last reply out before the connection is cut


class SmtpConnection(SMTP):
    """The connection; subclasses bring the verbs as methods `smtp_<VERB>`."""

    # aiosmtpd makes this the limit of the stream reader: what a peer may send ahead of our reading is twice as much.
    line_length_limit = 64 * 1024

    def __init__(self, reception: Reception) -> None:
        super().__init__(None, hostname=reception.hostname, tls_context=reception.tls, loop=asyncio.get_running_loop())
        self._reception = reception
        self._limits = reception.limits
        self._peer = ""
        self._helo = ""
        self._wire: asyncio.Transport | None = None
        self._is_admitted = False
        self._is_trusted = False
        self._has_talked = asyncio.Event()
        self._is_waiting = False  # for the next command
        self._is_accepting = False  # Door.accept is running
        self._is_over = False
        self._calls: Counter[str] = Counter()
        self._errors = 0
        self._started_at = self._active_at = self.loop.time()  # monotonic seconds, as all deadlines here
        self._content: ContentCollector | None = None  # while DATA runs
        self._content_started_at = 0.0
        self._handed_over = 0  # octets of the content Door.accept now has

    # -- connection ---------------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the peer in, or send it away; called again by the TLS layer once STARTTLS is through."""
        self._wire = cast("asyncio.Transport", transport)
        self._helo = ""  # what was said in clear text is forgotten (RFC 3207 4.2)
        if not self._is_admitted and not self._admit(self._wire):
            return
        super().connection_made(transport)

    def _admit(self, wire: asyncio.Transport) -> bool:
        peername = wire.get_extra_info("peername")
        self._peer = peername[0] if isinstance(peername, tuple) else ""  # "" on a unix socket
        refusal = self._reception.gate.admit(self._peer)
        if refusal is not None:
            log(Event.SESSION_REJECTED, reason=refusal.text, code=refusal.code)
            self._close_with(refusal)
            return False
        self._is_admitted = True
        self._is_trusted = self._reception.gate.trusts(self._peer)
        self._reception.enter(self)
        return True

    def data_received(self, data: bytes) -> None:
        """Take what came, unless the peer was not let in."""
        if self._is_admitted:
            self._has_talked.set()
            super().data_received(data)

    def eof_received(self) -> bool:
        """Let the session read what came before the end; aiosmtpd would cancel it with commands unread.

        Returns whether the transport stays open for our replies; TLS has no half-closed state.
        """
        if self._is_admitted:
            asyncio.StreamReaderProtocol.eof_received(self)
        return self._is_admitted and self._tls_protocol is None

    def connection_lost(self, error: Exception | None) -> None:
        """Count the peer out; what Door.accept has begun goes on (see Reception.accept)."""
        if self in self._reception.sessions:
            super().connection_lost(error)
            self._reception.gate.leave(self._peer)
            self._reception.leave(self)

    # -- greeting and command loop ------------------------------------------------------------------------------------

    async def _handle_client(self) -> None:
        """The whole session; aiosmtpd starts it as a task and cancels it when the connection is lost."""
        try:
            if await self._is_early_talker():
                log(Event.SESSION_REJECTED, reason=TALKED_TOO_EARLY.text, code=TALKED_TOO_EARLY.code)
                self._close_with(TALKED_TOO_EARLY)
                return
            await self._say(Reply(220, "", f"{self.hostname} ESMTP"))
            while not self._is_over:
                if self._reception.gate.is_draining:
                    self._close_with(SHUTTING_DOWN)
                elif self._errors >= self._limits.max_errors:
                    log(Event.SESSION_REJECTED, reason=TOO_MANY_ERRORS.text, code=TOO_MANY_ERRORS.code)
                    self._close_with(TOO_MANY_ERRORS)
                else:
                    await self._obey(await self._next_line())
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the peer is gone
        finally:
            if self._wire is not None:
                self._wire.close()

    async def _is_early_talker(self) -> bool:
        # Bulk senders do not wait for the greeting (BI-07). Our own relays need not prove their manners.
        if self._is_trusted:
            return False
        try:
            async with asyncio.timeout(self._limits.greet_delay.total_seconds()):
                await self._has_talked.wait()
        except TimeoutError:
            return False
        return True

    async def _next_line(self) -> bytes:
        """Return the next command line without its CRLF, or b"" for a malformed one.

        Raises asyncio.IncompleteReadError at the end of the stream.
        """
        self._is_waiting = True
        try:
            line = await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as overrun:
            await self._skip_line(overrun.consumed)
            return b""
        finally:
            self._is_waiting = False
        self._active_at = self.loop.time()
        text = line[:-2]
        # Only CRLF ends a command (BI-06); NUL, other controls and 8-bit octets have no place in one (BI-21).
        is_clean = line.endswith(b"\r\n") and len(line) <= _LONGEST_COMMAND and text.isascii()
        return text if is_clean and text.replace(b"\t", b" ").decode("ascii").isprintable() else b""

    async def _skip_line(self, octets: int) -> None:
        while True:
            await self._reader.readexactly(octets)
            try:
                await self._reader.readuntil(b"\n")
            except asyncio.LimitOverrunError as overrun:
                octets = overrun.consumed
            else:
                return

    async def _obey(self, line: bytes) -> None:
        if _HTTP.match(line):
            log(Event.SESSION_REJECTED, reason="HTTP request")
            self._is_over = True
            return
        word, _, argument = line.decode("ascii").partition(" ")
        verb = word.upper()
        method = self._smtp_methods.get(verb)
        if method is None:
            await self._say(UNKNOWN_COMMAND if line else BAD_LINE)
            return
        self._calls[verb] += 1
        if self._calls[verb] > _CALLS.get(verb, _CALLS_OF_ANY_OTHER):
            log(Event.SESSION_REJECTED, reason=TOO_MANY_COMMANDS.text, code=TOO_MANY_COMMANDS.code)
            self._close_with(TOO_MANY_COMMANDS)
            return
        try:
            await method(argument.strip())
        except (ConnectionError, asyncio.IncompleteReadError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever fails here is ours: the peer must try again, not give up
            log(Event.BUG, exc=error, where=f"smtp {verb}")
            await self._say(TRY_AGAIN)

    async def _say(self, *replies: Reply) -> None:
        """Write the replies and wait until the peer takes them."""
        self._errors += any(reply.code >= 500 for reply in replies)
        await self.push("\r\n".join(map(str, replies)))

    @property
    def held(self) -> int:
        """Octets of content this session keeps in memory."""
        return self._content.held if self._content is not None else self._handed_over

    # -- deadlines ----------------------------------------------------------------------------------------------------

    def _reset_timeout(self, _duration: float | None = None) -> None:
        """Begin to watch the session; aiosmtpd asks for it when the connection is made."""
        self._active_at = self.loop.time()
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_at(self._deadline(), self._timeout_cb)

    def _deadline(self) -> float:
        """The monotonic instant at which the session is ended, if nothing happens until then.

        Idle time (BI-16), session time (BI-17), and in DATA the time bought by what was sent at the minimum rate.
        """
        idle = self._reception.gate.idle_timeout.total_seconds()
        deadline = min(self._active_at + idle, self._started_at + self._limits.session_timeout.total_seconds())
        if self._content is not None:
            bought = max(self._limits.idle_timeout.total_seconds(), self._content.octets / self._limits.data_min_rate)
            deadline = min(deadline, self._content_started_at + bought)
        return deadline

    def _timeout_cb(self) -> None:
        """Look whether the deadline has really come: cheaper than moving a timer at each command and chunk."""
        now = self.loop.time()
        if self._is_over:
            self.abort()
            return
        if self._is_accepting:  # our time, not the peer's
            wake_at = now + 1
        elif (deadline := self._deadline()) > now:
            wake_at = deadline
        else:
            log(Event.SESSION_REJECTED, reason="timeout", code=TOO_SLOW.code)
            self._close_with(TOO_SLOW)
            wake_at = now + _LINGER
        self._timeout_handle = self.loop.call_at(wake_at, self._timeout_cb)

    # -- end ----------------------------------------------------------------------------------------------------------

    def _close_with(self, reply: Reply) -> None:
        """Say a last word without waiting for the peer to take it, and close."""
        self._is_over = True
        if self._wire is not None and not self._wire.is_closing():
            self._wire.write(f"{reply}\r\n".encode("ascii"))
            self._wire.close()

    def dismiss_if_idle(self) -> None:
        """Send the peer away if we only wait for its next command; else the command loop does so, once through."""
        if self._is_waiting:
            self._close_with(SHUTTING_DOWN)

    def dismiss_unless_accepting(self) -> None:
        """Send the peer away, even in the middle of its content, but not while its mail is being committed."""
        if not self._is_accepting:
            self._close_with(SHUTTING_DOWN)

    def abort(self) -> None:
        """Cut the connection."""
        if self._wire is not None:
            self._wire.abort()
