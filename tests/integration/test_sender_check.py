"""The sender's check against a real name server: SPF, DKIM and DMARC of the mail as it came (AR-14)."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from leadmaild.inbound.sender_check import SenderCheck
from leadmaild.model.address import ReversePath
from leadmaild.model.authentication import Signature
from leadmaild.model.envelope import Channel, Envelope, SenderVerdict
from leadmaild.pipeline.reader_pool import ReaderPool
from leadmaild.reading.sources_folder import load_sources
from tests.integration.name_server import BROKEN, SILENT, name_server, resolver_of
from tests.pipeline.steps import SameProcessReader

pytestmark = [pytest.mark.asyncio, pytest.mark.rule("AR-14")]

AUTHENTICATED, UNAUTHENTICATED, FAILED = SenderVerdict
DOMAIN = "auto-kunden.example"
ALLOWED, STRANGER = "192.0.2.7", "203.0.113.9"
REJECT = {f"_dmarc.{DOMAIN}": {"TXT": ["v=DMARC1; p=reject"]}}
SPF = {DOMAIN: {"TXT": ["other=text", "v=spf1 mx include:_spf.esp.example -all"], "MX": [f"10 mx.{DOMAIN}"]},
       f"mx.{DOMAIN}": {"A": [ALLOWED]}, "_spf.esp.example": {"TXT": ["v=spf1 ip4:198.51.100.0/24 -all"]}}  # fmt: skip
MAIL = (
    f"From: Anna <anna@{DOMAIN}>\r\nTo: haus@dein.auto\r\nSubject: Anfrage\r\n"
    "Date: Mon, 02 Mar 2026 10:00:00 +0100\r\n\r\nIst der Golf  noch da?\r\n"
).encode()


def envelope(peer=STRANGER, sender=f"bounce@{DOMAIN}", helo="mail.stranger.example") -> Envelope:
    path = None if sender is None else ReversePath(sender)
    return Envelope(Channel.SMTP, path, ("haus@dein.auto",), datetime.now(UTC), peer, helo, is_trusted_client=False)


async def checked(zone, mail=MAIL, *, reader=None, forwarders=(), patience=timedelta(seconds=1), **env):
    reader = reader or SameProcessReader(None)
    with name_server(zone) as server:
        check = SenderCheck(resolver_of(server, patience=patience), lambda: reader, deadline=timedelta(seconds=2))
        try:
            return await check.check(envelope(**env), mail, forwarders)
        finally:
            check.close()


async def test_a_client_the_domain_names_is_its_sender():
    found = await checked(SPF | REJECT, peer=ALLOWED)
    assert found.verdict is AUTHENTICATED
    assert found.evidence[0] == f"spf=pass smtp.mailfrom={DOMAIN}"
    assert (await checked(SPF | REJECT, peer="198.51.100.77")).verdict is AUTHENTICATED


async def test_a_client_it_does_not_name_is_not(dkim_key):
    assert (await checked(SPF | REJECT)).verdict is FAILED
    assert (await checked(SPF)).verdict is UNAUTHENTICATED
    assert (await checked({})).verdict is UNAUTHENTICATED


async def test_a_signature_vouches_wherever_the_mail_came_from(dkim_key):
    mail = dkim_key.signed(MAIL, DOMAIN)
    found = await checked(SPF | REJECT | dkim_key.zone(DOMAIN), mail, sender="x@forwarder.example")
    assert found.verdict is AUTHENTICATED
    assert found.signatures == (Signature(DOMAIN, "k1"),)


async def test_the_authors_signature_counts_among_those_of_others(dkim_key):
    esp = "esp-versand.example"
    mail = dkim_key.signed(dkim_key.signed(MAIL, DOMAIN), esp)
    zone = REJECT | dkim_key.zone(DOMAIN) | dkim_key.zone(esp)
    assert (await checked(zone, mail)).signatures == (Signature(DOMAIN, "k1"),)
    assert (await checked(zone, dkim_key.signed(MAIL, esp))).verdict is FAILED


@pytest.mark.parametrize(
    "change",
    [
        lambda mail: mail.replace(b"Golf", b"Polo"),
        lambda mail: mail.replace(b"From: Anna", b"From: Anton"),
        lambda mail: mail.replace(b"From:", b"From: x@auto-kunden.example\r\nFrom:", 1),
        lambda mail: mail.replace(b"b=", b"b=BBBB", 1),
        lambda mail: mail.replace(b"rsa-sha256", b"rsa-sha1", 1),
    ],
    ids=["body", "author", "second author", "signature", "algorithm"],
)
async def test_what_was_changed_on_the_way_is_not_signed_any_more(dkim_key, change):
    found = await checked(REJECT | dkim_key.zone(DOMAIN), change(dkim_key.signed(MAIL, DOMAIN)))
    assert found.verdict is not AUTHENTICATED
    assert found.signatures == ()


@pytest.mark.parametrize("answer", [SILENT, BROKEN])
@pytest.mark.parametrize("what", ["key", "policy", "spf"])
async def test_a_name_server_that_does_not_answer_is_not_held_against_the_sender(dkim_key, what, answer):
    mail = dkim_key.signed(MAIL, DOMAIN) if what == "key" else MAIL
    name = {"key": f"k1._domainkey.{DOMAIN}", "policy": f"_dmarc.{DOMAIN}", "spf": DOMAIN}[what]
    found = await checked(SPF | REJECT | {name: {"ANY": answer}}, mail, patience=timedelta(milliseconds=200))
    assert found.verdict is UNAUTHENTICATED
    assert found.evidence[-1] == f"dmarc=temperror header.from={DOMAIN}"


async def test_the_deadline_holds_whatever_dns_does():
    started = time.monotonic()
    found = await checked({n: {"ANY": SILENT} for n in (DOMAIN, f"_dmarc.{DOMAIN}")}, patience=timedelta(seconds=30))
    assert found.verdict is UNAUTHENTICATED
    assert time.monotonic() - started < 5


async def test_a_domain_below_the_one_that_publishes_a_policy_is_bound_by_it():
    mail = MAIL.replace(f"@{DOMAIN}".encode(), f"@news.{DOMAIN}".encode())
    assert (await checked(SPF | REJECT, mail)).verdict is FAILED
    assert (await checked(SPF | REJECT, mail, peer=ALLOWED)).verdict is AUTHENTICATED


async def test_the_null_path_is_judged_by_the_name_of_the_client():
    found = await checked(SPF | REJECT, sender="", helo=DOMAIN, peer=ALLOWED)
    assert found.verdict is AUTHENTICATED


@pytest.mark.parametrize("record", ["v=spf1 include:a.example include:a.example", "v=spf1 ip4:999 -all", "v=spf1 %{x"])
async def test_a_record_nobody_can_read_vouches_for_nobody(record):
    zone = {DOMAIN: {"TXT": [record]}, "a.example": {"TXT": [f"v=spf1 include:{DOMAIN}"]}} | REJECT
    assert (await checked(zone, peer=ALLOWED)).verdict is FAILED


@pytest.mark.parametrize("peer", ["", "not an address"])
async def test_without_an_address_of_the_client_spf_says_nothing(peer):
    assert (await checked(SPF, peer=peer)).evidence[0].startswith("spf=none")


async def test_what_the_dealers_forwarder_broke_is_not_held_against_the_customer():
    zone = REJECT | {"autohaus.example": {"TXT": [f"v=spf1 ip4:{ALLOWED} -all"]}}
    path = "SRS0=ab=cd=auto-kunden.example=anna@autohaus.example"
    by_forwarder = await checked(zone, peer=ALLOWED, sender=path, forwarders=("info@autohaus.example",))
    assert by_forwarder.verdict is UNAUTHENTICATED
    assert (await checked(zone, peer=ALLOWED, sender=path)).verdict is FAILED
    assert (await checked(zone, sender=path, forwarders=("info@autohaus.example",))).verdict is FAILED


@pytest.mark.rule("SP-13")
@pytest.mark.parametrize("line", [b" " * 8_000 + b"x", b"a " * 4_000], ids=["blanks", "words"])
async def test_a_mail_made_to_keep_us_busy_is_stopped_and_stops_nobody(dkim_key, line):
    mail = MAIL + (line + b"\r\n") * 2_500
    signed = dkim_key.signed(MAIL, DOMAIN).removesuffix(MAIL) * 20 + mail  # twenty signatures, none of them right
    pool = ReaderPool(load_sources())
    try:
        await pool.warm_up()
        started, longest = time.monotonic(), 0.0
        work = asyncio.create_task(checked(REJECT | dkim_key.zone(DOMAIN), signed, reader=pool))
        while not work.done():
            before = time.monotonic()
            await asyncio.wait([work], timeout=0.01)
            longest = max(longest, time.monotonic() - before)
        assert (await work).verdict is not AUTHENTICATED
        assert time.monotonic() - started < 10
        assert longest < 1
    finally:
        await pool.close()
