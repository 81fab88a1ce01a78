"""Where no mail server is configured at all: every mail waits, and says why."""

from leadmaild.model.outgoing import Delivery, OutgoingMail, RecipientResult, SendResult


class NoTransport:
    """Defers every mail until the settings have an [[outbound]]."""

    async def send(self, mail: OutgoingMail) -> SendResult:
        """Defer `mail` for each recipient."""
        reply = "451 4.3.5 no mail server is configured: the settings have no [[outbound]]"
        return SendResult(tuple(RecipientResult(recipient, Delivery.DEFERRED, reply) for recipient in mail.recipients))

    async def close(self) -> None:
        """There is nothing to let go of."""


NO_MAIL_SERVER = NoTransport()
