"""Which mail servers cannot be reached, as mails on their way find out: nothing is connected to only to ask (PF60)."""

from datetime import datetime

from leadmaild.model.outgoing import Delivery, SendResult


class MailServers:
    """Notes the result of each attempt to send; `unreachable` says since when a server has not been reached."""

    def __init__(self) -> None:
        self.unreachable: dict[str, datetime] = {}

    def note(self, name: str, result: SendResult, now: datetime) -> None:
        """Learn from one attempt over the mail server `name`."""
        if _was_reached(result):
            self.unreachable.pop(name, None)
        else:
            self.unreachable.setdefault(name, now)


def _was_reached(result: SendResult) -> bool:
    """A server that was reached has said something: a reply code stands before its words, and before none of ours."""
    return not result.recipients or any(
        one.delivery is not Delivery.DEFERRED or one.reply[:3].isdigit() for one in result.recipients
    )
