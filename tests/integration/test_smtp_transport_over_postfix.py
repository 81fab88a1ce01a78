"""The SMTP transport with a real mail server as its smarthost."""

import asyncio
from datetime import timedelta

import pytest

from leadmaild.model.outgoing import Delivery, OutgoingMail
from leadmaild.outbound.mail_server import MailServer, TlsPolicy
from leadmaild.outbound.smtp_transport import SmtpTransport
from tests.integration.postfix import Postfix
from tests.integration.sink import Fault, Sink

pytestmark = [pytest.mark.component, pytest.mark.asyncio]

RAW = (
    b"From: <muc@dein.example>\r\nDate: Sat, 21 Nov 2026 19:00:00 +0100\r\nSubject: Ihre Anfrage\r\n"
    b"Message-ID: <%d@mx.dein.example>\r\n\r\n.Guten Tag\r\n..\r\n"
)


def transport_over(postfix: Postfix) -> SmtpTransport:
    limits = {"command_timeout": timedelta(seconds=20), "data_timeout": timedelta(seconds=20)}
    return SmtpTransport(MailServer("127.0.0.1", postfix.port, "mx.dein.example", tls=TlsPolicy.NONE, **limits))


async def test_fifty_mails_go_through_a_smarthost_unchanged(postfix: Postfix, sink: Sink):
    postfix.set_routes({"*": f"smtp:[127.0.0.1]:{sink.port}"})
    transport = transport_over(postfix)
    mails = [
        OutgoingMail(f"<{n}@mx.dein.example>", "muc+t0k3n@dein.example", (f"kunde{n}@kunde.example",), RAW % n)
        for n in range(50)
    ]
    results = await asyncio.gather(*map(transport.send, mails))
    await transport.close()

    assert [r.recipients[0].delivery for r in results] == [Delivery.DELIVERED] * 50
    assert all(r.last_reply.startswith("250 2.0.0 Ok: queued as") for r in results)
    arrived = {mail.recipients[0]: mail for mail in await sink.wait_for_mails(50)}
    for mail in mails:
        there = arrived[mail.recipients[0]]
        assert there.reverse_path == mail.reverse_path
        assert there.content.endswith(mail.raw)


@pytest.mark.rule("PF54")
async def test_the_smarthost_refuses_one_recipient_and_takes_the_other(postfix: Postfix, sink: Sink):
    postfix.set_routes({"weg.example": "error:5.1.2 no such domain", "*": f"smtp:[127.0.0.1]:{sink.port}"})
    transport = transport_over(postfix)
    recipients = ("kunde@weg.example", "jana@kunde.example", "a@[127.0.0.1]")
    result = await transport.send(OutgoingMail("<1@x>", "muc@dein.example", recipients, RAW % 1))
    await transport.close()

    assert [r.delivery for r in result.recipients] == [Delivery.REFUSED, Delivery.DELIVERED, Delivery.REFUSED]
    assert "no such domain" in result.recipients[0].reply
    assert [mail.recipients for mail in await sink.wait_for_mails(1)] == [("jana@kunde.example",)]


async def test_what_we_take_later_waits_in_the_queue_of_postfix(postfix: Postfix, sink: Sink):
    sink.fault = Fault("rcpt", "451 4.3.0 later")
    postfix.set_routes({"*": f"smtp:[127.0.0.1]:{sink.port}"})
    transport = transport_over(postfix)
    await transport.send(OutgoingMail("<1@x>", "muc@dein.example", ("jana@kunde.example",), RAW % 1))
    await transport.close()
    await sink.wait_until(lambda: any(c.startswith("RCPT") for s in sink.sessions for c in s.commands))
    queued = await asyncio.to_thread(postfix.queue)
    sink.fault = None
    await asyncio.to_thread(postfix.flush)

    assert [entry["recipients"][0]["address"] for entry in queued] == ["jana@kunde.example"]
    assert (await sink.wait_for_mails(1))[0].recipients == ("jana@kunde.example",)
