"""The autoresponse: the dealer's words in the customer's language, and nothing of what a stranger typed."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.errors import Refused
from leadmaild.model.location import TemplateBlocks
from leadmaild.model.reading import Person, Prospect, VehicleText
from leadmaild.model.user import Group
from leadmaild.writing.compose import MailComposer

from .people import (
    CONTACT,
    CUSTOMER,
    LEAD,
    LOCATION,
    LOOP_MARK,
    PROSPECT,
    READING,
    SELLER,
    STOCK,
    facts,
    html_of,
    parsed,
    text_of,
)

COMPOSER = MailComposer()


def compose(**changes):
    return COMPOSER.compose(facts(**changes))


def location_with(**blocks):
    return replace(LOCATION, templates={"de": TemplateBlocks(**blocks)})


@pytest.mark.rule("R101")
@pytest.mark.rule("R106")
def test_text_and_html_say_the_same_and_the_text_is_readable():
    mail = compose()
    assert parsed(mail).get_content_type() == "multipart/alternative"
    assert text_of(mail) == (
        "Sehr geehrte Frau Wiśniewska,\n\n"
        "vielen Dank für Ihre Anfrage zu Škoda Octavia Combi 2.0 TDI. Sie ist bei uns angekommen. "
        "Wir melden uns so bald wie möglich persönlich bei Ihnen.\n\n"
        "Jana Müller\n+49 89 99998 010\n\n"
        "-- \nAutohaus Beispiel GmbH, Musterallee 1, 80331 München\n"
    )
    for words in ("Sehr geehrte Frau Wiśniewska", "Škoda Octavia Combi 2.0 TDI", "Jana Müller", "Musterallee 1"):
        assert words in html_of(mail)


@pytest.mark.rule("PF58")
def test_it_carries_the_marks_of_an_automatic_answer():
    message = parsed(compose())
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["X-Leadmaild-Loop"] == LOOP_MARK
    assert message["In-Reply-To"] == message["References"] == "<20260302.1@portal.example>"
    assert message["Reply-To"] == "autohaus-beispiel+k3x9@dein.example"
    assert message["Message-ID"] == "<out.1042.1@leads.dein.example>"
    assert message["Content-Language"] == "de"
    assert message["Date"].datetime == facts().now


@pytest.mark.rule("R31")
def test_it_comes_from_the_location_and_its_recipient_has_no_name():
    message = parsed(compose(location=replace(LOCATION, from_name='Müller, "Auto" & Söhne\r\nBcc: x@y.example')))
    (sender,) = message["From"].addresses
    assert sender.display_name == 'Müller, "Auto" & Söhne Bcc: x@y.example'
    assert sender.addr_spec == "autohaus-beispiel@dein.example"
    assert message["To"] == "lucja@kunden.example"
    assert "Bcc" not in message


@pytest.mark.rule("PF57")
@pytest.mark.parametrize("missing", [{"sender_mailbox": ""}, {"to": ()}, {"message_id": ""}])
def test_a_mail_without_sender_recipient_or_id_does_not_leave(missing):
    with pytest.raises(Refused):
        compose(**missing)


def test_it_is_small_ascii_and_in_short_lines():
    mail = compose(contact=replace(CONTACT, last_name="Щербаченко"))
    assert len(mail.raw) < 50 * 1024
    assert mail.raw.isascii()
    assert b"\n" not in mail.raw.replace(b"\r\n", b"")
    assert b"\r" not in mail.raw.replace(b"\r\n", b"")
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 998


def test_the_same_facts_give_the_same_bytes():
    assert compose().raw == compose().raw


@pytest.mark.rule("R102")
def test_it_is_written_in_the_customers_language_where_the_dealer_has_it():
    location = replace(
        LOCATION, templates={**LOCATION.templates, "en": TemplateBlocks(intro="<p>{{ contact.greeting }}, thanks.</p>")}
    )
    english = compose(location=location, language="en")
    assert text_of(english).startswith("Dear Ms Wiśniewska, thanks.")
    assert parsed(english)["Content-Language"] == "en"
    assert "Musterallee 1" in text_of(english)  # the footer has no translation: the default language's


@pytest.mark.rule("R102")
def test_a_missing_translation_falls_back_to_the_locations_language_with_its_greeting():
    location = location_with(intro="<p>{{ contact.greeting }}, danke.</p>")
    for language in ("en", "fr"):
        mail = compose(location=location, language=language)
        assert text_of(mail).startswith("Sehr geehrte Frau Wiśniewska, danke.")
        assert parsed(mail)["Content-Language"] == "de"


@pytest.mark.rule("R102")
@pytest.mark.parametrize(
    ("language", "greeting", "price"),
    [
        ("fr", "Bonjour Madame Wiśniewska", "21\u00a0990 €"),
        ("it", "Gentile Signora Wiśniewska", "21.990 €"),
        ("nl", "Geachte mevrouw Wiśniewska", "21.990 €"),
        ("es", "Estimada Sra. Wiśniewska", "21.990 €"),
        ("pl", "Szanowna Pani Wiśniewska", "21\u00a0990 €"),
        ("en", "Dear Ms Wiśniewska", "€21,990"),
    ],
)
def test_a_dealers_block_in_another_language_greets_and_counts_in_it(language, greeting, price):
    intro = TemplateBlocks(intro="{{ contact.greeting }}|{{ vehicle.price }}")
    mail = compose(location=replace(LOCATION, templates={language: intro}), language=f"{language.upper()}-XX")
    assert f"{greeting}|{price}" in html_of(mail).replace("&nbsp;", "\u00a0")
    assert parsed(mail)["Content-Language"] == language


@pytest.mark.rule("R102")
def test_without_a_block_of_the_dealer_a_language_we_cannot_write_gets_the_locations():
    mail = compose(location=replace(LOCATION, templates={}), language="fr")
    assert text_of(mail).startswith("Sehr geehrte Frau Wiśniewska,")
    assert parsed(mail)["Content-Language"] == "de"


@pytest.mark.rule("R102")
def test_without_a_block_of_the_dealer_the_shipped_words_speak_the_customers_language():
    mail = compose(location=replace(LOCATION, templates={}), language="en")
    assert text_of(mail).startswith("Dear Ms Wiśniewska,\n\nthank you for your enquiry")
    assert mail.subject == "Your enquiry about the Škoda Octavia Combi 2.0 TDI [Anfrage 1042]"


@pytest.mark.rule("R110")
@pytest.mark.rule("R111")
def test_a_group_has_its_own_template_and_its_empty_blocks_come_from_the_general_one():
    group = Group(
        "MUC", "Neuwagen", ("mueller",), templates={"de": TemplateBlocks(intro="<p>Neuwagen!</p>", general_footer="")}
    )
    text = text_of(compose(group=group))
    assert text.startswith("Neuwagen!")
    assert "Musterallee 1" in text
    assert "Jana Müller" in text


@pytest.mark.rule("R111")
def test_an_empty_footer_of_the_location_itself_means_no_footer():
    mail = compose(location=location_with(general_footer="", autoresponder_footer=""))
    assert "--" not in text_of(mail)
    assert "München" not in text_of(mail)


@pytest.mark.rule("R104")
def test_an_empty_value_leaves_no_raw_placeholder_and_no_gap():
    nobody = replace(SELLER, first_name="", last_name="", phone="")
    mail = compose(assignee=nobody)
    assert "mueller\n\n-- " in text_of(mail)  # the account's own name
    assert "{" not in text_of(mail) + html_of(mail).partition("<body")[2]
    without = compose(assignee=None, stock=None, prospect=None, contact=None)
    assert text_of(without).startswith("Guten Tag,\n\nvielen Dank für Ihre Anfrage. Sie ist")
    assert without.subject == "Ihre Anfrage [Anfrage 1042]"


@pytest.mark.rule("R107")
def test_placeholders_come_from_user_dealership_contact_vehicle_and_lead():
    intro = (
        "{{ assignee.first_name }}|{{ assignee.email }}|{{ location.name }}|{{ location.email }}|{{ location.code }}|"
        "{{ contact.salutation }}|{{ contact.last_name }}|{{ vehicle.internal_number }}|{{ vehicle.price }}|"
        "{{ lead.number }}|{{ lead.source }}|{{ lead.date }}"
    )
    assert text_of(compose(location=location_with(intro=intro, autoresponder_footer="", general_footer=""))) == (
        "Jana|jana.mueller@autohaus.example|Autohaus Beispiel München|autohaus-beispiel@dein.example|MUC|"
        "Frau|Wiśniewska|GW-4711|21.990 €|1042|mobile.de|Mo., 02.03.2026\n"
    )


@pytest.mark.parametrize(
    ("salutation", "title", "last_name", "language", "greeting"),
    [
        ("Frau", None, "Müller", "de", "Sehr geehrte Frau Müller"),
        ("Herr", "Dr.", "Müller", "de", "Sehr geehrter Herr Dr. Müller"),
        ("Mr", None, "O'Brien", "de", "Sehr geehrter Herr O'Brien"),
        ("Familie", None, "Kaya", "de", "Sehr geehrte Familie Kaya"),
        ("Herr", None, "Müller", "en", "Dear Mr Müller"),
        (None, None, "Müller", "de", "Guten Tag"),
        ("Frau", None, None, "en", "Hello"),
        ("Frau", "Gewinner.example", "Müller", "de", "Sehr geehrte Frau Müller"),
        ("Herr", None, "und Eva Müller", "de", "Guten Tag"),
        ("Herr", None, "O'Neil & Söhne", "de", "Guten Tag"),
    ],
)
def test_the_greeting_follows_salutation_and_language(salutation, title, last_name, language, greeting):
    contact = replace(CONTACT, salutation=salutation, title=title, last_name=last_name)
    prospect = replace(PROSPECT, contact=Person())
    mail = compose(contact=contact, prospect=prospect, location=replace(LOCATION, templates={}), language=language)
    assert text_of(mail).startswith(greeting + ",")


@pytest.mark.rule("SP-19")
@pytest.mark.parametrize(
    "name",
    [
        "CLICK http://evil.example",
        "Gewinn auf www.evil.example",
        "evil.example",
        "a@b.example",
        "0900123456",
        "<b>Müller</b>",
        "x" * 61,
        "{{ 7*7 }}",
        "Müller\u202e",
    ],
)
def test_a_name_that_could_be_bait_is_not_repeated(name):
    contact = replace(CONTACT, first_name=name, last_name=name, name=name)
    mail = compose(contact=contact, prospect=None)
    if name == "Müller\u202e":  # only the direction mark goes
        assert text_of(mail).startswith("Sehr geehrte Frau Müller,")
    else:
        assert text_of(mail).startswith("Guten Tag,")
        assert name not in text_of(mail) + html_of(mail)


def test_nothing_but_salutation_and_surname_of_the_customers_own_words_is_echoed():
    loud = Prospect(
        source="website_form",
        contact=Person(
            salutation="Frau",
            first_name="Kanarieerst",
            last_name="Wiśniewska",
            name="Kanarieganz",
            company="Kanariefirma",
            email="lucja@kunden.example",
            phones=("Kanarietelefon",),
        ),
        message="Kanarienachricht https://evil.example",
        source_lead_id="Kanarienummer",
        vehicle=VehicleText(title="Kanarietitel", make="Kanariemarke", model="Golf", variant="Kanarievariante"),
        trade_in=VehicleText(title="Kanariewagen", make="Kanariemarke", damage="Kanarieschaden"),
    )
    reading = replace(READING, subject="Kanariebetreff", text="Kanarietext")
    mail = compose(prospect=loud, contact=None, stock=None, original_reading=reading, text="Kanarieworte")
    assert "kanarie" not in mail.raw.decode().lower()
    assert "kanarie" not in (text_of(mail) + html_of(mail) + mail.subject).lower()


@pytest.mark.parametrize(
    ("vehicle", "shown"),
    [
        (VehicleText(make="Volkswagen", model="Golf"), "Volkswagen Golf"),
        (VehicleText(make="BMW", model="320d xDrive"), "BMW 320d xDrive"),
        (VehicleText(make="Volkswagen", model="ID.3"), "Volkswagen ID.3"),
        (VehicleText(make="Volkswagen", model="billig auf evil.example"), ""),
        (VehicleText(make="Volkswagen", model="http://evil.example"), ""),
        (VehicleText(make="Volkswagen", model="Golf 0900123456"), ""),
        (VehicleText(make="Gewinn", model="Golf"), ""),
        (VehicleText(make="Volkswagen"), ""),
        (VehicleText(title="Volkswagen Golf"), ""),
    ],
)
def test_a_vehicle_out_of_stock_is_named_only_by_known_make_and_plain_model(vehicle, shown):
    mail = compose(stock=None, prospect=replace(PROSPECT, vehicle=vehicle), contact=CONTACT)
    assert mail.subject == f"Ihre Anfrage{' zu ' + shown if shown else ''} [Anfrage 1042]"


@pytest.mark.rule("BI-47")
@pytest.mark.rule("BI-48")
@pytest.mark.rule("PF61")
@settings(max_examples=30, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            name: st.one_of(
                st.text(max_size=80),
                st.sampled_from(
                    ["Bob\r\nBcc: v@x.example", "{{ 7*7 }}", "{% for x in y %}", "%s%n", "${7*7}", "\x00\ud800"]
                ),
            )
            for name in ("first_name", "last_name", "name", "company", "salutation", "title")
        }
    ),
    st.text(max_size=80),
)
def test_no_parsed_field_adds_a_header_field_or_stops_the_mail(person, text):
    prospect = replace(
        PROSPECT,
        contact=replace(CUSTOMER, **person),
        vehicle=VehicleText(title=text, make=text, model=text),
        message=text,
    )
    mail = compose(prospect=prospect, contact=None, stock=None, source_name=text)
    assert parsed(mail).keys() == parsed(compose()).keys()
    assert mail.raw.isascii()


@pytest.mark.rule("BI-53")
@pytest.mark.parametrize(
    "email", ["a@b.example, c@d.example", "a@b.example\r\nBcc: v@x.example", "group: a@b.example;"]
)
def test_an_answer_goes_to_no_address_that_is_not_one(email):
    with pytest.raises(Refused):
        compose(to=(email,))


@pytest.mark.rule("R103")
@pytest.mark.parametrize(
    ("color", "shown", "text"),
    [
        ("#fff", "#fff", "#111111"),
        ("#1F3A5F", "#1F3A5F", "#ffffff"),
        ("red;x:url(//evil.example)", "#1f3a5f", "#ffffff"),
    ],
)
def test_the_banner_has_the_dealers_colour_and_readable_words(color, shown, text):
    html = html_of(compose(location=location_with(banner_color=color)))
    assert f'bgcolor="{shown}"' in html
    assert "evil" not in html
    (banner,) = re.findall(r"<td[^>]*bgcolor[^>]*>", html)
    assert re.search(rf'[;" ]color: *{text}', banner)


@pytest.mark.rule("R106")
def test_a_dealers_html_is_kept_where_it_is_simple_and_dropped_where_it_acts():
    intro = (
        '<p onclick="x()">Hallo <b>Sie</b></p><script>alert(1)</script><a href="javascript:x()">a</a>'
        '<ul><li>eins</li><li>zwei</li></ul><a href="https://www.autohaus.example/termin">Termin</a>'
        '<iframe src="//x"></iframe>'
    )
    mail = compose(location=location_with(intro=intro))
    html = html_of(mail).partition("<body")[2]
    assert "<b>Sie</b>" in html
    assert "https://www.autohaus.example/termin" in html
    for active in ("onclick", "script", "javascript", "iframe"):
        assert active not in html
    assert "Hallo Sie" in text_of(mail)
    assert "- eins\n- zwei" in text_of(mail)
    assert "Termin <https://www.autohaus.example/termin>" in text_of(mail)


@pytest.mark.rule("BI-49")
def test_values_are_escaped_in_the_page():
    stock = replace(STOCK, make="<script>alert(1)</script>", model='</td></table>"&')
    html = html_of(compose(stock=stock))
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert html.count("</table>") == html_of(compose()).count("</table>")


@pytest.mark.rule("PF57")
@pytest.mark.parametrize(
    "intro", ["{{ kunde.name }}", "{% for x in contact %}x{% endfor %}", "{{ 'a' * 10000000 }}", "{{"]
)
def test_a_block_that_is_not_valid_does_not_leave(intro):
    with pytest.raises(Refused):
        compose(location=location_with(intro=intro))


def test_a_foreign_locations_footer_cannot_leave():
    other = replace(
        LOCATION, code="HAM", name="Autohaus Nord", templates={"de": TemplateBlocks(general_footer="<p>Nord</p>")}
    )
    assert "Musterallee" not in text_of(compose(location=other, lead=replace(LEAD, location="HAM")))
