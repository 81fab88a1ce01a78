"""Mails built to hurt whoever reads them: security.md A.1 and pitfalls.md BI-26 to BI-31, BI-44, built here."""

import base64
import gzip
from collections.abc import Callable

_HEAD = b"From: Max Muster <max@kunde.example>\r\nTo: verkauf@autohaus.example\r\nSubject: Anfrage\r\n"
_TEXT = b"Guten Tag, ist der Wagen noch da? Tel. 030 23125 111\r\n"


def multipart_depth(depth: int) -> bytes:
    """Multiparts in multiparts, the text in the innermost."""
    levels = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    ends = b"".join(b"\r\n--b%d--" % n for n in reversed(range(depth)))
    return _HEAD + levels + b"Content-Type: text/plain\r\n\r\n" + _TEXT + ends


def enclosed_depth(depth: int) -> bytes:
    """Mails in mails in mails."""
    return _HEAD + b"Content-Type: message/rfc822\r\n\r\n" * depth + b"Subject: innen\r\n\r\n" + _TEXT


def empty_parts(count: int) -> bytes:
    return (
        _HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n' + _TEXT + b"--b\r\n\r\n\r\n" * count
    )


def header_fields(count: int) -> bytes:
    return _HEAD + b"".join(b"X-F%d: v\r\n" % n for n in range(count)) + b"\r\n" + _TEXT


def one_big_header(size: int) -> bytes:
    return _HEAD + b"X-Big: " + b"a" * size + b"\r\n\r\n" + _TEXT


def folds(count: int) -> bytes:
    return _HEAD + b"X-Folded: a\r\n" + b" b\r\n" * count + b"\r\n" + _TEXT


def encoded_words_and_parameters() -> bytes:
    """BI-44: 24 kB on which the standard library's policy-based reader takes over 10 s."""
    words = b" ".join(b"=?utf-8?q?a%d?=" % n for n in range(100))
    parameters = b"".join(b"; p%d*0*=utf-8''x; p%d*1=y" % (n, n) for n in range(50)) + b";" * 20_500
    return b"From: " + words + b" <max@kunde.example>\r\nContent-Type: text/plain" + parameters + b"\r\n\r\n" + _TEXT


def html_depth(depth: int) -> bytes:
    return _HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * depth + _TEXT


def _with(header: bytes, body: bytes = _TEXT) -> bytes:
    return _HEAD + header + b"\r\n\r\n" + body


def _photo(size: int) -> bytes:
    """A mail with a photo: nobody's attack, but the biggest mail we take."""
    photo = base64.encodebytes(bytes(range(256)) * (size // 256))
    return (
        _HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\n' + _TEXT
        + b"--b\r\nContent-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n" + photo
        + b"--b--\r\n"
    )  # fmt: skip


BOMBS: dict[str, Callable[[], bytes]] = {
    "multipart depth 200": lambda: multipart_depth(200),
    "multipart depth 1,000": lambda: multipart_depth(1_000),
    "multipart depth 20,000": lambda: multipart_depth(20_000),
    "message/rfc822 x 2,000": lambda: enclosed_depth(2_000),
    "20,000 empty parts": lambda: empty_parts(20_000),
    "100,000 empty parts": lambda: empty_parts(100_000),
    "20,000 distinct headers": lambda: header_fields(20_000),
    "one header of 10 MB": lambda: one_big_header(10_000_000),
    "25,000 folds": lambda: folds(25_000),
    "comments 10,000 deep in To": lambda: _with(b"To: " + b"(" * 10_000),
    "comments 10,000 deep in From": lambda: b"From: " + b"(" * 10_000 + b"\r\n\r\n" + _TEXT,
    "5,000 addresses": lambda: _with(b"Cc: " + b"a@b.example, " * 5_000),
    "5,000 addresses in From": lambda: b"From: " + b"a@b.example, " * 5_000 + b"\r\n\r\n" + _TEXT,
    "5,000 quoted words in From": lambda: b"From: " + b'"a" ' * 5_000 + b"<a@b.example>\r\n\r\n" + _TEXT,
    "30,000 escapes in From": lambda: b'From: "' + b'\\"' * 30_000 + b"\r\n\r\n" + _TEXT,
    "5,000 content-type parameters": lambda: _with(b"Content-Type: text/plain" + b"; a=b" * 5_000),
    "encoded words and parameters": encoded_words_and_parameters,
    "boundary 5,000 long": lambda: _with(
        b"Content-Type: multipart/mixed; boundary=" + b"b" * 5_000, b"--" + b"b" * 5_000 + b"\r\n\r\n" + _TEXT
    ),
    "HTML 100,000 deep": lambda: html_depth(100_000),
    "HTML 1 MB of open cells": lambda: _with(b"Content-Type: text/html", _TEXT + b"<table><tr>" + b"<td>x" * 200_000),
    "one line of 10 MB": lambda: _with(b"Content-Type: text/plain", _TEXT + b"a" * 10_000_000),
    "5,000,000 empty lines": lambda: _with(b"Content-Type: text/plain", _TEXT + b"\r\n" * 5_000_000),
    "10 MB of quoted-printable escapes": lambda: _with(
        b"Content-Transfer-Encoding: quoted-printable", _TEXT + b"=3D" * 3_300_000
    ),
    "one line of 25 MB": lambda: _with(b"Content-Type: text/plain", _TEXT + b"a" * 25_000_000),
    "25 MB of text": lambda: _with(b"Content-Type: text/plain", _TEXT + (b"Worte. " * 10 + b"\r\n") * 350_000),
    "3,000,000 short lines": lambda: _with(b"Content-Type: text/plain", _TEXT + b"a\r\n" * 3_000_000),
    # Text that makes careless patterns go back and forth (ReDoS).
    "decorations": lambda: _with(b"Content-Type: text/plain", _TEXT + (b"== - ~ " * 60 + b"a!\r\n") * 500),
    "one decoration of 900 kB": lambda: _with(b"Content-Type: text/plain", _TEXT + b"=- " * 300_000 + b"a:!"),
    "blanks before a colon": lambda: _with(b"Content-Type: text/plain", _TEXT + b"a" + b" " * 900_000 + b"b: c"),
    "stars after a label": lambda: _with(b"Content-Type: text/plain", _TEXT + b"Von: " + b"*" * 900_000 + b"a"),
    "heads without end": lambda: _with(b"Content-Type: text/plain", _TEXT + b"Von: a\r\n" * 100_000),
    "a drawn table of blanks": lambda: _with(b"Content-Type: text/plain", _TEXT + b"|" + b" " * 900_000 + b"x"),
    "colons in the subject": lambda: b"Subject: " + b": " * 30_000 + b"\r\n\r\n" + _TEXT,
    "a name of 60,000 letters": lambda: b"From: " + b"a" * 60_000 + b" <a@b.example>\r\n\r\n" + _TEXT,
    "tags without end": lambda: _with(b"Content-Type: text/html", _TEXT + b"<a" * 400_000),
    "few tags without end": lambda: _with(b"Content-Type: text/html", _TEXT + (b"<a" + b"x" * 100) * 9_000),
    "media rules without end": lambda: _with(
        b"Content-Type: text/html", _TEXT + b"<style>display:none " + b"@media" * 30_000 + b"</style>"
    ),
    "comments and classes without end": lambda: _with(
        b"Content-Type: text/html", _TEXT + b"<style>none " + b"/*" * 50_000 + b"*/" + b".a{" * 30_000 + b"</style>"
    ),
    "content types without a blank line": lambda: _with(
        b"Content-Type: multipart/mixed; boundary=b",
        _TEXT + b"--b\r\n" * 600 + b"Content-Type: text/plain\r\n" * 60_000,
    ),
    "delimiters of blanks": lambda: _with(
        b"Content-Type: multipart/mixed; boundary=b", _TEXT + (b"--a" + b" " * 1_990 + b"x\r\n") * 400
    ),
    "a bounce of rules": lambda: b"X-Failed-Recipients: a@b.example\r\n\r\n" + _TEXT + b"---\r\n" * 100_000,
    "photo of 18 MB on one line": lambda: _with(
        b"Content-Type: image/jpeg; name=a.jpg\r\nContent-Transfer-Encoding: base64", b"QUJD" * 6_000_000
    ),
    "photo of 18 MB": lambda: _photo(18_000_000),
    "packed attachment stays packed": lambda: _with(
        b"Content-Type: application/gzip; name=a.gz\r\nContent-Transfer-Encoding: base64",
        base64.encodebytes(gzip.compress(b"\0" * 50_000_000)),
    ),
}
