"""RFC 2047 and RFC 2231 as written, and as broken by those who write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.reading.encoded_words import decode_words, parameters


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"=?utf-8?q?J=C3=B6rg_M=C3=BCller?=", "Jörg Müller"),
        (b"=?UTF-8?B?SsO2cmc=?=", "Jörg"),
        (b"=?iso-8859-1?Q?R=FCckruf?= bitte", "Rückruf bitte"),
        (b"=?utf-8?q?Anfrage_?= =?utf-8?q?Golf?=", "Anfrage Golf"),
        (b"=?utf-8?q?M=C3?= =?utf-8?q?=BCller?=", "Müller"),  # a letter cut in two
        (b"=?utf-8?B?TcO8?=\n =?utf-8?B?bGxlcg==?=", "Müller"),
        (b"=?utf-8?q?a?==?utf-8?q?b?=", "ab"),  # no blank between
        (b"=?utf-8?q?zwei Worte?=", "zwei Worte"),  # blank inside, forbidden and common
        (b"=?utf-8?B?SsO2cmc?=", "Jörg"),  # padding missing
        (b"=?utf-8?B?SsO2cmcA?=", "Jörg\0"),
        (b"=?utf-8*de?q?K=C3=B6ln?=", "Köln"),  # language tag of RFC 2231
        (b"=?utf-8?q?ohne Ende", "ohne Ende"),
        (b"=?utf-8?x?kein?= Wort", "=?utf-8?x?kein?= Wort"),
        (b"=?x-unknown?q?Gr=FC=DFe?=", "Grüße"),
        ("Größe".encode(), "Größe"),
        ("Größe".encode("cp1252"), "Größe"),
        (b'"=?utf-8?q?J=C3=B6rg?="', '"Jörg"'),
        (b"=?utf-8?q?wer?wann??=", "wer?wann?"),
    ],
)
@pytest.mark.rule("BI-38")
def test_words_are_decoded(raw: bytes, text: str) -> None:
    assert decode_words(raw) == text


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'attachment; filename="Angebot.pdf"', "Angebot.pdf"),
        (b"attachment; filename=mein Angebot.pdf", "mein Angebot.pdf"),
        (b"attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf", "Größe.pdf"),
        (b"attachment; filename*0*=utf-8''Gr%C3%B6; filename*1=\"sse\"; filename*2*=%20a.pdf", "Grösse a.pdf"),
        (b'attachment; filename*1="b.pdf"; filename*0="a"', "ab.pdf"),
        (b'attachment; filename="=?utf-8?q?Gr=C3=B6=C3=9Fe.pdf?="', "Größe.pdf"),
        ('attachment; filename="Größe.pdf"'.encode(), "Größe.pdf"),
        ('attachment; filename="Größe.pdf"'.encode("cp1252"), "Größe.pdf"),
        (b'attachment; filename="a\\"b.pdf"', 'a"b.pdf'),
        (b'attachment; filename="ohne Ende.pdf', "ohne Ende.pdf"),
        (b'attachment;; filename="a.pdf"', "a.pdf"),
        (b'attachment; filename="a.pdf"; filename="b.exe"', "a.pdf"),
    ],
)
def test_file_names_are_found_in_all_their_forms(raw: bytes, name: str) -> None:
    main, found = parameters(raw)
    assert main == "attachment"
    assert found["filename"] == name


def test_a_content_type_without_a_sense_is_empty() -> None:
    assert parameters(b"") == ("", {})
    assert parameters(b";;;") == ("", {})


@given(st.binary(max_size=200))
def test_nothing_raises(raw: bytes) -> None:
    decode_words(raw)
    parameters(raw)


@given(
    st.lists(
        st.sampled_from([b"=?utf-8?q?", b"=C3", b"?=", b" ", b"a", b"=?", b"?B?", b"=", b"\xfc", b'"', b";", b"*0*="])
    )
)
def test_broken_pieces_of_words_and_parameters_never_raise(pieces: list[bytes]) -> None:
    decode_words(b"".join(pieces))
    parameters(b"text/plain;" + b"".join(pieces))
