"""The trade-in mail and its one-page summary: complete, safe, and never in each other's way."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from leadmaild.model.decision import MailKind
from leadmaild.model.reading import Person, VehicleText
from leadmaild.writing.compose import PDF_FAILED, MailComposer
from leadmaild.writing.templates import Templates
from leadmaild.writing.trade_in_pdf import trade_in_pdf

from .people import CUSTOMER, LOCATION, PROSPECT, TRADE_IN, facts, parsed, text_of

COMPOSER = MailComposer()
WORDS = Templates().words("de")
OFFER = replace(PROSPECT, vehicle=None, trade_in=TRADE_IN)
STANDARD = {"prospect": OFFER, "stock": None, "to": ("ankauf@autohaus.example",), "to_user": None}


def offer(**changes):
    return facts(MailKind.TRADE_IN_CC, **(STANDARD | changes))


def pages(pdf):
    return PdfReader(io.BytesIO(pdf)).pages


def words_on(pdf):
    (page,) = pages(pdf)
    return " ".join(page.extract_text().split())


@pytest.mark.rule("R42")
@pytest.mark.rule("R47")
def test_the_summary_holds_every_core_datum_on_one_page():
    shown = words_on(trade_in_pdf(offer(), WORDS))
    for datum in (
        "Anfrage 1042",
        "Eingegangen: Mo., 02.03.2026, 10:14 Uhr",
        "mobile.de",
        "Łucja Wiśniewska",
        "+49 171 3920012",
        "lucja@kunden.example",
        "Volkswagen",
        "Golf",
        "VII 1.4 TSI Highline",
        "05/2016",
        "84.500 km",
        "0603 / BPW",
        "Benzin",
        "Schaltgetriebe",
        "Kratzer hinten rechts, Steinschlag",
        "9.500 €",
        "ist der Wagen noch zu haben?",
    ):
        assert datum in shown


@pytest.mark.rule("R42")
@pytest.mark.rule("R182")
def test_its_links_lead_into_the_application_and_carry_no_personal_data():
    (page,) = pages(trade_in_pdf(offer(), WORDS))
    links = [note.get_object()["/A"]["/URI"] for note in page["/Annots"]]
    assert links == ["https://app.dein.example/leads/1042", "https://app.dein.example/contacts/9"]


@pytest.mark.rule("R47")
def test_missing_fields_are_shown_as_a_dash():
    bare = replace(OFFER, trade_in=VehicleText(make="Opel"), contact=Person(name="Anna Ünal"), message=None)
    shown = words_on(trade_in_pdf(offer(prospect=bare, contact=None), WORDS))
    for label in (
        "Telefon",
        "E-Mail",
        "Modell",
        "Erstzulassung",
        "Kilometerstand",
        "Fahrgestellnummer",
        "Preisvorstellung",
    ):
        assert f"{label} -" in shown


@pytest.mark.parametrize(
    "name",
    ["Łukasz Żółć", "Ćiro Đurić", "Ayşe Yılmaz Ğ", "Олександр Щербаченко", "Ελένη Ωραία", "Țepeș Ț", "Ågot Þór Æ"],
)
def test_european_names_stand_right(name):
    person = replace(OFFER, contact=replace(CUSTOMER, first_name=name, last_name=None))
    assert name in words_on(trade_in_pdf(offer(prospect=person, contact=None), WORDS))


@pytest.mark.rule("BI-50")
@pytest.mark.parametrize(
    "text",
    [
        "Price < 10 & <b>",
        '<img src="/etc/passwd">',
        '<font color="[[[getattr(pow, Word)]]]">x</font>',
        "<para><para>x</para></para>",
        "<onDraw name=x/>",
        "{{ 7*7 }} %s &amp;",
    ],
)
def test_markup_in_any_field_is_literal_text(text):
    vehicle = replace(TRADE_IN, make=text, model=text, damage=text, variant=text)
    prospect = replace(
        OFFER, trade_in=vehicle, message=text, contact=replace(CUSTOMER, first_name=text, last_name=None)
    )
    shown = words_on(trade_in_pdf(offer(prospect=prospect, contact=None), WORDS))
    assert "".join(shown.split()).count("".join(text.split())) >= 4


@pytest.mark.rule("BI-50")
@pytest.mark.parametrize(
    "comment", ["Wort " * 200_000, "x" * 1_000_000, "Zeile\n" * 170_000], ids=["words", "word", "lines"]
)
def test_a_megabyte_of_comment_makes_one_page_in_time_with_a_note(comment):
    started = time.perf_counter()
    pdf = trade_in_pdf(offer(prospect=replace(OFFER, message=comment)), WORDS)
    assert timedelta(seconds=time.perf_counter() - started) < timedelta(seconds=5)
    assert "Text gekürzt" in words_on(pdf)


@pytest.mark.rule("BI-50")
@settings(max_examples=15, deadline=None)
@given(st.text(max_size=400))
def test_no_text_breaks_the_page(text):
    vehicle = replace(TRADE_IN, make=text, model=text, damage=text, fuel=text, vin=text)
    person = replace(CUSTOMER, first_name=text, company=text, phones=(text,))
    prospect = replace(OFFER, trade_in=vehicle, message=text, contact=person)
    assert len(pages(trade_in_pdf(offer(prospect=prospect, contact=None, source_name=text), WORDS))) == 1


def test_every_field_at_its_longest_still_fits_one_page():
    long = "Wagenfarbe " * 40
    vehicle = VehicleText(
        **dict.fromkeys(("make", "model", "variant", "fuel", "gearbox", "power", "damage", "vin"), long)
    )
    person = Person(name=long, company=long, phones=tuple(f"030 23125 {n:03}" for n in range(9)), email="a@b.example")
    prospect = replace(OFFER, trade_in=vehicle, contact=person, message=long * 50)
    assert len(pages(trade_in_pdf(offer(prospect=prospect, contact=None), WORDS))) == 1


def test_the_same_facts_give_the_same_bytes():
    assert trade_in_pdf(offer(), WORDS) == trade_in_pdf(offer(), WORDS)
    assert COMPOSER.compose(offer()).raw == COMPOSER.compose(offer()).raw


@pytest.mark.rule("R42")
def test_the_mail_brings_the_summary():
    mail = COMPOSER.compose(offer())
    (pdf,) = parsed(mail).iter_attachments()
    assert (pdf.get_filename(), pdf.get_content_type()) == ("Inzahlungnahme-1042.pdf", "application/pdf")
    assert words_on(pdf.get_content())
    assert mail.subject == "Inzahlungnahme: Volkswagen Golf, Łucja Wiśniewska [Anfrage 1042]"
    for datum in ("Marke: Volkswagen", "Kilometerstand: 84.500 km", "Telefon: +49 171 3920012"):
        assert datum in text_of(mail)
    assert mail.notes == ()


@pytest.mark.rule("Q20")
def test_answers_to_the_trade_in_mail_go_to_the_customer():
    assert parsed(COMPOSER.compose(offer()))["Reply-To"] == "lucja@kunden.example"


@pytest.mark.rule("BI-53")
@pytest.mark.parametrize("email", [None, "a@b.example, c@d.example", "a@b.example\r\nBcc: v@x.example"])
def test_an_address_that_is_not_one_makes_no_reply_to(email):
    prospect = replace(OFFER, contact=replace(CUSTOMER, email=email))
    message = parsed(COMPOSER.compose(offer(prospect=prospect, contact=None)))
    assert "Reply-To" not in message
    assert "Bcc" not in message


@pytest.mark.rule("R47")
@pytest.mark.rule("PF62")
def test_a_summary_that_cannot_be_made_does_not_stop_the_mail_which_says_so(monkeypatch):
    def broken(*_):
        raise IndexError("nested para")

    monkeypatch.setattr("leadmaild.writing.trade_in_pdf.trade_in_pdf", broken)
    mail = COMPOSER.compose(offer())
    assert mail.notes == (PDF_FAILED,)
    assert list(parsed(mail).iter_attachments()) == []
    assert "Datenblatt (PDF) konnte nicht erstellt werden" in text_of(mail)
    assert "angehängten" not in text_of(mail)


def test_the_summary_speaks_the_locations_language():
    english = replace(LOCATION, language="en")
    mail = COMPOSER.compose(offer(location=english))
    (pdf,) = parsed(mail).iter_attachments()
    assert "First registration" in words_on(pdf.get_content())
    assert "84,500 km" in words_on(pdf.get_content())


def test_summaries_made_side_by_side_do_not_disturb_each_other():
    people = [replace(OFFER, contact=replace(CUSTOMER, first_name=f"Ł{n}")) for n in range(6)]
    alone = [COMPOSER.compose(offer(prospect=one)).raw for one in people]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(lambda one: COMPOSER.compose(offer(prospect=one)).raw, people))
    assert together == alone
