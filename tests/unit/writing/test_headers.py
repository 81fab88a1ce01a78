"""Header fields: nothing a stranger types becomes a field of its own, and nothing he types is lost."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import default

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadmaild.errors import Refused
from leadmaild.writing.cleaning import one_line
from leadmaild.writing.headers import address_field, bare_id, date_field, field, ids_field, text_field

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("\r\n\t\x00\x0b\x0c\x1b\x85\u2028\u2029\u202e\u200b\ud800,;:<>@\"'\\()[]=?_ .-"),
        st.sampled_from("äöüßŁćŞюБ中😀ab"),
        st.characters(),
    ),
    max_size=160,
)


def shown_name(raw: bytes) -> str:
    """The display name by RFC 2047 and RFC 5322; the library's own reader puts blanks between two encoded words."""
    phrase = raw.decode().partition(":")[2].rpartition("<")[0].strip()
    if phrase.startswith('"'):
        return re.sub(r"\\(.)", r"\1", phrase[1:-1])
    return str(make_header(decode_header(phrase)))


def parse(*fields: bytes):
    return message_from_bytes(b"".join(fields) + b"\r\n", policy=default)


@pytest.mark.rule("SP-19")
@pytest.mark.rule("PF61")
@settings(max_examples=150, deadline=None)
@given(HOSTILE)
@example("Bob\r\nBcc: v@x.example")
@example("=?utf-8?q?a=0D=0ABcc=3A_v=40x.example?=")
@example("a" * 900)
def test_a_subject_is_one_field_and_reads_back_as_it_was_cleaned(text):
    raw = text_field("Subject", text)
    message = parse(raw)
    assert message.keys() == ["Subject"]
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert str(message["Subject"]) == one_line(text, 200)


@pytest.mark.rule("SP-19")
@pytest.mark.rule("R31")
@settings(max_examples=150, deadline=None)
@given(HOSTILE)
@example('Müller, "Autohaus" <x@y.example>')
@example("Autohaus\r\nBcc: v@x.example")
@example("Łódź \\ Şahin (Бюро)")
def test_a_display_name_never_changes_the_address_behind_it(name):
    raw = address_field("From", [(name, "haus@dein.example")])
    message = parse(raw)
    assert message.keys() == ["From"]
    (mailbox,) = message["From"].addresses
    assert mailbox.addr_spec == "haus@dein.example"
    assert shown_name(raw) == one_line(name, 120)
    assert max(map(len, raw.split(b"\r\n"))) <= 998


@pytest.mark.rule("R31")
@pytest.mark.parametrize(
    "name",
    [
        "Autohaus Beispiel",
        "Beispiel, München",
        "Łucja Wiśniewska via Autohaus Beispiel München",
        "Ä =?x?= b",
        'Auto "Haus"',
        "Müller & Söhne",
        "A\r\nBcc: x@y.example",
        "a\\b",
    ],
)
def test_from_names_with_comma_quote_umlaut_and_line_break_stay_names(name):
    (mailbox,) = parse(address_field("From", [(name, "haus@dein.example")]))["From"].addresses
    assert mailbox.display_name == " ".join(name.split())


@pytest.mark.rule("PF61")
@pytest.mark.parametrize(
    "address",
    [
        "c@d.example>\r\nRCPT TO:<v@x.example",
        "a@b.example, c@d.example",
        "list:a@b.example;",
        '"a b"@c.example',
        "a@localhost",
        "",
        "=?utf-8?q?a?=@b.example",
    ],
)
def test_what_is_not_one_plain_address_is_refused(address):
    with pytest.raises(Refused):
        address_field("To", [("", address)])


def test_an_empty_address_field_is_refused():
    with pytest.raises(Refused):
        address_field("To", [])


def test_an_umlaut_domain_is_written_in_a_labels():
    assert address_field("To", [("", "info@bücher.example")]) == b"To: info@xn--bcher-kva.example\r\n"


@pytest.mark.parametrize("value", ["a\r\nBcc: x@y.example", "a\nb", "a\rb", "a\x00b"])
def test_a_value_that_would_break_out_of_its_line_is_refused(value):
    with pytest.raises(Refused):
        field("X-Leadmaild-Loop", value)


@pytest.mark.rule("BI-33")
@pytest.mark.parametrize(
    "text", ["<[>", "", "no-at", "<a b@c>", "<a@b>\r\nBcc: x@y", "<" + "a" * 10_000 + "@b>", "<a@<b>>"]
)
def test_what_is_no_message_id_is_left_out(text):
    assert bare_id(text) == ""
    assert ids_field("In-Reply-To", [text]) == b""


@pytest.mark.rule("PF26")
def test_a_long_chain_of_references_keeps_the_first_and_the_newest():
    raw = ids_field("References", [f"<{n}@x.example>" for n in range(1_000)])
    ids = raw.decode().split()[1:]
    assert len(ids) == 20
    assert (ids[0], ids[1], ids[-1]) == ("<0@x.example>", "<981@x.example>", "<999@x.example>")
    assert max(map(len, raw.split(b"\r\n"))) < 998


def test_a_date_is_written_in_utc():
    assert date_field("Date", datetime(2026, 3, 2, 9, 15, tzinfo=UTC)) == b"Date: Mon, 02 Mar 2026 09:15:00 +0000\r\n"
