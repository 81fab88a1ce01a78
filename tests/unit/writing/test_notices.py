"""Notices to staff: who, which vehicle, how to reach, due when, and the way into the application."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.errors import ConfigError, Refused
from leadmaild.model.decision import MailKind
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.location import OpeningHours
from leadmaild.model.reading import Person, Sender, VehicleText
from leadmaild.shipped import shipped
from leadmaild.writing.compose import MailComposer

from .people import CUSTOMER, DEPUTY, LEAD, LOCATION, ORIGINAL, PROSPECT, READING, facts, html_of, parsed, text_of

COMPOSER = MailComposer()
LEAD_NOTICES = [
    MailKind.NEW_LEAD,
    MailKind.NEW_POOL_LEAD,
    MailKind.CUSTOMER_MESSAGE,
    MailKind.REMINDER,
    MailKind.STAGE1,
    MailKind.STAGE2,
    MailKind.FOLLOW_UP,
    MailKind.FOLLOW_UP_STAGE2,
]
ENGLISH = replace(LOCATION, language="en", templates={})


def notice(kind=MailKind.NEW_LEAD, **changes):
    return COMPOSER.compose(facts(kind, **changes))


@pytest.mark.parametrize("location", [LOCATION, ENGLISH], ids=["de", "en"])
@pytest.mark.parametrize("kind", LEAD_NOTICES)
def test_every_notice_says_whom_what_how_and_where(kind, location):
    mail = notice(kind, location=location)
    for shown in (text_of(mail), html_of(mail)):
        for fact in (
            "Łucja Wiśniewska",
            "+49 171 3920012",
            "lucja@kunden.example",
            "Škoda Octavia Combi 2.0 TDI",
            "GW-4711",
            "https://app.dein.example/leads/1042",
        ):
            assert fact in shown
    assert mail.subject.endswith("Łucja Wiśniewska – Škoda Octavia Combi 2.0 TDI [Anfrage 1042]")
    assert 'href="tel:+491713920012"' in html_of(mail)
    assert 'href="mailto:lucja@kunden.example"' in html_of(mail)


@pytest.mark.rule("PF58")
@pytest.mark.parametrize("kind", [*LEAD_NOTICES, MailKind.UNASSIGNED_NOTICE, MailKind.TRADE_IN_CC])
def test_every_notice_says_that_a_machine_sent_it(kind):
    message = parsed(notice(kind))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["X-Leadmaild-Loop"]
    assert "In-Reply-To" not in message


@pytest.mark.rule("R105")
@pytest.mark.parametrize("kind", [MailKind.NEW_LEAD, MailKind.STAGE2, MailKind.UNASSIGNED_NOTICE, MailKind.REDIRECT])
def test_the_legal_footer_is_not_on_internal_mail(kind):
    assert b"Musterallee" not in notice(kind).raw


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("Europe/Berlin", "Mo., 02.03.2026, 12:14 Uhr"), ("America/New_York", "Mo., 02.03.2026, 06:14 Uhr")],
)
def test_the_due_time_is_told_in_the_zone_of_the_location(zone, shown):
    location = replace(LOCATION, opening_hours=OpeningHours(zone=zone))
    assert f"Antwort fällig: {shown}" in text_of(notice(location=location))


def test_the_due_time_follows_daylight_saving():
    due = datetime(2026, 7, 4, 22, 30, tzinfo=UTC)
    assert "Antwort fällig: So., 05.07.2026, 00:30 Uhr" in text_of(notice(due_at=due))


def test_a_lead_without_due_time_names_none():
    assert "fällig:" not in text_of(notice(due_at=None))


@pytest.mark.rule("R61")
def test_a_follow_up_names_its_own_moment():
    assert "Wiedervorlage: Mo., 02.03.2026, 12:14 Uhr" in text_of(notice(MailKind.FOLLOW_UP))


@pytest.mark.rule("R147")
def test_the_supervisor_reads_whose_lead_it_is():
    assert "Bearbeiter: Jana Müller" in text_of(notice(MailKind.STAGE2, to_user=DEPUTY))


@pytest.mark.rule("R146")
def test_mail_for_an_absent_user_is_marked_for_him():
    mail = notice(MailKind.REMINDER, on_behalf_of=DEPUTY)
    assert mail.subject.startswith("[für Peter Lang] Erinnerung: ")
    assert mail.subject.endswith("[Anfrage 1042]")
    assert "! Peter Lang ist abwesend." in text_of(mail)


@pytest.mark.rule("R32")
def test_the_name_display_of_lists_does_not_change_mail():
    location = replace(LOCATION, user_name_display="{last_name}, {first_name}")
    assert "Bearbeiter: Jana Müller" in text_of(notice(MailKind.STAGE2, to_user=DEPUTY, location=location))


@pytest.mark.rule("R141")
def test_one_mail_may_go_to_several_addresses():
    message = parsed(notice(to=("jana.mueller@autohaus.example", "peter.lang@autohaus.example")))
    assert [a.addr_spec for a in message["To"].addresses] == [
        "jana.mueller@autohaus.example",
        "peter.lang@autohaus.example",
    ]


@pytest.mark.parametrize(
    ("changes", "banner"),
    [
        ({"original_sender_verdict": SenderVerdict.FAILED}, "Absender nicht bestätigt"),
        ({"original_reading": replace(READING, sender=Sender(is_ambiguous=True))}, "Absender unklar"),
        ({"original_reading": replace(READING, needs_review=True)}, "Bitte prüfen"),
    ],
)
def test_a_doubtful_mail_carries_a_banner(changes, banner):
    mail = notice(**changes)
    assert f"! {banner}" in text_of(mail)
    assert banner in html_of(mail)
    assert banner not in text_of(notice())


@pytest.mark.rule("BI-37")
def test_a_sender_whose_name_shows_another_address_is_warned_of():
    reading = replace(READING, sender=replace(READING.sender, name_shows_other_address=True))
    assert "! Vorsicht: Der Name des Absenders zeigt eine andere Adresse" in text_of(notice(original_reading=reading))


def test_a_lead_that_needs_review_brings_its_original_along():
    mail = notice(original_reading=replace(READING, needs_review=True))
    (attached,) = parsed(mail).iter_attachments()
    assert attached.get_content_type() == "message/rfc822"
    assert attached.get_content()["Message-ID"] == "<20260302.1@portal.example>"
    assert list(parsed(notice()).iter_attachments()) == []


def test_a_lead_by_telephone_only_is_told_as_well():
    prospect = replace(PROSPECT, contact=Person(phones=("030 23125 177",)), message=None)
    mail = notice(prospect=prospect, contact=None)
    assert mail.subject.startswith("Neue Anfrage: 030 23125 177 – ")
    assert "E-Mail:" not in text_of(mail)


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+491713920012", "+49 171 3920012"),
        ("+49 171 3920012", "+49 171 3920012"),
        ("030 23125-177", "030 23125-177"),
        ("+49 171 3920012 ab 18 Uhr", "+49 171 3920012 ab 18 Uhr"),
        ("+493023125177 ext. 5", "+493023125177 ext. 5"),
    ],
)
def test_an_international_number_is_written_so_that_it_can_be_read_out(phone, shown):
    mail = notice(prospect=replace(PROSPECT, contact=Person(phones=(phone,))), contact=None)
    assert f"Telefon: {shown}\n" in text_of(mail)


@pytest.mark.rule("BI-52")
@pytest.mark.parametrize("phone", ["+49 171 3920012;tel:900", "9" * 5000, "\u202e12", "javascript:x"])
def test_a_telephone_number_that_is_none_is_text_without_a_link(phone):
    mail = notice(prospect=replace(PROSPECT, contact=Person(phones=(phone,))), contact=None)
    assert "href=" not in html_of(mail).partition("Telefon")[2].partition("</tr>")[0]
    assert "\u202e" not in text_of(mail)
    assert len(text_of(mail)) < 2_000


@pytest.mark.rule("BI-49")
@pytest.mark.rule("PF19")
@pytest.mark.parametrize(
    "comment",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "<a href=javascript:alert(1)>x</a>",
        "<style>*{display:none}</style>",
        "</td></table></body>",
        "<!-- unclosed",
        "Price < 10 & <b>",
    ],
)
def test_a_comment_is_inert_text_and_the_layout_stays_whole(comment):
    plain, hostile = (
        notice(prospect=replace(PROSPECT, message="x")),
        notice(prospect=replace(PROSPECT, message=comment)),
    )
    assert comment in text_of(hostile)
    for tag in ("<script", "<img", "<style", "<table", "</table>", "<td", "<a ", "<!--", "</body>"):
        assert html_of(hostile).count(tag) == html_of(plain).count(tag)


@pytest.mark.rule("BI-48")
@pytest.mark.parametrize("name", ["{{ 7*7 }}", "{% for x in y %}", "${7*7}", "%s%n", "{0}", "{who}"])
def test_template_words_in_a_name_are_shown_as_they_are(name):
    mail = notice(prospect=replace(PROSPECT, contact=Person(name=name, last_name=name)), contact=None)
    assert f"Kunde: {name}" in text_of(mail)
    assert name in mail.subject


@pytest.mark.rule("BI-47")
@pytest.mark.rule("PF61")
@pytest.mark.rule("SP-19")
@settings(max_examples=30, deadline=None)
@given(st.text(max_size=120), st.sampled_from(LEAD_NOTICES))
def test_no_parsed_field_adds_a_header_field_to_a_notice(text, kind):
    hostile = f"{text}\r\nBcc: v@x.example"
    person = Person(hostile, hostile, hostile, hostile, hostile, hostile, hostile, phones=(hostile,))
    vehicle = VehicleText(title=hostile, make=hostile, model=hostile, internal_number=hostile, url=hostile)
    prospect = replace(
        PROSPECT, contact=person, vehicle=vehicle, trade_in=vehicle, message=hostile, preferred_date=hostile
    )
    mail = notice(kind, prospect=prospect, contact=None, stock=None, source_name=hostile, text=hostile)
    assert parsed(mail).keys() == parsed(notice(kind)).keys()
    assert mail.raw.isascii()
    assert mail.subject.endswith("[Anfrage 1042]")


def test_a_very_long_comment_is_cut():
    assert len(notice(prospect=replace(PROSPECT, message="Wort " * 200_000)).raw) < 100_000


@pytest.mark.rule("R28")
def test_a_digest_tells_every_event_and_each_lead_once_in_full():
    other = replace(LEAD, number=7)
    events = (
        facts(MailKind.NEW_LEAD),
        facts(MailKind.STAGE1),
        facts(
            MailKind.REMINDER, lead=other, contact=None, prospect=replace(PROSPECT, contact=Person(name="Ayşe Şahin"))
        ),
    )
    mail = notice(MailKind.DIGEST, events=events)
    text = text_of(mail)
    assert mail.subject.startswith("3 Hinweise zu Ihren Anfragen")
    for headline in ("Neue Anfrage: Łucja", "Überfällig: Łucja", "Erinnerung: Ayşe Şahin"):
        assert text.count(headline) == 1
    assert text.count("lucja@kunden.example") == 1
    assert "[Anfrage 1042]" in text
    assert "[Anfrage 7]" in text


@pytest.mark.rule("R50")
@pytest.mark.rule("R51")
def test_the_unassigned_notice_says_what_came_and_why_it_is_no_lead():
    mail = notice(MailKind.UNASSIGNED_NOTICE, lead=None, contact=None, prospect=None, reason="no_way_to_reach")
    text = text_of(mail)
    for fact in (
        "Absender: Fahrzeugportal <noreply@portal.example>",
        "Betreff: Anfrage zu Ihrem Inserat",
        "Datum: Mo., 02.03.2026",
        "Message-ID: <20260302.1@portal.example>",
        "Grund: Es ist keine Adresse und keine Telefonnummer",
    ):
        assert fact in text
    assert mail.subject == "Mail ohne Anfrage: Anfrage zu Ihrem Inserat"


@pytest.mark.rule("R51")
@pytest.mark.parametrize(
    "body",
    [b"Gr\xfc\xdfe aus K\xf6ln\r\n", b"plain\r\n", b"--=_x\r\n--=_x--\r\n", b"bare\nfeed\rreturn\r\n"],
    ids=["8bit", "7bit", "boundaries", "stray"],
)
def test_the_original_comes_along_byte_for_byte(body):
    original = ORIGINAL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body
    mail = notice(MailKind.UNASSIGNED_NOTICE, original=original, reason="empty")
    (attached,) = parsed(mail).iter_attachments()
    assert attached.get_content_type() == "message/rfc822"
    whole = original.replace(b"bare\nfeed\rreturn", b"bare\r\nfeed\r\nreturn")
    assert whole in mail.raw
    assert b"\n" not in mail.raw.replace(b"\r\n", b"")


@pytest.mark.rule("R51")
def test_an_original_with_overlong_lines_comes_along_as_a_file():
    original = ORIGINAL + b"x" * 5_000 + b"\r\n"
    mail = notice(MailKind.UNASSIGNED_NOTICE, original=original, reason="empty")
    (attached,) = parsed(mail).iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("original.eml", original)
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 998


def test_an_unassigned_notice_without_the_original_does_not_promise_it():
    text = text_of(notice(MailKind.UNASSIGNED_NOTICE, original=None, original_reading=None, reason="something new"))
    assert "hängt an" not in text
    assert "Grund: something new" in text


def words_of(language):
    return tomllib.loads((shipped("templates") / "words" / f"{language}.toml").read_text(encoding="utf-8"))


def test_every_language_has_the_same_words():
    def keys(table, before=()):
        for key, value in table.items():
            yield from keys(value, (*before, key)) if isinstance(value, dict) else [(*before, key)]

    assert sorted(keys(words_of("de"))) == sorted(keys(words_of("en")))
    for greeting_only in ("es", "fr", "it", "nl", "pl"):
        assert set(keys(words_of(greeting_only))) < set(keys(words_of("en")))


def test_an_operators_own_words_replace_the_shipped_ones(tmp_path):
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "de.toml").write_text('[new_lead]\nheadline = "Frische Anfrage"\n', encoding="utf-8")
    (tmp_path / "words" / "fi.toml").write_text('[new_lead]\nheadline = "Uusi"\n', encoding="utf-8")
    composer = MailComposer(str(tmp_path))
    assert notice().subject.startswith("Neue Anfrage: ")
    german = composer.compose(facts(MailKind.NEW_LEAD))
    assert german.subject.startswith("Frische Anfrage: ")
    assert "Antwort fällig" in text_of(german)
    finnish = composer.compose(facts(MailKind.NEW_LEAD, location=replace(LOCATION, language="fi")))
    assert finnish.subject.startswith("Uusi: ")
    assert "Answer due" in text_of(finnish)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("words/de.toml", "headline ="),
        ("words/en.toml", "x = ["),
        ("words/de.toml", "[reminder]\nheadline = 3"),
        ("words/de.toml", "[stage2]\nlead_in = '{user} ist dran'"),
        ("words/fi.toml", "date = '{day'"),
        ("notice.html.j2", "{% if %}"),
        ("customer.txt.j2", "{{ intro"),
    ],
)
def test_an_operators_broken_template_is_a_settings_error(tmp_path, name, content):
    (tmp_path / "words").mkdir()
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError):
        MailComposer(str(tmp_path))


def test_an_operators_layout_that_names_nothing_we_know_keeps_the_mail_in(tmp_path):
    (tmp_path / "notice.txt.j2").write_text("{{ unheard_of }}", encoding="utf-8")
    with pytest.raises(Refused):
        MailComposer(str(tmp_path)).compose(facts(MailKind.NEW_LEAD))


def test_a_link_from_the_mail_is_text_and_only_the_stocks_own_is_a_link():
    vehicle = replace(PROSPECT.vehicle, url="https://portal.example/ad/1")
    html = html_of(notice(stock=None, prospect=replace(PROSPECT, vehicle=vehicle)))
    assert "https://portal.example/ad/1" in html
    assert 'href="https://portal.example' not in html
    assert 'href="https://www.autohaus.example/fahrzeuge/4711"' in html_of(notice())


def test_a_seller_hears_from_a_language_we_do_not_speak_in_english():
    assert notice(location=replace(LOCATION, language="fi")).subject.startswith("New lead: ")


def test_the_customers_phone_numbers_are_told_once():
    mail = notice(prospect=replace(PROSPECT, contact=replace(CUSTOMER, phones=("+49 171 3920012",) * 3)))
    assert text_of(mail).count("+49 171 3920012") == 1
