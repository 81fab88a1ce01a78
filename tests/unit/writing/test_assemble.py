"""A mail of text and page alone is put together by hand: it must read as what the library would have made."""

from email import message_from_bytes
from email.policy import default

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leadmaild.writing.assemble import Body, assemble

HEAD = [b"Subject: x\r\n"]
_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@pytest.mark.rule("SP-17")
@pytest.mark.rule("BI-47")
@given(_TEXTS, _TEXTS)
@example("Zeile mit Blank am Ende \nTab\t\n.\n.Punkt\nFrom hier\n=3D=\n" + "lang " * 60, "<p>" + "ü" * 500)
@example("--=_x\n--=_x--\n", "Привет, мир\n" * 20)
@example("", "a\r\nb\rc\n")
def test_text_and_page_read_back_as_they_were_written(text: str, page: str):
    raw = assemble(HEAD, Body(text, page))

    assert raw == assemble(HEAD, Body(text, page))
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 78
    assert raw.isascii()
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    mail = message_from_bytes(raw, policy=default)
    parts = list(mail.iter_parts())
    assert mail.get_content_type() == "multipart/alternative"
    assert not any(part.defects for part in (mail, *parts))
    assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
    assert [part.get_payload(decode=True) for part in parts] == [_lines_of(text), _lines_of(page)]


def _lines_of(text: str) -> bytes:
    return b"".join(line + b"\r\n" for line in text.encode().splitlines())
