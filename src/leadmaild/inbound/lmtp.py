# ruff: noqa: N802 - aiosmtpd finds a verb by its method's name
"""LMTP (RFC 2033): SMTP with LHLO and one reply for each recipient, spoken by the dealer's own mail server."""

from leadmaild.inbound.smtp_connection import UNKNOWN_COMMAND
from leadmaild.inbound.smtp_session import SmtpSession
from leadmaild.model.reply import Reply


class LmtpSession(SmtpSession):
    """The session of a mail server that delivers to us."""

    async def smtp_LHLO(self, hostname: str) -> None:
        """LHLO: as EHLO."""
        await super().smtp_EHLO(hostname)

    async def smtp_HELO(self, _hostname: str) -> None:
        """HELO does not exist in LMTP (RFC 2033 4.1)."""
        await self._say(UNKNOWN_COMMAND)

    async def smtp_EHLO(self, _hostname: str) -> None:
        """EHLO does not exist in LMTP (RFC 2033 4.1)."""
        await self._say(UNKNOWN_COMMAND)

    def _replies(self, reply: Reply, recipients: int) -> tuple[Reply, ...]:
        """One reply a recipient, in their order (RFC 2033 4.2): the mail is stored for all or for none."""
        return (reply,) * recipients
