"""One connection to a mail server; the only file that knows aiosmtplib.

The heart of it: the final dot goes out on its own, after everything before it has left. A connection lost before it
is a failure to try again; lost after it, the mail may or may not have been taken: in doubt (PF55, RFC 5321 4.2.5).
"""

import asyncio
import ssl
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol

from leadmaild.errors import Unavailable
from leadmaild.model.outgoing import Delivery
from leadmaild.outbound.mail_server import MailServer, TlsPolicy
from leadmaild.outbound.replies import delivery_of, is_positive, printable, shown
from leadmaild.outbound.wire import dot_stuffed

_FOREIGN_FAILURES = (aiosmtplib.SMTPException, OSError)  # TimeoutError, ConnectionError and ssl.SSLError are OSErrors
_PIECE = 64 * 1024
_SERVICE_CLOSING = 421
_START_MAIL_INPUT = 354
_SHORT_WAIT = timedelta(seconds=5)  # for courtesies (RSET to see whether it lives, QUIT), which are worth no more
_FRESH_FOR = timedelta(seconds=2)


class StaleSession(Unavailable):
    """A connection used before was gone when the next mail began: nothing of that mail was sent."""


class TlsFailed(Unavailable):
    """The server offers STARTTLS but the handshake fails."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a recipient, and the words that say why."""

    delivery: Delivery
    reply: str


class SmtpSession:
    """An open, greeted, possibly encrypted and logged-in connection. Carries one mail transaction at a time."""

    def __init__(self, client: aiosmtplib.SMTP, server: MailServer) -> None:
        self._client = client
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._last_used = self._loop.time()
        self._was_used = False

    @classmethod
    async def open(cls, server: MailServer, tls_context: ssl.SSLContext | None) -> Self:
        """Connect, greet, encrypt and log in as the settings of `server` say.

        Raises errors.Unavailable (TlsFailed where it was STARTTLS) with the reason. What goes wrong here is a word
        about the server or our settings, not about a mail: even a 5yz reply is a reason to try again.
        """
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            local_hostname=server.helo,
            timeout=server.command_timeout.total_seconds(),
            use_tls=server.tls is TlsPolicy.IMPLICIT,
            start_tls=False,
            tls_context=tls_context,
        )
        try:
            await client.connect()
            await _greet(client)
            if tls_context is not None and server.tls is not TlsPolicy.IMPLICIT:
                await _encrypt(client, server)
            if server.user:
                await _log_in(client, server)
        except _FOREIGN_FAILURES as exc:
            client.close()
            raise Unavailable(_in_words(exc, server)) from exc
        except BaseException:
            client.close()
            raise
        return cls(client, server)

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands, as far as this side knows."""
        return self._client.is_connected

    async def is_alive(self) -> bool:
        """Whether the server still answers; asks it (RSET) unless it has answered a moment ago."""
        if not self.is_connected:
            return False
        if self._loop.time() - self._last_used < _FRESH_FOR.total_seconds():
            return True
        return await self._reset()

    async def send(self, reverse_path: str, recipients: tuple[str, ...], content: bytes) -> dict[str, Verdict]:
        """Send one mail; return the verdict for each recipient. Addresses and content are ready for the wire.

        One refused recipient does not stop the others. Raises StaleSession if a connection used before turns out to
        be gone at the first command.
        """
        try:
            refusal = await self._mail_from(reverse_path, recipients, content)
            verdicts = dict.fromkeys(recipients, refusal) if refusal else await self._name(recipients)
        except _FOREIGN_FAILURES as exc:
            return dict.fromkeys(recipients, self._lost(exc))
        accepted = [r for r in recipients if verdicts[r].delivery is Delivery.DELIVERED]
        result = await self._transfer(content) if accepted else None
        if result is None or result.delivery is not Delivery.DELIVERED:
            await self._reset()
        self._last_used = self._loop.time()
        return verdicts | (dict.fromkeys(accepted, result) if result else {})

    async def quit(self) -> None:
        """Say goodbye and close. Never raises, and does not wait long for the answer."""
        try:
            await self._client.quit(timeout=_SHORT_WAIT.total_seconds())
        except _FOREIGN_FAILURES:
            pass  # a server that does not say goodbye is gone all the same
        finally:
            self.abort()

    def abort(self) -> None:
        """Close without a word."""
        self._client.close()

    async def _mail_from(self, reverse_path: str, recipients: tuple[str, ...], content: bytes) -> Verdict | None:
        """Begin the transaction; None = go on, else the verdict for all."""
        options = []
        if self._client.supports_extension("size"):
            options.append(f"SIZE={len(content)}".encode())
        if self._client.supports_extension("8bitmime") and not content.isascii():
            options.append(b"BODY=8BITMIME")
        if not "".join((reverse_path, *recipients)).isascii():
            if not self._client.supports_extension("smtputf8"):
                return Verdict(Delivery.REFUSED, "553 5.6.7 the mail server takes no addresses beyond ASCII; not sent")
            options.append(b"SMTPUTF8")
        was_used, self._was_used = self._was_used, True
        try:
            code, text = await self._command(b"MAIL", b"FROM:<" + reverse_path.encode() + b">", *options)
        except _FOREIGN_FAILURES as exc:
            self.abort()
            if was_used:
                raise StaleSession(_in_words(exc, self._server)) from exc
            raise
        return None if is_positive(code) else _verdict(code, text)

    async def _name(self, recipients: tuple[str, ...]) -> dict[str, Verdict]:
        """Name each recipient; `delivered` here means that the server takes it on."""
        return {r: _verdict(*await self._command(b"RCPT", b"TO:<" + r.encode() + b">")) for r in recipients}

    async def _transfer(self, content: bytes) -> Verdict:
        """Send content and final dot; the verdict holds for every recipient taken on. Raises no foreign failure."""
        try:
            code, text = await self._command(b"DATA")
            if code != _START_MAIL_INPUT:
                return _verdict(code, text) if code >= 400 else self._lost(_out_of_step(code, text))
        except _FOREIGN_FAILURES as exc:
            return self._lost(exc)
        protocol = self._client.protocol
        if protocol is None:
            return self._lost(aiosmtplib.SMTPServerDisconnected("connection lost"))
        # From here on the server may speak at any time: a reply before the final dot is a refusal in mid-mail.
        reply = asyncio.ensure_future(protocol.read_response())
        reply.add_done_callback(lambda done: done.cancelled() or done.exception())
        try:
            return await self._end_with_dot(protocol, reply, content)
        finally:
            reply.cancel()

    async def _end_with_dot(
        self, protocol: SMTPProtocol, reply: asyncio.Task[aiosmtplib.SMTPResponse], content: bytes
    ) -> Verdict:
        limit = self._server.data_timeout.total_seconds()
        try:
            async with asyncio.timeout(limit):
                await _write(protocol, dot_stuffed(content), reply)
            if reply.done():
                return self._refused_in_mid_mail(reply.result())
            protocol.write(b".\r\n")  # raises if the connection is known to be gone
        except _FOREIGN_FAILURES as exc:
            return self._lost(exc)
        # The dot has left. Whatever happens now but a reply leaves the mail in doubt.
        try:
            async with asyncio.timeout(limit):
                code, text = await reply
        except _FOREIGN_FAILURES as exc:
            return self._lost(exc, Delivery.IN_DOUBT)
        if not (is_positive(code) or 400 <= code < 600):
            return self._lost(_out_of_step(code, text), Delivery.IN_DOUBT)
        if code == _SERVICE_CLOSING:
            self.abort()
        return _verdict(code, text)

    def _refused_in_mid_mail(self, response: aiosmtplib.SMTPResponse) -> Verdict:
        """The verdict of a reply that came before the final dot; the dialogue cannot be taken up again."""
        self.abort()
        code, text = response
        return _verdict(code, text) if 400 <= code < 600 else self._lost(_out_of_step(code, text))

    async def _command(self, *words: bytes) -> aiosmtplib.SMTPResponse:
        """Send a command, return the reply; 421 is raised: the server has closed the connection with it."""
        response = await self._client.execute_command(*words)
        if response.code == _SERVICE_CLOSING:
            raise aiosmtplib.SMTPResponseException(response.code, response.message)
        return response

    async def _reset(self) -> bool:
        """Clear the transaction; whether the server still answers."""
        try:
            await self._client.execute_command(b"RSET", timeout=_SHORT_WAIT.total_seconds())
        except _FOREIGN_FAILURES:
            self.abort()
        return self.is_connected

    def _lost(self, exc: Exception, delivery: Delivery = Delivery.DEFERRED) -> Verdict:
        self.abort()
        return Verdict(delivery, _in_words(exc, self._server))


async def _greet(client: aiosmtplib.SMTP) -> None:
    """EHLO, and HELO where the server does not know it (RFC 5321 3.2)."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        if not client.is_connected:
            raise
        await client.helo()


async def _encrypt(client: aiosmtplib.SMTP, server: MailServer) -> None:
    if not client.supports_extension("starttls"):
        if server.tls is TlsPolicy.REQUIRE:
            raise Unavailable(f"{server.name}: offers no STARTTLS, which the settings require")
        return
    try:
        await client.starttls()
    except _FOREIGN_FAILURES as exc:
        raise TlsFailed(_in_words(exc, server)) from exc
    await _greet(client)  # what was said before TLS does not count (RFC 3207 4.2)


async def _log_in(client: aiosmtplib.SMTP, server: MailServer) -> None:
    is_encrypted = client.get_transport_info("sslcontext") is not None
    if not is_encrypted and server.tls is not TlsPolicy.NONE:
        # Opportunistic TLS can be stripped by anyone on the way, who would then read the password.
        raise Unavailable(f"{server.name}: offers no TLS; the password is not sent in the clear")
    await client.login(server.user, server.password)


async def _write(protocol: SMTPProtocol, content: bytes, reply: asyncio.Task[aiosmtplib.SMTPResponse]) -> None:
    """Write until the last byte has left this process, or the server speaks first."""
    transport = protocol.transport
    if isinstance(transport, asyncio.WriteTransport):
        transport.set_write_buffer_limits(high=1, low=0)
    for start in range(0, len(content), _PIECE):
        if reply.done():
            return
        protocol.write(content[start : start + _PIECE])
        await _drained(protocol, reply)


async def _drained(protocol: SMTPProtocol, reply: asyncio.Task[aiosmtplib.SMTPResponse]) -> None:
    """Return once all that was written has left, or the server has spoken: it may have stopped reading for good."""
    # What asyncio.StreamWriter.drain() awaits; the library offers no public way to it.
    draining = asyncio.ensure_future(protocol._drain_helper())  # noqa: SLF001
    try:
        await asyncio.wait({draining, reply}, return_when=asyncio.FIRST_COMPLETED)
        if draining.done():
            draining.result()  # raises if the connection was lost
    finally:
        draining.cancel()


def _verdict(code: int, text: str) -> Verdict:
    return Verdict(delivery_of(code), shown(code, text))


def _out_of_step(code: int, text: str) -> aiosmtplib.SMTPException:
    return aiosmtplib.SMTPException(f"out of step: {shown(code, text)}")


def _in_words(exc: Exception, server: MailServer) -> str:
    """Say what went wrong in one printable line: the server's own reply, or which server and what happened."""
    match exc:
        case aiosmtplib.SMTPResponseException() if exc.code > 0:
            return shown(exc.code, exc.message)
        case ssl.SSLCertVerificationError():
            happened = f"certificate not accepted: {exc.verify_message}"
        case TimeoutError() if not str(exc):
            happened = "timed out"
        case _:
            happened = str(exc) or type(exc).__name__
    return printable(f"{server.name}: {happened}")
