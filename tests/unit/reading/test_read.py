"""The orchestrator: total, in the order of rules.md 3.6, and honest about what it does not know."""

import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.model.reading import CarrierClass, Classification
from leadmaild.reading import read as orchestrator
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.contract import as_contract
from tests.unit.reading.mails import html, mail, prospect_of, reading_of


@pytest.mark.rule("BI-25")
@pytest.mark.parametrize("raw", [b"", b"\r\n\r\n\r\n", b"Subject: x\r\n\r\n", b"just a body without any header"])
def test_a_mail_of_nothing_is_read_and_has_no_lead(raw: bytes) -> None:
    reading = reading_of(raw)

    assert reading.prospects == ()
    assert not reading.verdicts.answerable.value


@pytest.mark.rule("SP-12")
@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_have_a_reading(raw: bytes) -> None:
    reading = reading_of(raw)

    assert not reading.reason.startswith("reading failed")
    assert "\x00" not in str(as_contract(reading))


@pytest.mark.rule("SP-12")
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_to_a_portals_mail_breaks_the_reading(data: st.DataObject) -> None:
    raw = html(
        "<table><tr><td>Name:</td><td>Eva Lind</td></tr><tr><td>Telefon</td><td>0171 3920023</td></tr></table>"
        "<p><b>Nachricht</b></p><p>Hallo</p><!-- <a><b>1</b></a> -->",
        sender="x <buyer-1@mail.mobile.de>",
    )
    at = data.draw(st.integers(0, len(raw)))
    junk = data.draw(st.binary(max_size=8))
    cut = data.draw(st.integers(0, 20))

    assert not reading_of(raw[:at] + junk + raw[at + cut :]).reason.startswith("reading failed")


@pytest.mark.rule("SP-13")
@pytest.mark.parametrize(
    "fragment",
    [
        "<!--", "<!DOCTYPE [", "<![CDATA[", "<vendor>", "<?xml ", '{"', "Von: x\n", "-----\n", "biete 1 € ", "a@",
        "Name\n", "+49 ", "| ",
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["", "<adf><prospect>"])
def test_a_fragment_repeated_costs_linear_time(prefix: str, fragment: str) -> None:
    raw = html(
        prefix + fragment * (100_000 // len(fragment)), sender="x <no-reply@rtm.autoscout24.com>", subject="Anfrage"
    )
    before = time.process_time()

    reading_of(raw)

    assert time.process_time() - before < 1.5


@pytest.mark.rule("SP-13")
@pytest.mark.rule("BI-43")
def test_every_mail_of_the_corpus_has_a_reading_that_can_be_printed(shared_folder: Path) -> None:
    for path in sorted((shared_folder / "corpus").glob("*/*.eml")):
        before = time.process_time()
        reading = reading_of(path.read_bytes())

        assert not reading.reason.startswith("reading failed"), path.name
        assert json.dumps(as_contract(reading), ensure_ascii=False).encode()
        assert time.process_time() - before < 2


@pytest.mark.rule("SP-12")
def test_a_bug_in_a_reader_gives_the_mail_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(orchestrator, "recognise", broken)

    reading = reading_of(mail("Hallo", sender="a@example.org"))

    assert (reading.classification, reading.needs_review, reading.broke_reader) == (Classification.LEAD, True, True)
    assert (reading.text, reading.reason) == ("Hallo", "reading failed: ZeroDivisionError")


@pytest.mark.rule("BI-32")
def test_an_address_of_broken_bytes_is_no_address() -> None:
    reading = reading_of(b"From: \x80buyer@mail.mobile.de\nTo: a@dein.example\n\nHallo")

    assert reading.sender.email is None
    json.dumps(as_contract(reading), ensure_ascii=False).encode()


@pytest.mark.rule("R167")
def test_without_a_way_to_the_customer_there_is_no_lead_but_a_review() -> None:
    reading = reading_of(mail("Name: Anonym\nNachricht: Hallo", sender="noreply@autoscout24.de", subject="Anfrage"))

    assert (reading.classification, reading.prospects, reading.needs_review) == (Classification.LEAD, (), True)
    assert reading.review_reasons[0] == "no way to reach the customer"


@pytest.mark.rule("R164")
def test_a_call_lead_has_a_telephone_and_gets_no_answer() -> None:
    raw = html("<!-- <l><caller>0171 3920023</caller></l> -->", sender="no-reply@rtm.autoscout24.com",
               subject="Knd.-Nr: 1234. Verpasster Anruf um 10:00, VW Golf (MIA)")  # fmt: skip
    reading = reading_of(raw)

    assert reading.prospects[0].channel == "phone"
    assert reading.prospects[0].contact.phones == ("+491713920023",)
    assert not reading.verdicts.answerable.value


@pytest.mark.rule("R112")
def test_the_carrier_of_a_persons_mail_is_a_and_of_a_form_is_b() -> None:
    person = reading_of(mail("Hallo, haben Sie einen VW Golf?", sender="Eva <eva@example.org>"))
    form = reading_of(mail("Name: Eva Lind\nE-Mail: eva@example.org\nNachricht: x", sender="wordpress@x.example"))

    assert (person.carrier, form.carrier) == (CarrierClass.A, CarrierClass.B)
    assert person.verdicts.answerable.value
    assert form.verdicts.answerable.value


@pytest.mark.rule("R112")
def test_an_address_out_of_free_text_is_never_answered() -> None:
    reading = reading_of(mail("WER >> Kunz\nPOST >> rita.kunz@example.org", sender="robot@leadboerse.example"))

    assert reading.prospects[0].contact.email == "rita.kunz@example.org"
    assert not reading.verdicts.answerable.value


@pytest.mark.rule("BI-47")
@pytest.mark.rule("BI-48")
@pytest.mark.parametrize("name", ["Bob\\r\\nBcc: v@x.example", "{{ 7*7 }}", "${7*7}", "%s%n", "<script>x</script>"])
def test_a_hostile_name_stays_one_harmless_line(name: str) -> None:
    found = prospect_of(mail(f"Name: {name}\nE-Mail: eva@example.org\nNachricht: x", sender="wordpress@x.example"))

    for value in (found.contact.name, found.contact.first_name, found.contact.last_name):
        assert value is None or "\n" not in value


@pytest.mark.rule("BI-34")
@pytest.mark.parametrize("date", ["garbage", "Thu, 32 Foo 9999 99:99:99 +9999", "", "Mon, 05 Oct 2026 09:12:44"])
def test_a_broken_date_is_no_date(date: str) -> None:
    assert reading_of(mail("x", sender="a@example.org", Date=date)).sent_at is None


@pytest.mark.rule("BI-37")
def test_a_name_that_shows_another_address_is_for_review() -> None:
    reading = reading_of(mail("Hallo", sender='"admin@bank.example" <evil@x.example>'))

    assert reading.sender.name_shows_other_address
    assert reading.needs_review


def test_the_dealers_own_addresses_are_never_the_customer() -> None:
    raw = mail(
        "Name: Eva Lind\nE-Mail: info@autohaus.example\nTelefon: 0171 3920023\nNachricht: x",
        sender="wordpress@x.example",
    )

    found = prospect_of(raw, context=ReadingContext(recipient="a@dein.example", aliases=("info@autohaus.example",)))

    assert found.contact.email is None


def test_agreement_of_two_renderings_raises_and_contradiction_lowers_confidence() -> None:
    def both(plain: str, rich: str) -> bytes:
        return (
            b"From: x <buyer-1@mail.mobile.de>\nTo: a@dein.example\nSubject: Anfrage\nMIME-Version: 1.0\n"
            b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
            + plain.encode()
            + b"\n--b\nContent-Type: text/html\n\n<html><body>" + rich.encode() + b"</body></html>\n--b--\n"
        )  # fmt: skip

    agreed = reading_of(both("Preis: 9.990 EUR\nNachricht: x", "<p>Preis: 9.990 EUR</p><p>Nachricht: x</p>"))
    doubtful = reading_of(both("Preis: 9.990 EUR\nNachricht: x", "<p>Preis: 19.990 EUR</p><p>Nachricht: x</p>"))

    sure = agreed.prospects[0].provenance["vehicle.price"].confidence
    unsure = doubtful.prospects[0].provenance["vehicle.price"].confidence
    assert sure > 0.95 > unsure
    assert not agreed.needs_review
    assert "vehicle.price: two origins contradict" in doubtful.review_reasons


@pytest.mark.rule("R129")
def test_a_mail_that_names_ours_is_a_reply_unless_it_is_a_new_enquiry_by_its_labels() -> None:
    headers = {"In_Reply_To": "<out.12.1@leads.dein.example>"}

    answer = reading_of(mail("Ja, gern.", sender="x <buyer-1@mail.mobile.de>", subject="Re: x", **headers))
    enquiry = reading_of(
        mail(
            "Fahrzeug: VW Golf\nName: Eva Lind\nTelefon: 0171 3920023\nNachricht: x",
            sender="x <buyer-1@mail.mobile.de>",
            **headers,
        )
    )

    assert (answer.classification, enquiry.classification) == (Classification.CUSTOMER_REPLY, Classification.LEAD)
    assert answer.reply is not None
    assert answer.reply.message == "Ja, gern."
