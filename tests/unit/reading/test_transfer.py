"""Transfer encodings undone, whole or broken."""

import base64
import binascii

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.reading.transfer import decode_transfer

TEXT = "Guten Tag, ist der Škoda noch da?\nViele Grüße\n".encode()


def _uuencoded(payload: bytes) -> bytes:
    lines = [binascii.b2a_uu(payload[n : n + 45]) for n in range(0, len(payload), 45)]
    return b"begin 644 a.txt\n" + b"".join(lines) + b"`\nend\n"


@pytest.mark.rule("BI-31")
@pytest.mark.parametrize("encoding", ["", "7bit", "8bit", "binary", "8-bit", " 8BIT ;"])
def test_plain_encodings_leave_the_bytes_alone(encoding: str) -> None:
    assert decode_transfer(TEXT, encoding) == (TEXT, "")


@pytest.mark.rule("BI-31")
@pytest.mark.parametrize(
    "payload",
    [
        base64.encodebytes(TEXT),
        base64.b64encode(TEXT),
        base64.b64encode(TEXT).rstrip(b"="),
        base64.encodebytes(TEXT).replace(b"\n", b" \n"),
        base64.encodebytes(TEXT[:20]) + base64.encodebytes(TEXT[20:]),  # padding in the middle
        base64.b64encode(TEXT[:48]) + b"!!" + base64.b64encode(TEXT[48:]),
    ],
)
def test_base64_is_read_in_spite_of_its_writer(payload: bytes) -> None:
    assert decode_transfer(payload, "base64")[0] == TEXT


@pytest.mark.rule("BI-31")
def test_text_that_says_it_is_base64_stays_text() -> None:
    payload, note = decode_transfer(TEXT, "base64")
    assert payload == TEXT
    assert note == "base64 that is none left as it is"


@pytest.mark.rule("BI-31")
def test_the_footer_a_list_hangs_below_base64_is_kept_as_text() -> None:
    payload, note = decode_transfer(base64.encodebytes(TEXT) + b"\n-- \nVerteiler verkauf des Autohauses\n", "base64")
    assert payload.startswith(TEXT)
    assert payload.endswith(b"Verteiler verkauf des Autohauses")
    assert note == "text after base64 kept"


@pytest.mark.rule("BI-31")
@pytest.mark.parametrize(
    ("payload", "decoded"),
    [
        (b"Gr=C3=BC=C3=9Fe=\n aus K=c3=b6ln", "Grüße aus Köln".encode()),
        (b"50 =% und =ZZ bleiben", b"50 =% und =ZZ bleiben"),
        ("roh ü".encode(), "roh ü".encode()),
        (b"am Ende =", b"am Ende "),
    ],
)
def test_quoted_printable_keeps_what_is_none(payload: bytes, decoded: bytes) -> None:
    assert decode_transfer(payload, "quoted-printable")[0] == decoded


@pytest.mark.rule("BI-31")
@pytest.mark.parametrize("encoding", ["x-uuencode", "uuencode", "UUE"])
def test_uuencode_is_read_whole_and_without_its_end(encoding: str) -> None:
    assert decode_transfer(_uuencoded(TEXT), encoding) == (TEXT, "")
    cut, note = decode_transfer(_uuencoded(TEXT)[:-6], encoding)
    assert cut == TEXT
    assert note == "uuencode without its end"
    assert decode_transfer(TEXT, encoding)[0] == TEXT


@pytest.mark.rule("BI-31")
def test_an_unknown_encoding_leaves_the_text_and_says_so() -> None:
    assert decode_transfer(TEXT, "x-gzip64") == (TEXT, "unknown transfer encoding left as it is")


@pytest.mark.rule("BI-31")
@given(st.binary(max_size=300), st.sampled_from(["base64", "quoted-printable", "x-uuencode", "8bit", "?"]))
def test_nothing_raises(payload: bytes, encoding: str) -> None:
    decode_transfer(payload, encoding)
    decode_transfer(b"begin 644 x\n" + payload, encoding)


@given(st.binary(max_size=300))
def test_base64_of_anything_comes_back(payload: bytes) -> None:
    assert decode_transfer(base64.encodebytes(payload), "base64")[0] == payload
