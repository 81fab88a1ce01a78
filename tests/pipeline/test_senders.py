"""Mail from anywhere: its sender is checked at intake, and the verdict decides what may come of it (AR-14, SP-22)."""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default

import dkim
import pytest

from leadmaild.reading.definition_reader import read_definition
from tests.dealership import enquiry
from tests.integration.dkim_keys import DkimKey
from tests.integration.name_server import SILENT, NameServer, name_server, resolver_of
from tests.pipeline.portal import DEFINITION, mail_of_portal
from tests.pipeline.steps import SameProcessReader, outcomes

pytestmark = [pytest.mark.asyncio, pytest.mark.rule("AR-14")]

FROM_ANYWHERE = {"is_trusted_client": False, "peer": "192.0.2.7", "helo": "mail.kunden.example"}
CUSTOMER = "kunde1@kunden.example"
REDIRECT = '  [location.redirect]\n  general = ["archiv@archiv.example"]\n'


@pytest.fixture
def dns(dkim_key) -> Iterator[NameServer]:
    """kunden.example signs its mail and wants what is not signed rejected."""
    zone = dkim_key.zone("kunden.example") | {"_dmarc.kunden.example": {"TXT": ["v=DMARC1; p=reject"]}}
    with name_server(zone) as server:
        yield server


@pytest.fixture
def open_with_dns(open_dealership, dns):
    async def opener(**settings):
        return await open_dealership(outside={"resolver": resolver_of(dns)}, **settings)

    return opener


async def entry(bench, journal_id: int = 1):
    async with bench.gateway.database.view() as tx:
        return await tx.listings.journal_entry(journal_id)


async def test_a_customer_who_is_who_he_says_is_answered(open_with_dns, dkim_key):
    bench = await open_with_dns()
    await bench.take(dkim_key.signed(enquiry(1), "kunden.example"), **FROM_ANYWHERE)
    await bench.run()

    assert len(bench.transport.to(CUSTOMER)) == 1
    seen = await entry(bench)
    assert seen.sender_verdict == "authenticated"
    assert "dkim=pass header.d=kunden.example header.s=k1" in seen.evidence


@pytest.mark.rule("BI-64")
@pytest.mark.rule("SP-22")
async def test_whoever_only_says_so_gets_a_lead_of_his_own_and_no_answer(open_with_dns, dkim_key):
    bench = await open_with_dns()
    await bench.take(dkim_key.signed(enquiry(1), "kunden.example"), **FROM_ANYWHERE)
    await bench.run()
    known = (await bench.leads())[0].contact
    forged = enquiry(1, message_id="<forged@evil.example>", text="Neue Nummer: 0171 3920099, bitte nur noch da!\r\n")
    await bench.take(forged, sender="x@evil.example", **FROM_ANYWHERE)
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead", "manual_review"]
    genuine, other = await bench.leads()
    assert genuine.contact == known
    assert other.contact.id != known.id
    assert other.contact.emails == ()
    assert len(bench.transport.to(CUSTOMER)) == 1
    assert (await entry(bench, 2)).sender_verdict == "failed"
    notices = [mail for mail in bench.transport.sent if b"Auto-Submitted: auto-generated" in mail.raw]
    warned = ["Absender nicht bestätigt" in _text(mail.raw) for mail in notices]
    assert warned == [False, True]


async def test_a_sender_nobody_vouches_for_joins_but_is_not_answered(open_with_dns, dns):
    del dns.zone["_dmarc.kunden.example"]
    bench = await open_with_dns()
    await bench.take(enquiry(1), **FROM_ANYWHERE)
    await bench.run()
    await bench.take(enquiry(1, message_id="<2@x.example>", text="Noch etwas: hat er TÜV?\r\n"), **FROM_ANYWHERE)
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead", "joined"]
    assert bench.transport.to(CUSTOMER) == []
    (answer,) = await bench.queue("autoresponse")
    assert (answer.state, answer.why) == ("suppressed", "AR-14")


async def test_a_name_server_that_is_silent_costs_the_answer_never_the_lead(open_with_dns, dns, dkim_key):
    dns.zone = {"k1._domainkey.kunden.example": {"ANY": SILENT}, "_dmarc.kunden.example": {"ANY": SILENT}}
    bench = await open_with_dns()
    await bench.take(dkim_key.signed(enquiry(1), "kunden.example"), **FROM_ANYWHERE)
    await bench.run()

    assert outcomes(await bench.journal()) == ["lead"]
    assert bench.transport.to(CUSTOMER) == []
    assert (await entry(bench)).sender_verdict == "unauthenticated"


async def test_a_mail_that_is_read_again_keeps_the_verdict_of_the_day_it_came(open_with_dns, dns, dkim_key):
    from leadmaild.commands.journal import reprocess_mails

    bench = await open_with_dns()
    await bench.take(dkim_key.signed(enquiry(1), "kunden.example"), **FROM_ANYWHERE)
    await bench.run()
    dns.zone = {"_dmarc.kunden.example": {"TXT": ["v=DMARC1; p=reject"]}}  # the key was changed since
    await reprocess_mails(bench.gateway.database, (1,), bench.clock.now())
    await bench.run()

    assert (await entry(bench)).sender_verdict == "authenticated"


async def test_mail_the_dealers_own_server_let_in_is_answered_and_asks_dns_nothing(open_with_dns, dns):
    bench = await open_with_dns()
    await bench.take(enquiry(1))
    await bench.run()

    assert len(bench.transport.to(CUSTOMER)) == 1
    assert dns.asked == []
    assert (await entry(bench)).sender_verdict == "unauthenticated"


def _signed_by_the_author(key, number=1, domain="kunden.example", **fields):
    return key.signed(enquiry(number, **fields), domain)


HONEST = {
    "by her provider, SPF alone": ("anna@spf.example", lambda _key: enquiry(1, **{"from": CUSTOMER_OF_SPF})),
    "by her provider, signed": ("anna@kunden.example", _signed_by_the_author),
    "by a mailing provider, signed for her": ("bounce-1@versand.example", _signed_by_the_author),
    "forwarded by the dealer's old mailbox": (
        "SRS0=ab=cd=kunden.example=anna@autohaus-beispiel.example",
        lambda key: b"Received: by mail.autohaus-beispiel.example; x\r\n" + _signed_by_the_author(key),
    ),
    "with an umlaut in her domain": (
        "anna@xn--mller-kva.example",
        lambda key: _signed_by_the_author(
            key, domain="xn--mller-kva.example", **{"from": "Anna <kunde1@xn--mller-kva.example>"}
        ),
    ),
}
CUSTOMER_OF_SPF = "Anna <kunde1@spf.example>"


@pytest.mark.rule("BI-64b")
@pytest.mark.parametrize("how", HONEST)
async def test_an_honest_customer_at_our_mx_gets_one_answer(open_with_dns, dns, dkim_key, how):
    reject = {"TXT": ["v=DMARC1; p=reject"]}
    dns.zone |= dkim_key.zone("xn--mller-kva.example") | {
        "_dmarc.xn--mller-kva.example": reject,
        "_dmarc.spf.example": reject,
        "spf.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
        "autohaus-beispiel.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
        "versand.example": {"TXT": ["v=spf1 ip4:192.0.2.0/24 -all"]},
    }
    sender, made = HONEST[how]
    bench = await open_with_dns()
    await bench.take(made(dkim_key), sender=sender, **FROM_ANYWHERE)
    await bench.run()

    assert (await entry(bench)).sender_verdict == "authenticated", (await entry(bench)).evidence
    (answer,) = await bench.queue("autoresponse")
    assert answer.state == "sent"
    assert len([mail for mail in bench.transport.sent if mail.recipients[0].startswith("kunde1@")]) == 1


@pytest.mark.rule("R112")
async def test_a_portals_own_signature_vouches_for_the_customer_it_names(open_dealership, dns, dkim_key, sources):
    dns.zone |= dkim_key.zone("boersenlead.example") | {"_dmarc.boersenlead.example": {"TXT": ["v=DMARC1; p=none"]}}
    reader = SameProcessReader(sources.overridden_by([read_definition(DEFINITION)]))
    bench = await open_dealership(outside={"resolver": resolver_of(dns), "reader": reader})
    signed = dkim_key.signed(mail_of_portal(1), "boersenlead.example")
    await bench.take(signed, sender="bounce@versand.example", **FROM_ANYWHERE)
    await bench.take(mail_of_portal(2), sender="bounce@evil.example", **FROM_ANYWHERE)
    await bench.run()

    answers = [(mail.state, mail.why) for mail in await bench.queue("autoresponse")]
    assert [state for state, _ in answers] == ["sent", "suppressed"]
    assert answers[1][1] == "AR-14"


@pytest.mark.rule("BI-65")
@pytest.mark.parametrize(
    ("results", "trusted", "verdict"),
    [
        ("mx.dein.auto; dmarc=fail header.from=kunden.example", True, "failed"),
        ("mx.dein.auto; dmarc=pass header.from=kunden.example", True, "authenticated"),
        ("mx.evil.example; dmarc=pass header.from=kunden.example", True, "unauthenticated"),
        ("mx.dein.auto; dmarc=pass header.from=kunden.example", False, "failed"),
    ],
)
async def test_the_results_of_our_own_server_count_where_it_stands_in_front(open_with_dns, results, trusted, verdict):
    bench = await open_with_dns(smtp='authserv_id = "mx.dein.auto"')
    await bench.take(
        f"Authentication-Results: {results}\r\n".encode() + enquiry(1), **({} if trusted else FROM_ANYWHERE)
    )
    await bench.run()

    assert (await entry(bench)).sender_verdict == verdict
    assert len(bench.transport.to(CUSTOMER)) == (0 if verdict == "failed" else 1)


@pytest.mark.rule("SP-20")
@pytest.mark.rule("R40")
async def test_a_redirect_keeps_the_author_whose_signature_still_verifies(open_with_dns, dkim_key):
    bench = await open_with_dns(tables=REDIRECT)
    await bench.take(dkim_key.signed(enquiry(1), "kunden.example"), **FROM_ANYWHERE)
    await bench.take(enquiry(2), **FROM_ANYWHERE)
    await bench.run()

    signed, unsigned = bench.transport.to("archiv@archiv.example")
    assert "kunde1@kunden.example" in message_from_bytes(signed.raw, policy=default)["From"]
    assert _is_signed(signed.raw, dkim_key)
    assert "autohaus-beispiel@dein.auto" in message_from_bytes(unsigned.raw, policy=default)["From"]


def _is_signed(raw: bytes, key: DkimKey) -> bool:
    return dkim.verify(raw, dnsfunc=lambda *_, **__: key.record.encode())


def _text(raw: bytes) -> str:
    message = message_from_bytes(raw, policy=default)
    return message.get_body(("plain",)).get_content()
