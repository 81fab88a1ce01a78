"""A real Postfix in front of our listeners: what it hands over, and what it makes of our replies."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from leadmaild.clock import SystemClock
from leadmaild.inbound.smtp_server import Listener, start_lmtp, start_smtp
from leadmaild.model.envelope import Channel
from leadmaild.model.reply import TRY_AGAIN
from tests.integration.fake_door import OUR_DOMAIN, FakeDoor
from tests.integration.loopback import server_folder
from tests.integration.postfix import Postfix

pytestmark = [pytest.mark.component, pytest.mark.asyncio]

MAIL = (
    "From: portal@portal.example\r\nDate: Sat, 21 Nov 2026 19:00:00 +0100\r\nSubject: Anfrage\r\n"
    "Message-ID: <1@portal.example>\r\n\r\n.Guten Tag\r\n"
)


@asynccontextmanager
async def closing(listener: Listener) -> AsyncIterator[Listener]:
    try:
        yield listener
    finally:
        await listener.close()


def smtp_listener(door: FakeDoor):
    return start_smtp(
        listen=["127.0.0.1:0"],
        hostname="mx.dealer.example",
        door=door,
        clock=SystemClock(),
        trusted_networks=["127.0.0.0/8"],
    )


async def hand_in(postfix: Postfix, *recipients: str) -> None:
    """Give Postfix one mail, as a portal would."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="portal.example", timeout=20) as portal:
            assert portal.sendmail("portal@portal.example", recipients, MAIL) == {}

    await asyncio.to_thread(send)


async def committed(door: FakeDoor) -> None:
    async with asyncio.timeout(20):
        await door.committed.wait()


async def test_postfix_hands_a_mail_over_by_smtp(postfix: Postfix):
    door = FakeDoor()
    async with closing(await smtp_listener(door)) as listener:
        postfix.set_routes({OUR_DOMAIN: f"smtp:[127.0.0.1]:{port_of(listener)}"})
        await hand_in(postfix, f"sales@{OUR_DOMAIN}", f"info@{OUR_DOMAIN}")
        await committed(door)

    ((envelope, content),) = door.mails
    assert str(envelope.reverse_path) == "<portal@portal.example>"
    assert sorted(envelope.forward_paths) == [f"info@{OUR_DOMAIN}", f"sales@{OUR_DOMAIN}"]
    assert content.endswith(MAIL.encode())


@pytest.mark.rule("SP-01")
async def test_a_mail_we_defer_waits_in_postfix_and_comes_again(postfix: Postfix):
    door = FakeDoor(replies=[TRY_AGAIN])
    async with closing(await smtp_listener(door)) as listener:
        postfix.set_routes({OUR_DOMAIN: f"smtp:[127.0.0.1]:{port_of(listener)}"})
        await hand_in(postfix, f"sales@{OUR_DOMAIN}")
        await committed(door)  # Postfix tries again by itself after 2 s

    assert len(door.mails) == 1
    assert not door.replies


async def test_postfix_hands_a_mail_over_by_lmtp(postfix: Postfix):
    door = FakeDoor()
    starting = start_lmtp(listen="127.0.0.1:0", hostname="mx.dealer.example", door=door, clock=SystemClock())
    async with closing(await starting) as listener:
        postfix.set_routes({OUR_DOMAIN: f"lmtp:inet:127.0.0.1:{port_of(listener)}"})
        await hand_in(postfix, f"sales@{OUR_DOMAIN}", f"info@{OUR_DOMAIN}")
        await committed(door)

    assert {envelope.channel for envelope, _ in door.mails} == {Channel.LMTP}
    assert sorted(path for envelope, _ in door.mails for path in envelope.forward_paths) == [
        f"info@{OUR_DOMAIN}",
        f"sales@{OUR_DOMAIN}",
    ]


async def test_postfix_reaches_lmtp_by_a_unix_socket(postfix: Postfix):
    door = FakeDoor()
    with server_folder("lmtp") as folder:
        path = folder / "lmtp.sock"
        starting = start_lmtp(listen=f"unix:{path}", hostname="mx.dealer.example", door=door, clock=SystemClock())
        async with closing(await starting):
            postfix.set_routes({OUR_DOMAIN: f"lmtp:unix:{path}"})
            await hand_in(postfix, f"sales@{OUR_DOMAIN}")
            await committed(door)

    assert door.mails[0][1].endswith(MAIL.encode())


def port_of(listener: Listener) -> int:
    return int(listener.addresses[0].rpartition(":")[2])
