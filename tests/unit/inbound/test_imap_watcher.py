"""What a watcher makes of a mailbox it cannot open."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from leadmaild.errors import LeadmaildError, Refused, Unavailable
from leadmaild.inbound.imap_client import ImapServer
from leadmaild.inbound.imap_watcher import MailboxWatcher, WatchedMailbox
from tests.integration.fake_ledger import LedgerDoor

WRONG = Refused("the log-in is refused (AUTHENTICATIONFAILED)")
GONE = Unavailable("no connection")


class _Dice:
    def uniform(self, low: float, _high: float) -> float:
        return low


class _Clock:
    """Nobody sleeps; pauses are recorded."""

    def __init__(self) -> None:
        self.pauses: list[timedelta] = []

    def now(self) -> datetime:
        return datetime(2026, 3, 2, 9, tzinfo=UTC)

    async def sleep_until(self, when: datetime) -> None:
        self.pauses.append(when - self.now())
        await asyncio.sleep(0)


async def watched(*answers: LeadmaildError) -> list[timedelta]:
    """The pauses after the server has given these answers, one a connection."""
    left, clock, door = list(answers), _Clock(), LedgerDoor()

    async def connect(_server: ImapServer):
        if not left:
            raise asyncio.CancelledError
        raise left.pop(0)

    mailbox = WatchedMailbox("muc", ImapServer("localhost", "x", lambda: "wrong"), "sales@dealer.example")
    with pytest.raises(asyncio.CancelledError):
        await MailboxWatcher(mailbox, door, door.ledger, clock, _Dice(), connect).run()
    return clock.pauses


@pytest.mark.rule("BI-72")
@pytest.mark.asyncio
async def test_a_password_refused_again_after_the_server_was_away_is_one_alarm(caplog):
    pauses = await watched(WRONG, GONE, WRONG, GONE, GONE, WRONG)

    assert caplog.text.count("alarm_raised") == 1
    assert caplog.text.count("mailbox_lost") == 6
    assert all(pauses[at] >= timedelta(minutes=5) for at in (0, 2, 5))


@pytest.mark.rule("BI-72")
@pytest.mark.asyncio
async def test_another_refusal_is_another_alarm(caplog):
    await watched(WRONG, Refused("the certificate is not good"), Refused("the certificate is not good"))

    assert caplog.text.count("alarm_raised") == 2
