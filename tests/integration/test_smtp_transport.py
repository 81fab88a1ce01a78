"""The SMTP transport against a sink that takes mail and fails on command (BI-77, K6)."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from leadmaild.model.outgoing import Delivery, OutgoingMail, SendResult
from leadmaild.outbound.mail_server import MailServer, TlsPolicy
from leadmaild.outbound.smtp_transport import SmtpTransport
from tests.integration.sink import MODES, Fault, Sink

pytestmark = pytest.mark.asyncio

RAW = b"From: <muc@dein.example>\r\nTo: <jana@kunde.example>\r\nSubject: Ihre Anfrage\r\n\r\nGuten Tag\r\n"
# More than the sockets of both sides can buffer: a sink that stops reading never has the final dot on its way.
LARGE = RAW + b"x" * 76 + b"\r\n" + (b"y" * 76 + b"\r\n") * 180_000
A_MOMENT = timedelta(seconds=1)  # long enough for a loaded machine, short enough to wait for


def mail_to(*recipients: str, raw: bytes = RAW, reverse_path: str = "muc+t0k3n@dein.example") -> OutgoingMail:
    return OutgoingMail("<1.autoresponse@mx.dein.example>", reverse_path, recipients or ("jana@kunde.example",), raw)


def server_at(sink: Sink, **settings: object) -> MailServer:
    defaults = {"tls": TlsPolicy.NONE, "command_timeout": timedelta(seconds=10), "data_timeout": timedelta(seconds=10)}
    return MailServer(host="127.0.0.1", port=sink.port, helo="mx.dein.example", **(defaults | settings))


def deliveries(result: SendResult) -> list[Delivery]:
    return [r.delivery for r in result.recipients]


@pytest_asyncio.fixture
async def transport_to():
    """Makes transports, closed at the end of the test."""
    made: list[SmtpTransport] = []

    def make(sink: Sink, tls_context=None, **settings: object) -> SmtpTransport:
        made.append(SmtpTransport(server_at(sink, **settings), tls_context))
        return made[-1]

    yield make
    for transport in made:
        await transport.close()


# ---- a mail that arrives


async def test_a_mail_arrives_with_its_envelope_and_every_byte(sink, transport_to):
    result = await transport_to(sink).send(mail_to("jana@kunde.example", "Jörg@Müller.example"))

    (mail,) = sink.mails
    assert mail.reverse_path == "muc+t0k3n@dein.example"
    assert mail.recipients == ("jana@kunde.example", "Jörg@xn--mller-kva.example")
    assert mail.content == RAW
    assert "SMTPUTF8" in mail.parameters
    assert deliveries(result) == [Delivery.DELIVERED] * 2
    assert result.last_reply == "250 2.0.0 queued as 1"


async def test_the_helo_is_our_host_name_and_the_null_reverse_path_is_empty(sink, transport_to):
    await transport_to(sink).send(mail_to(reverse_path=""))

    assert sink.sessions[0].commands[:2] == ["EHLO mx.dein.example", f"MAIL FROM:<> SIZE={len(RAW)}"]


async def test_8_bit_content_is_declared(sink, transport_to):
    await transport_to(sink).send(mail_to(raw=RAW + "Grüße\r\n".encode()))

    assert "BODY=8BITMIME" in sink.mails[0].parameters


async def test_addresses_beyond_ascii_are_refused_where_the_server_takes_none(transport_to):
    async with Sink(extensions=()) as sink:
        result = await transport_to(sink).send(mail_to("jörg@kunde.example"))

    assert deliveries(result) == [Delivery.REFUSED]
    assert result.last_reply.startswith("553 5.6.7")


@pytest.mark.rule("SP-09")
async def test_content_with_bare_line_ends_and_dots_cannot_smuggle(sink, transport_to):
    smuggled = b"\nMAIL FROM:<a@x.example>\nRCPT TO:<v@x.example>\nDATA\nstolen"
    ends = [
        b"\n.\n",
        b"\n.\r\n",
        b"\r.\r",
        b"\r\n.\n",
        b"\r\n.\r",
        b"\r.\r\n",
        b"\r\n.\r\n",
        b"\n\n.\n",
        b"\r\r\n.\r\r\n",
    ]
    transport = transport_to(sink)
    for end in ends:
        await transport.send(mail_to(raw=RAW + end + smuggled))

    assert len(sink.mails) == len(ends)
    for session in sink.sessions:
        assert session.wire.count(b"\r") == session.wire.count(b"\n") == session.wire.count(b"\r\n")
    assert all(mail.content.count(b"stolen") == 1 for mail in sink.mails)


@pytest.mark.rule("SP-19")
async def test_an_injected_recipient_never_reaches_the_wire(sink, transport_to):
    result = await transport_to(sink).send(mail_to("c@d.example>\r\nRCPT TO:<v@x.example", "ok@kunde.example"))

    assert deliveries(result) == [Delivery.REFUSED, Delivery.DELIVERED]
    assert sink.mails[0].recipients == ("ok@kunde.example",)
    assert b"v@x.example" not in sink.sessions[0].wire


async def test_no_connection_is_opened_for_a_mail_without_valid_recipients(sink, transport_to):
    result = await transport_to(sink).send(mail_to("not-an-address"))

    assert deliveries(result) == [Delivery.REFUSED]
    assert not sink.sessions


# ---- refusals and deferrals


@pytest.mark.rule("PF54")
async def test_one_refused_recipient_does_not_stop_the_others(sink, transport_to):
    sink.refusals = {"weg@kunde.example": "550 5.1.1 no such user", "voll@kunde.example": "452 4.2.2 mailbox full"}
    result = await transport_to(sink).send(mail_to("weg@kunde.example", "jana@kunde.example", "voll@kunde.example"))

    assert deliveries(result) == [Delivery.REFUSED, Delivery.DELIVERED, Delivery.DEFERRED]
    assert [r.reply for r in result.recipients] == [
        "550 5.1.1 no such user",
        "250 2.0.0 queued as 1",
        "452 4.2.2 mailbox full",
    ]
    assert sink.mails[0].recipients == ("jana@kunde.example",)


@pytest.mark.rule("BI-77")
@pytest.mark.rule("SP-17")
@pytest.mark.parametrize(
    ("mode", "delivery"),
    [
        ("ok", Delivery.DELIVERED),
        ("421-banner", Delivery.DEFERRED),
        ("451-rcpt", Delivery.DEFERRED),
        ("550-rcpt", Delivery.REFUSED),
        ("354-then-drop", Delivery.DEFERRED),
        ("drop-in-content", Delivery.DEFERRED),
        ("dot-then-silence", Delivery.IN_DOUBT),
        ("dot-then-drop", Delivery.IN_DOUBT),
        ("250-lost", Delivery.IN_DOUBT),
    ],
)
async def test_each_fault_of_a_relay_has_its_delivery(sink, transport_to, mode, delivery):
    sink.fault = MODES[mode]
    limit = A_MOMENT if mode == "dot-then-silence" else timedelta(seconds=10)
    result = await transport_to(sink, data_timeout=limit).send(mail_to(raw=LARGE if "drop" in mode else RAW))

    assert deliveries(result) == [delivery]
    assert len(sink.mails) == (mode in ("ok", "250-lost"))


@pytest.mark.rule("BI-77")
async def test_a_relay_that_is_not_there_defers_and_says_where(sink, transport_to):
    await sink.stop()
    result = await transport_to(sink).send(mail_to())

    assert deliveries(result) == [Delivery.DEFERRED]
    assert f"127.0.0.1:{sink.port}" in result.last_reply


async def test_a_relay_that_only_keeps_silent_holds_a_whole_queue_up_once(sink, transport_to):
    sink.fault = Fault("banner", "silence")
    transport = transport_to(sink, max_connections=2, command_timeout=A_MOMENT)
    results = await asyncio.gather(*(transport.send(mail_to()) for _ in range(30)))
    sink.fault = None

    assert {result.recipients[0].delivery for result in results} == {Delivery.DEFERRED}
    assert len(sink.sessions) == 2
    assert deliveries(await transport.send(mail_to())) == [Delivery.DELIVERED]


async def test_a_refused_connection_does_not_stick(sink, transport_to):
    transport = transport_to(sink, max_connections=3)
    sink.fault = Fault("banner", "421 4.7.0 too many connections")
    refused = await transport.send(mail_to())
    sink.fault = None

    assert deliveries(refused) == [Delivery.DEFERRED]
    assert deliveries(await transport.send(mail_to())) == [Delivery.DELIVERED]


@pytest.mark.rule("PF54")
@pytest.mark.parametrize("place", ["mail", "rcpt", "data", "dot"])
@pytest.mark.parametrize(
    ("reply", "delivery"),
    [
        ("421 4.3.2 closing", Delivery.DEFERRED),
        ("452 4.3.1 no space", Delivery.DEFERRED),
        ("554 5.7.1 no", Delivery.REFUSED),
        ("530 5.7.0 log in first", Delivery.DEFERRED),
    ],
)
async def test_a_negative_reply_anywhere_is_its_own_verdict(sink, transport_to, place, reply, delivery):
    sink.fault = Fault(place, reply)
    transport = transport_to(sink)
    result = await transport.send(mail_to("a@kunde.example", "b@kunde.example"))
    sink.fault = None
    after = await transport.send(mail_to())

    assert [(r.delivery, r.reply) for r in result.recipients] == [(delivery, reply)] * 2
    assert deliveries(after) == [Delivery.DELIVERED]


@pytest.mark.parametrize(("place", "reply"), [("banner", "554 5.7.1 you are on a list"), ("ehlo", "421 4.3.2 closing")])
async def test_a_refusal_before_the_mail_is_about_the_session_and_defers(sink, transport_to, place, reply):
    sink.fault = Fault(place, reply)
    result = await transport_to(sink).send(mail_to())

    assert deliveries(result) == [Delivery.DEFERRED]


async def test_a_refusal_in_mid_content_gets_no_dot(sink, transport_to):
    sink.fault = Fault("content", "552 5.3.4 too big")
    result = await transport_to(sink).send(mail_to(raw=LARGE))

    assert not sink.sessions[0].saw_dot
    assert deliveries(result) == [Delivery.REFUSED]
    assert result.last_reply == "552 5.3.4 too big"


async def test_a_mail_called_taken_before_its_end_is_not_believed(sink, transport_to):
    sink.fault = Fault("content", "250 2.0.0 thanks, that will do")
    result = await transport_to(sink).send(mail_to(raw=LARGE))

    assert deliveries(result) == [Delivery.DEFERRED]


async def test_a_reply_that_is_no_smtp_after_the_dot_leaves_the_mail_in_doubt(sink, transport_to):
    sink.fault = Fault("dot", "HTTP/1.1 400 Bad Request")
    result = await transport_to(sink).send(mail_to())

    assert deliveries(result) == [Delivery.IN_DOUBT]


# ---- the heart: before, during or after the final dot

_WAYS_TO_DIE = ("drop", "reset", "silence")


@pytest.mark.rule("PF55")
@pytest.mark.rule("SP-17")
async def test_a_connection_lost_before_during_and_after_the_dot_is_told_apart_in_200_cases():
    at_a_time = asyncio.Semaphore(40)

    async def case(seed: int) -> Delivery:
        draw = random.Random(seed)
        place = draw.choice(("banner", "ehlo", "mail", "rcpt", "data", "content", "dot", "accepted"))
        fault = Fault(place, draw.choice(_WAYS_TO_DIE), after_bytes=draw.randrange(200_000))
        limit = timedelta(seconds=2 if fault.do == "silence" else 20)
        async with at_a_time, Sink(fault=fault) as sink:
            transport = SmtpTransport(server_at(sink, command_timeout=limit, data_timeout=limit))
            result = await transport.send(mail_to(raw=LARGE if place == "content" else RAW))
            await transport.close()

        saw_dot = sink.sessions[0].saw_dot
        assert saw_dot == (place in ("dot", "accepted")), f"seed {seed}: {fault}"
        expected = Delivery.IN_DOUBT if saw_dot else Delivery.DEFERRED
        assert deliveries(result) == [expected], f"seed {seed}: {fault}: {result.last_reply}"
        return expected

    verdicts = await asyncio.gather(*map(case, range(200)))
    assert verdicts.count(Delivery.IN_DOUBT) > 30
    assert verdicts.count(Delivery.DEFERRED) > 100


@pytest.mark.rule("PF55")
async def test_a_server_that_hung_up_before_the_dot_gets_none():
    for _ in range(20):
        async with Sink(fault=MODES["354-then-drop"]) as sink:
            transport = SmtpTransport(server_at(sink))
            result = await transport.send(mail_to())
            await transport.close()
        assert deliveries(result) == [Delivery.DEFERRED]


@pytest.mark.rule("PF55")
async def test_a_small_mail_dropped_before_its_dot_was_read_is_never_called_delivered(transport_to):
    for after_bytes in range(1, len(RAW), 7):
        async with Sink(fault=Fault("content", "reset", after_bytes)) as sink:
            result = await transport_to(sink).send(mail_to())
        # The dot may have been on its way already: then nobody here can know more than "in doubt".
        assert deliveries(result)[0] in (Delivery.DEFERRED, Delivery.IN_DOUBT)


# ---- connections


async def test_mails_one_after_another_share_a_connection(sink, transport_to):
    transport = transport_to(sink)
    for _ in range(5):
        await transport.send(mail_to())

    assert [mail.session for mail in sink.mails] == [0] * 5


async def test_no_more_connections_than_allowed_at_a_time(sink, transport_to):
    transport = transport_to(sink, max_connections=3)
    results = await asyncio.gather(*(transport.send(mail_to()) for _ in range(20)))

    assert all(deliveries(result) == [Delivery.DELIVERED] for result in results)
    assert len(sink.sessions) == 3


async def test_a_connection_the_server_closed_in_the_meantime_costs_no_attempt(sink, transport_to):
    transport = transport_to(sink)
    await transport.send(mail_to())
    await sink.stop()
    await sink.start()
    result = await transport.send(mail_to())

    assert deliveries(result) == [Delivery.DELIVERED]


@pytest.mark.parametrize(
    "fault", [Fault("mail", "drop"), Fault("mail", "421 4.3.2 too many mails"), Fault("mail", "silence")]
)
async def test_a_used_connection_lost_at_the_first_command_is_replaced_at_once(sink, transport_to, fault):
    transport = transport_to(sink, command_timeout=A_MOMENT)
    await transport.send(mail_to())
    sink.fault, sink.fault_sessions = fault, 1
    result = await transport.send(mail_to())

    assert deliveries(result) == [Delivery.DELIVERED]
    assert [mail.session for mail in sink.mails] == [0, 1]


async def test_an_idle_connection_says_goodbye_after_its_time(sink, transport_to):
    transport = transport_to(sink, idle_timeout=timedelta(milliseconds=20))
    await transport.send(mail_to())
    await sink.wait_until(lambda: sink.sessions[0].commands[-1] == "QUIT")
    await transport.send(mail_to())

    assert [mail.session for mail in sink.mails] == [0, 1]


async def test_closing_says_goodbye_on_every_idle_connection(sink):
    transport = SmtpTransport(server_at(sink))
    await asyncio.gather(*(transport.send(mail_to()) for _ in range(4)))
    await transport.close()

    assert {session.commands[-1] for session in sink.sessions} == {"QUIT"}


async def test_a_cancelled_send_gives_its_connection_up(sink, transport_to):
    sink.fault = Fault("dot", "silence")
    transport = transport_to(sink, max_connections=1)
    sending = asyncio.create_task(transport.send(mail_to()))
    await sink.wait_until(lambda: sink.sessions and sink.sessions[0].saw_dot)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    sink.fault = None

    assert deliveries(await transport.send(mail_to())) == [Delivery.DELIVERED]
    assert sink.mails[0].session == 1


@pytest.mark.rule("PF60")
async def test_a_transport_without_mail_opens_no_connection(sink, transport_to):
    await transport_to(sink).close()
    assert not sink.sessions


# ---- TLS and login


@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRE, TlsPolicy.IMPLICIT])
async def test_mail_goes_encrypted_to_a_server_with_a_good_certificate(transport_to, certificate, policy):
    async with Sink(tls=certificate.for_server(), implicit_tls=policy is TlsPolicy.IMPLICIT) as sink:
        transport = transport_to(sink, certificate.for_client(), tls=policy)
        result = await transport.send(mail_to())
        large = await transport.send(mail_to(raw=LARGE))
        await transport.close()

    assert deliveries(result) == deliveries(large) == [Delivery.DELIVERED]
    assert [mail.is_encrypted for mail in sink.mails] == [True, True]
    assert sink.mails[1].content == LARGE


@pytest.mark.rule("BI-73")
@pytest.mark.parametrize("policy", [TlsPolicy.REQUIRE, TlsPolicy.IMPLICIT])
async def test_a_certificate_for_another_name_stops_the_mail(transport_to, wrong_certificate, policy):
    async with Sink(tls=wrong_certificate.for_server(), implicit_tls=policy is TlsPolicy.IMPLICIT) as sink:
        result = await transport_to(sink, wrong_certificate.for_client(), tls=policy).send(mail_to())

    assert deliveries(result) == [Delivery.DEFERRED]
    assert "certificate" in result.last_reply
    assert not any(b"MAIL FROM" in session.wire for session in sink.sessions)


async def test_a_certificate_nobody_vouches_for_stops_the_mail(transport_to, certificate):
    async with Sink(tls=certificate.for_server()) as sink:
        result = await transport_to(sink, tls=TlsPolicy.REQUIRE).send(mail_to())

    assert deliveries(result) == [Delivery.DEFERRED]
    assert not sink.mails


async def test_required_tls_never_falls_back_to_plain_text(sink, transport_to):
    result = await transport_to(sink, tls=TlsPolicy.REQUIRE).send(mail_to())

    assert deliveries(result) == [Delivery.DEFERRED]
    assert "STARTTLS" in result.last_reply
    assert sink.sessions[0].commands == ["EHLO mx.dein.example"]


async def test_opportunistic_tls_is_taken_without_asking_for_the_certificate(transport_to, wrong_certificate):
    async with Sink(tls=wrong_certificate.for_server()) as sink:
        transport = transport_to(sink, tls=TlsPolicy.OPPORTUNISTIC)
        await transport.send(mail_to())
        await transport.close()

    assert sink.mails[0].is_encrypted


async def test_opportunistic_tls_goes_in_plain_text_where_none_is_offered(sink, transport_to):
    await transport_to(sink, tls=TlsPolicy.OPPORTUNISTIC).send(mail_to())

    assert not sink.mails[0].is_encrypted


async def test_opportunistic_tls_goes_in_plain_text_where_the_handshake_fails(transport_to, certificate):
    broken = certificate.for_server()
    broken.set_ciphers("PSK")
    broken.maximum_version = broken.minimum_version
    async with Sink(tls=broken) as sink:
        result = await transport_to(sink, tls=TlsPolicy.OPPORTUNISTIC).send(mail_to())

    assert deliveries(result) == [Delivery.DELIVERED]
    assert not sink.mails[0].is_encrypted


@pytest.mark.parametrize("extensions", [("AUTH PLAIN",), ("AUTH LOGIN",)])
async def test_it_logs_in(transport_to, certificate, extensions):
    async with Sink(tls=certificate.for_server(), users={"dealer": "gehe1m"}, extensions=extensions) as sink:
        server = {"tls": TlsPolicy.REQUIRE, "user": "dealer", "password": "gehe1m"}
        transport = transport_to(sink, certificate.for_client(), **server)
        await transport.send(mail_to())
        await transport.close()

    assert sink.mails[0].user == "dealer"


async def test_a_wrong_password_defers_and_is_not_shown(transport_to, certificate):
    async with Sink(tls=certificate.for_server(), users={"dealer": "gehe1m"}) as sink:
        server = {"tls": TlsPolicy.REQUIRE, "user": "dealer", "password": "fal5ch"}
        result = await transport_to(sink, certificate.for_client(), **server).send(mail_to())

    assert deliveries(result) == [Delivery.DEFERRED]
    assert "535" in result.last_reply
    assert "fal5ch" not in result.last_reply
    assert "fal5ch" not in repr(replace(server_at(sink), password="fal5ch"))


async def test_a_password_is_not_sent_where_tls_was_stripped(transport_to):
    async with Sink(users={"dealer": "gehe1m"}) as sink:
        server = {"tls": TlsPolicy.OPPORTUNISTIC, "user": "dealer", "password": "gehe1m"}
        result = await transport_to(sink, **server).send(mail_to())

    assert deliveries(result) == [Delivery.DEFERRED]
    assert not any("AUTH" in command for command in sink.sessions[0].commands)
