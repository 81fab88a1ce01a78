"""Bytes become text whatever their label says, and text is made fit for every sink."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.reading.charset import clean, clean_line, codec_for, decode, without_mojibake

GREETING = "Schöne Grüße aus Köln, 24.990 €"


@pytest.mark.rule("PF13")
@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        ("utf-8", "utf-8"), ("UTF8", "utf-8"), ("", "utf-8"), ("iso-8859-1", "utf-8"), ("us-ascii", "utf-8"),
        ("iso-8859-1", "cp1252"), ("latin1", "cp1252"), ("us-ascii", "cp1252"), ("1252", "cp1252"), ("", "cp1252"),
        ("iso-8859-15", "iso-8859-15"), ("utf-16", "utf-16"), ("utf-16le", "utf-16le"), ("utf-8", "cp1252"),
        ("x-unknown", "utf-8"), ("X-UNKNOWN", "cp1252"), ("DEFAULT_CHARSET", "utf-8"), ('"utf-8"', "utf-8"),
        ("utf-8*de", "utf-8"), ("zlib_codec", "utf-8"), ("idna", "cp1252"), ("ut\0f-8", "utf-8"), ("rot13", "utf-8"),
        ("utf-16", "utf-8"), ("unicode_escape", "utf-8"), ("undefined", "cp1252"),
    ],
)  # fmt: skip
def test_the_text_is_found_under_right_wrong_and_unknown_labels(label: str, encoding: str) -> None:
    assert decode(GREETING.encode(encoding), label)[0].removeprefix("\ufeff") == GREETING


@pytest.mark.rule("BI-30")
def test_utf_7_stays_text_and_makes_no_markup() -> None:
    assert decode(b"+ADw-script+AD4-alert(1)", "utf-7")[0] == "+ADw-script+AD4-alert(1)"


@pytest.mark.rule("PF13")
def test_a_repair_is_told_and_a_right_label_is_not() -> None:
    assert decode("ü".encode(), "utf-8")[1] == ""
    assert decode("ü".encode("cp1252"), "iso-8859-1")[1] == ""
    assert decode("Müller".encode("cp1252"), "utf-8")[1] == "charset utf-8 read as windows-1252"
    assert decode("Müller".encode(), "us-ascii")[1] == "charset us-ascii read as utf-8"


def test_a_letter_cut_in_two_does_not_turn_the_whole_text_into_windows_1252() -> None:
    text, repair = decode("äöüäöüäöü".encode()[:-1], "utf-8")
    assert text == "äöüäöüäö\ufffd"
    assert repair == "broken utf-8 marked"


@pytest.mark.parametrize(
    "label", ["zlib_codec", "hex", "idna", "punycode", "utf-7", "unicode_escape", "mbcs", "\0", "x" * 9999]
)
def test_what_is_no_charset_of_mail_is_refused(label: str) -> None:
    assert codec_for(label) is None


@pytest.mark.rule("BI-32")
def test_cleaned_text_holds_nothing_that_controls_turns_hides_or_breaks() -> None:
    assert clean("a\0b\x1b[31mc") == "a b [31mc"
    assert clean("x\u202egnp.exe\u2066y") == "xgnp.exey"
    assert clean("Pass\u00adwort\u200b 1\u00a0234\u2009€ Dienst\u2011wagen") == "Passwort 1 234 € Dienst-wagen"
    assert clean("\ud83d kaputt") == "\ufffd kaputt"
    assert clean("u\u0308ber") == "über"
    assert clean("a\r\nb\rc\u2028d\r\r\ne") == "a\nb\nc\nd\ne"
    assert clean("\U000e0041tag") == "tag"


@pytest.mark.rule("BI-32")
def test_a_sign_is_cleaned_whether_it_stands_alone_or_beside_others() -> None:
    signs = map(chr, (*range(0x3100), 0xD800, 0xDFFF, 0xFEFF, 0xFFF9, 0xE0001, 0xE007F))
    assert [f"{ord(s):x}" for s in signs if clean("€" + s)[1:] != clean("€\0" + s)[2:]] == []


def test_one_line_is_one_line() -> None:
    assert clean_line(" Max\r\nBcc: v@x.example\t Muster\u2029 ") == "Max Bcc: v@x.example Muster"


def test_mojibake_is_put_right_only_where_the_round_trip_is_clean() -> None:
    assert without_mojibake("GrÃ¼ÃŸe") == "Grüße"
    assert without_mojibake("Ã¼ und ü") == "Ã¼ und ü"
    assert without_mojibake("Grüße") == "Grüße"


@pytest.mark.rule("BI-30")
@given(
    st.binary(max_size=300),
    st.one_of(st.text(max_size=20), st.sampled_from(["utf-8", "utf-16", "iso-2022-jp", "big5"])),
)
def test_any_bytes_under_any_label_give_text_that_utf_8_and_json_take(payload: bytes, label: str) -> None:
    text = clean(decode(payload, label)[0])
    text.encode("utf-8")
    json.dumps(text).encode()
    assert "\0" not in text


@pytest.mark.rule("BI-32")
@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert "\n" not in clean_line(text)
