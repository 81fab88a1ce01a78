"""Mail leaves over an SMTP mail server: the Transport that wiring gives to deliver."""

import asyncio
import ssl

from leadmaild.errors import Unavailable
from leadmaild.model.outgoing import Delivery, OutgoingMail, RecipientResult, SendResult
from leadmaild.outbound.mail_server import MailServer, TlsPolicy
from leadmaild.outbound.session_pool import SessionPool
from leadmaild.outbound.smtp_session import SmtpSession, StaleSession, TlsFailed, Verdict
from leadmaild.outbound.wire import check_envelope, with_crlf


class SmtpTransport:
    """Sends over one mail server. Opens no connection before the first mail (PF60).

    `tls_context` replaces the system's certificate authorities.
    """

    def __init__(self, server: MailServer, tls_context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._tls_context = tls_context
        self._pool = SessionPool(self._open, server.max_connections, server.idle_timeout)

    async def send(self, mail: OutgoingMail) -> SendResult:
        """Send `mail` and return the result for each recipient; never raises for what network or relay do (BI-77).

        No connection, 4yz, or a connection lost before the final dot: deferred. 5yz: refused (PF54). Lost or silent
        after the final dot: in doubt (PF55). Cancelling it closes the connection; the caller then knows no result.
        """
        envelope = check_envelope(mail)
        addresses = tuple(dict.fromkeys(envelope.recipients.values()))
        verdicts = await self._send(envelope.reverse_path, addresses, with_crlf(mail.raw)) if addresses else {}
        results = {refused.recipient: refused for refused in envelope.refused}
        for recipient, address in envelope.recipients.items():
            results[recipient] = RecipientResult(recipient, verdicts[address].delivery, verdicts[address].reply)
        return SendResult(tuple(results[recipient] for recipient in mail.recipients))

    async def try_out(self) -> None:
        """Connect, encrypt and log in as for a mail, then say goodbye. Raises Unavailable with what went wrong."""
        session = await self._open()
        await session.quit()

    async def close(self) -> None:
        """Let go of pooled connections."""
        await self._pool.close()

    async def _send(self, reverse_path: str, addresses: tuple[str, ...], content: bytes) -> dict[str, Verdict]:
        try:
            try:
                async with self._pool.session() as session:
                    return await session.send(reverse_path, addresses, content)
            except StaleSession:
                async with self._pool.session(fresh=True) as session:
                    return await session.send(reverse_path, addresses, content)
        except Unavailable as exc:
            return dict.fromkeys(addresses, Verdict(Delivery.DEFERRED, str(exc)))

    async def _open(self) -> SmtpSession:
        if self._tls_context is None and self._server.tls is not TlsPolicy.NONE:
            self._tls_context = await asyncio.to_thread(_client_context, self._server.tls)  # reads files
        try:
            return await SmtpSession.open(self._server, self._tls_context)
        except TlsFailed:
            if self._server.tls is not TlsPolicy.OPPORTUNISTIC:
                raise
            # A server whose TLS is broken still gets the mail, as it would from any mail server (RFC 7435 4.3).
            return await SmtpSession.open(self._server, None)


def _client_context(policy: TlsPolicy) -> ssl.SSLContext:
    """TLS 1.2 or later, verified against the system's authorities and the host name unless opportunistic."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not policy.is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
