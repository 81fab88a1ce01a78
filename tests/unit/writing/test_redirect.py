"""Redirects: the mail that came in goes on, its bytes kept, its From kept only where it stays true."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.errors import Refused
from leadmaild.model.authentication import Signature
from leadmaild.model.decision import MailKind
from leadmaild.model.reading import Person, Sender
from leadmaild.writing.compose import MailComposer

from .people import LOCATION, LOOP_MARK, ORIGINAL, PROSPECT, READING, facts, parsed

COMPOSER = MailComposer()
SIGNATURE = (
    b"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mail.kunden.example; s=k1;\r\n"
    b"\th=from:to:subject:date;\r\n\tbh=Zm9v; b=YmFy\r\n"
)
BY_KUNDEN = Signature("mail.kunden.example", "k1")
SIGNED = SIGNATURE + ORIGINAL.replace(b"noreply@portal.example", b"anna@kunden.example")
BY_ANNA = replace(READING, sender=Sender(email="anna@kunden.example", name="Anna Ünal"))


def redirect(original=SIGNED, **changes):
    standard = {
        "original": original,
        "original_reading": BY_ANNA,
        "original_signatures": (BY_KUNDEN,),
        "to": ("verkauf@autohaus.example",),
    }
    return COMPOSER.compose(facts(MailKind.REDIRECT, **(standard | changes)))


@pytest.mark.rule("SP-20")
def test_mail_with_a_verified_signature_gets_fields_before_it_and_nothing_else():
    mail = redirect()
    assert mail.raw.endswith(SIGNED)
    added = parsed(replace(mail, raw=mail.raw.removesuffix(SIGNED) + b"\r\n"))
    assert added.keys() == [
        "Received",
        "X-Leadmaild-Loop",
        "Resent-Date",
        "Resent-From",
        "Resent-To",
        "Resent-Message-ID",
    ]
    assert added["X-Leadmaild-Loop"] == LOOP_MARK
    assert added["Resent-To"] == "verkauf@autohaus.example"
    assert added["Received"].startswith("by mx.dein.example")


@pytest.mark.rule("SP-20")
@pytest.mark.parametrize(
    "changes",
    [
        {"original_signatures": ()},
        {"original_signatures": (Signature("mail.kunden.example", "another"),)},
        {"original": ORIGINAL},
        {"original": SIGNED.replace(b"d=mail.kunden.example", b"d=kunden-example.invalid")},
        {"original": SIGNED.replace(b"h=from:", b"h=received:from:")},
        {"original": b"X-Leadmaild-Id: 1\r\n" + SIGNED.replace(b"h=from:", b"h=x-leadmaild-id:from:")},
        {"original": SIGNED + b"a bare\nline feed\r\n"},
        {"original_reading": replace(BY_ANNA, sender=replace(BY_ANNA.sender, is_ambiguous=True))},
        {"original_reading": None},
    ],
    ids=["unverified", "other key", "unsigned", "foreign", "no trace", "our field", "touched", "ambiguous", "unread"],
)
def test_other_mail_goes_in_our_name_and_its_answers_to_the_customer(changes):
    message = parsed(redirect(**changes))
    (sender,) = message["From"].addresses
    assert sender.addr_spec == "autohaus-beispiel@dein.example"
    assert sender.display_name.endswith(" via Autohaus Beispiel München")
    assert message["Reply-To"] == "lucja@kunden.example"
    assert message["Message-ID"] == "<20260302.1@portal.example>"
    assert message["Subject"] == "Anfrage zu Ihrem Inserat"
    assert len(message.get_all("From")) == 1


@pytest.mark.parametrize(
    ("name", "email", "shown"),
    [
        ("Anna Ünal", "anna@kunden.example", "Anna Ünal via Autohaus Beispiel München"),
        ("chef@bank.example", "x@kunden.example", "Łucja Wiśniewska via Autohaus Beispiel München"),
        ('A\r\nBcc: v@x.example"', "x@kunden.example", "Łucja Wiśniewska via Autohaus Beispiel München"),
    ],
)
def test_the_name_in_from_is_the_authors_and_never_holds_an_address(name, email, shown):
    message = parsed(redirect(ORIGINAL, original_reading=replace(READING, sender=Sender(email=email, name=name))))
    assert message["From"].addresses[0].display_name == shown
    assert "Bcc" not in message


@pytest.mark.rule("R40")
def test_a_mail_nobody_could_read_still_names_its_author():
    original = ORIGINAL.replace(
        b"Fahrzeugportal <noreply@portal.example>", b"=?utf-8?q?Anna_=C3=9Cnal?= <anna@kunden.example>"
    )
    message = parsed(redirect(original, original_reading=None, prospect=None, source_name=""))
    assert message["From"].addresses[0].display_name == "Anna Ünal via Autohaus Beispiel München"
    assert message["Reply-To"] == "anna@kunden.example"
    nameless = redirect(b"Subject: x\r\n\r\n", original_reading=None, prospect=None, source_name="")
    assert parsed(nameless)["From"].addresses[0].display_name == "Unbekannt via Autohaus Beispiel München"


@pytest.mark.rule("BI-53")
@pytest.mark.parametrize("reply_to", ["a@b.example, c@d.example", "x@y.example\r\nBcc: v@x.example", "g: a@b.example;"])
def test_a_reply_address_that_is_not_one_plain_address_is_left_out(reply_to):
    reading = replace(READING, reply_to=reply_to, sender=Sender())
    original = ORIGINAL.replace(b"To:", b"Reply-To: a@b.example, c@d.example\r\nTo:", 1)
    prospect = replace(PROSPECT, contact=Person(email=reply_to))
    message = parsed(redirect(original, original_reading=reading, prospect=prospect))
    assert "Reply-To" not in message
    assert "Bcc" not in message


def test_without_a_parsed_customer_answers_go_where_the_original_wanted_them():
    reading = replace(READING, reply_to="anna@kunden.example")
    assert parsed(redirect(ORIGINAL, original_reading=reading, prospect=None))["Reply-To"] == "anna@kunden.example"


@pytest.mark.rule("PF15")
def test_control_fields_from_outside_are_stripped():
    original = (
        b"Return-Path: <x@y.example>\r\nX-Leadmaild-Outcome: lead\r\n folded\r\nx-LEADMAILD-token : 1\r\n" + SIGNED
    )
    mail = redirect(original)
    assert mail.raw.endswith(SIGNED)
    for gone in (b"Outcome", b"folded", b"LEADMAILD-token", b"Return-Path"):
        assert gone not in mail.raw


@pytest.mark.rule("BI-60")
def test_the_loop_mark_of_another_gateway_stays_so_that_it_knows_its_mail_again():
    message = parsed(redirect(b"X-Leadmaild-Loop: another\r\n" + SIGNED))
    assert message.get_all("X-Leadmaild-Loop") == [LOOP_MARK, "another"]


@pytest.mark.rule("SP-09")
@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"a", b"From: x@y.example", b" ", b"\xfc"]), max_size=30))
def test_no_bare_cr_or_lf_leaves(pieces):
    for original in (ORIGINAL + b"".join(pieces), b"".join(pieces)):
        raw = redirect(original).raw
        assert b"\r" not in raw.replace(b"\r\n", b"")
        assert b"\n" not in raw.replace(b"\r\n", b"")
        head = raw.partition(b"\r\n\r\n")[0]
        assert head.count(b"\r\nFrom:") == 1


@pytest.mark.rule("SP-09")
def test_mail_from_a_pipe_with_lf_only_keeps_its_from():
    assert redirect(SIGNED.replace(b"\r\n", b"\n")).raw == redirect(SIGNED).raw


def test_a_signature_that_forbids_resent_fields_is_not_broken_by_them():
    mail = redirect(SIGNED.replace(b"h=from:to", b"h=From:Resent-From:to"))
    assert b"Resent-" not in mail.raw.partition(b"DKIM-Signature")[0]
    assert b"X-Leadmaild-Loop" in mail.raw


def test_an_mbox_separator_is_not_passed_on():
    assert redirect(b"From x@y.example Mon Mar  2 10:14:00 2026\r\n" + SIGNED).raw == redirect(SIGNED).raw


@pytest.mark.rule("BI-25")
@pytest.mark.parametrize(
    "original", [b"", b"\r\n\r\n", b"only a body\r\n", b"Subject: only a header\r\n", b"no line end"]
)
def test_a_maimed_mail_goes_on_with_the_fields_a_mail_needs(original):
    message = parsed(redirect(original, original_reading=None, prospect=None))
    assert message["From"].addresses[0].addr_spec == "autohaus-beispiel@dein.example"
    assert message["Date"]
    assert message["Message-ID"] == "<out.1042.1@leads.dein.example>"
    assert original.strip() in message.as_bytes().replace(b"\n", b"\r\n")


@pytest.mark.rule("R51")
def test_the_body_keeps_its_bytes():
    body = b"Gr\xfc\xdfe\r\n..punkt\r\n" + bytes(range(14, 256)) + b"\r\n" + b"x" * 3000
    assert redirect(ORIGINAL + body).raw.endswith(b"noch zu haben?\r\n" + body)


def test_a_redirect_without_its_original_is_refused():
    with pytest.raises(Refused):
        redirect(None)


def test_several_targets_are_named_in_one_field():
    message = parsed(redirect(to=("a@autohaus.example", "b@autohaus.example")))
    assert message["Resent-To"] == "a@autohaus.example,\r\n b@autohaus.example".replace("\r\n", "")


def test_the_queue_shows_the_subject_that_came_in():
    mail = redirect()
    assert mail.subject == "Anfrage zu Ihrem Inserat"
    assert mail.message_id == "<out.1042.1@leads.dein.example>"


def test_the_name_of_the_location_is_data_too():
    location = replace(LOCATION, name='Haus "A", B <x@y.example>\r\nBcc: v@x.example')
    message = parsed(redirect(ORIGINAL, location=location))
    assert len(message["From"].addresses) == 1
    assert "Bcc" not in message
