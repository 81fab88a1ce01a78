"""Copies of one mail have one key; another mail has another."""

import base64

import pytest

from leadmaild.reading.content_key import content_key
from leadmaild.reading.mime import parse

HEAD = "From: Max Muster <max@kunde.example>\r\nSubject: Anfrage\r\nDate: Mon, 05 Oct 2026 09:12:44 +0200\r\n"
TEXT = "Ist der Škoda noch da?\r\nGrüße\r\n"
MAIL = f"Message-ID: <1@kunde.example>\r\n{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n{TEXT}".encode()
KEY = content_key(parse(MAIL))


@pytest.mark.rule("BI-45")
@pytest.mark.parametrize(
    "copy",
    [
        b"Received: from a by b; Mon, 05 Oct 2026 09:13:00 +0200\r\nReturn-Path: <x@y.example>\r\n" + MAIL,
        b"Delivered-To: verkauf@autohaus.example\r\nX-Spam-Score: 1\r\nDKIM-Signature: v=1\r\n" + MAIL,
        MAIL.replace(b"<1@kunde.example>", b"<2@relay.example>"),
        MAIL.replace(b"\r\n", b"\n"),
        f"{HEAD}Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode()
        + base64.encodebytes(TEXT.encode()),
        f"{HEAD}Content-Type: text/plain; charset=iso-8859-15\r\n".encode()
        + b"Content-Transfer-Encoding: quoted-printable\r\n\r\nIst der =A6koda noch da?=20\r\nGr=FC=DFe\r\n",
        MAIL.replace(b"Subject: Anfrage", b"Subject:\r\n =?utf-8?q?Anfrage?="),
    ],
)
def test_the_way_a_mail_took_does_not_change_its_key(copy: bytes) -> None:
    assert content_key(parse(copy)) == KEY


@pytest.mark.rule("BI-46")
@pytest.mark.rule("SP-04")
@pytest.mark.rule("PF10")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Max Muster", "Lena Muster"),
        ("Subject: Anfrage", "Subject: Anfrage 2"),
        ("09:12:44", "09:12:45"),
        ("noch da", "schon weg"),
    ],
)
def test_another_mail_with_the_same_message_id_has_another_key(old: str, new: str) -> None:
    assert content_key(parse(MAIL.replace(old.encode(), new.encode()))) != KEY


def test_attachments_and_enclosed_mails_count() -> None:
    def enclosing(kind: str, body: str) -> str:
        raw = (
            f"{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: {kind}\r\n\r\n{body}\r\n--b--"
        )
        return content_key(parse(raw.encode()))

    assert enclosing("application/pdf", "1") != enclosing("application/pdf", "2")
    assert enclosing("message/rfc822", "Subject: a\r\n\r\nx") != enclosing("message/rfc822", "Subject: b\r\n\r\nx")
    assert enclosing("message/rfc822", "Subject: a\r\n\r\nx") != enclosing("message/rfc822", "Subject: a\r\n\r\ny")


def test_an_empty_mail_has_a_key_too() -> None:
    assert len(content_key(parse(b""))) == 64
