"""The transport that writes .eml files."""

import asyncio
from datetime import UTC, datetime, timedelta
from email import policy
from email.parser import BytesParser

import pytest

from leadmaild.model.outgoing import Delivery, OutgoingMail
from leadmaild.outbound.file_transport import FileTransport

pytestmark = pytest.mark.asyncio

NOW = datetime(2026, 11, 21, 18, 5, 12, tzinfo=UTC)
MAIL = OutgoingMail(
    message_id="<a1b2@mx.dein.example>",
    reverse_path="muc+t0k3n@dein.example",
    recipients=("jana@kunde.example", "chef@dein.example"),
    raw=b"From: muc@dein.example\r\nSubject: Ihre Anfrage\r\n\r\nGuten Tag\r\n.\r\n",
)


class StandingClock:
    """A clock that always shows the same time."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    async def sleep_until(self, when: datetime) -> None:
        raise AssertionError("a transport does not sleep")


async def test_a_mail_becomes_a_file_that_a_mail_program_opens_with_the_envelope_above(tmp_path):
    result = await FileTransport(tmp_path / "var" / "outgoing", StandingClock()).send(MAIL)

    (path,) = (tmp_path / "var" / "outgoing").iterdir()
    mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert path.name == "20261121T180512.000000Z-a1b2.eml"
    assert mail["X-Envelope-From"] == "<muc+t0k3n@dein.example>"
    assert mail.get_all("X-Envelope-To") == ["<jana@kunde.example>", "<chef@dein.example>"]
    assert path.read_bytes().endswith(MAIL.raw)
    assert path.stat().st_mode & 0o077 == 0
    assert [(r.delivery, r.reply) for r in result.recipients] == [(Delivery.DELIVERED, f"250 2.0.0 {path.name}")] * 2


async def test_mails_at_the_same_instant_get_files_of_their_own(tmp_path):
    transport = FileTransport(tmp_path, StandingClock())
    await asyncio.gather(*(transport.send(MAIL) for _ in range(5)))

    assert len(list(tmp_path.glob("*.eml"))) == len(list(tmp_path.iterdir())) == 5


async def test_files_sort_by_the_time_of_sending(tmp_path):
    clock = StandingClock()
    transport = FileTransport(tmp_path, clock)
    for number in range(3):
        clock.time += timedelta(milliseconds=1)
        await transport.send(
            OutgoingMail(f"<{9 - number}@x>", "", ("a@kunde.example",), b"X-Number: %d\r\n\r\n" % number)
        )

    numbers = [path.read_bytes().split(b"X-Number: ")[1][:1] for path in sorted(tmp_path.iterdir())]
    assert numbers == [b"0", b"1", b"2"]


async def test_a_folder_that_cannot_be_made_defers(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    result = await FileTransport(tmp_path / "file" / "outgoing", StandingClock()).send(MAIL)

    assert {r.delivery for r in result.recipients} == {Delivery.DEFERRED}
    assert "Not a directory" in result.last_reply


async def test_an_injected_recipient_is_refused_and_not_written(tmp_path):
    bad = "c@d.example>\r\nBcc: <v@x.example"
    mail = OutgoingMail("<1@x>", "", (bad, "jana@kunde.example"), b"Subject: x\r\n\r\n")
    result = await FileTransport(tmp_path, StandingClock()).send(mail)

    assert [r.delivery for r in result.recipients] == [Delivery.REFUSED, Delivery.DELIVERED]
    assert b"v@x.example" not in next(tmp_path.iterdir()).read_bytes()
