"""Bytes become a Message, whatever they are."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.reading.limits import DEEPEST, MOST_BODY_LINES, MOST_PARTS, too_complex, without_ballast
from leadmaild.reading.message import Message
from leadmaild.reading.mime import DEEPEST_NESTED, LONGEST_TEXT, parse
from leadmaild.reading.text import documents

HEAD = b"From: Max Muster <max@kunde.example>\r\nTo: verkauf@autohaus.example\r\nSubject: Anfrage\r\n"
WORDS = "Ist der Škoda noch da? Grüße"


def mail(content_type: str, body: bytes, *more: str) -> bytes:
    fields = "".join(f"{line}\r\n" for line in (f"Content-Type: {content_type}", *more))
    return HEAD + fields.encode() + b"\r\n" + body


def texts(message: Message) -> list[str]:
    return [part.text for part in message.parts if part.text]


def everything(message: Message) -> str:
    return "\n".join([*texts(message), *map(everything, message.nested)])


# ---- structure ----


def test_a_mail_with_alternatives_and_an_attachment() -> None:
    message = parse(
        mail(
            'multipart/mixed; boundary="o"',
            b'--o\r\nContent-Type: multipart/alternative; boundary="i"\r\n\r\n'
            b"--i\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + WORDS.encode() + b"\r\n"
            b"--i\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>" + WORDS.encode() + b"</p>\r\n--i--\r\n"
            b'--o\r\nContent-Type: application/pdf; name="=?utf-8?q?Gr=C3=B6=C3=9Fe.pdf?="\r\n'
            b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"%PDF-") + b"\r\n--o--\r\n",
        )
    )
    plain, html, pdf = message.parts
    assert (plain.content_type, plain.path, plain.text) == ("text/plain", "1.1", WORDS)
    assert (html.content_type, html.path, html.alternative) == ("text/html", "1.2", "1")
    assert (pdf.filename, pdf.payload, pdf.is_attachment) == ("Größe.pdf", b"%PDF-", True)
    assert message.content_type == "multipart/mixed"
    assert (message.get("SUBJECT"), message.repairs, message.is_cut) == ("Anfrage", (), False)


@pytest.mark.parametrize(
    "content_type", ["", "text", "text/", "html", "nonsense/\r\n x", "text/plain;;;", "TEXT/PLAIN"]
)
def test_text_under_a_broken_content_type_is_still_text(content_type: str) -> None:
    assert texts(parse(mail(content_type, WORDS.encode())))[0].strip() == WORDS


def test_a_mail_without_any_mime_is_text() -> None:
    assert texts(parse(HEAD + b"\r\n" + WORDS.encode())) == [WORDS]


def test_a_report_tells_its_type() -> None:
    message = parse(mail("multipart/report; report-type=Delivery-Status; boundary=b", b"--b\r\n\r\nx\r\n--b--"))
    assert message.content_type == "multipart/report; report-type=delivery-status"


def test_an_enclosed_mail_is_a_message_of_its_own() -> None:
    inner = b"From: =?utf-8?q?J=C3=B6rg?= <j@kunde.example>\r\nSubject: innen\r\n\r\n" + WORDS.encode()
    message = parse(
        mail(
            "multipart/mixed; boundary=b",
            b"--b\r\n\r\nsiehe unten\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--b--",
        )
    )
    assert texts(message) == ["siehe unten"]
    assert message.nested[0].get("from") == "Jörg <j@kunde.example>"
    assert texts(message.nested[0]) == [WORDS]


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
def test_an_enclosed_mail_that_was_encoded_is_opened(encoding: str) -> None:
    inner = b"Subject: innen\r\n\r\nGuten Tag"
    body = base64.encodebytes(inner) if encoding == "base64" else inner
    message = parse(mail("message/rfc822", body, f"Content-Transfer-Encoding: {encoding}"))
    assert message.nested[0].get("subject") == "innen"
    assert texts(message.nested[0]) == ["Guten Tag"]


def test_an_eml_file_is_opened_like_an_enclosed_mail() -> None:
    body = base64.encodebytes(b"Subject: innen\r\n\r\nGuten Tag")
    message = parse(mail("application/octet-stream; name=anfrage.eml", body, "Content-Transfer-Encoding: base64"))
    assert message.nested[0].get("subject") == "innen"


@pytest.mark.rule("BI-26")
def test_mails_in_mails_are_opened_three_deep() -> None:
    message = parse(HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 6 + b"Subject: innen\r\n\r\nText")
    depth = 0
    while message.nested:
        message, depth = message.nested[0], depth + 1
    assert depth == DEEPEST_NESTED
    assert message.is_cut


@pytest.mark.rule("BI-42")
@pytest.mark.parametrize(
    "kind", ["message/partial", "message/external-body", "application/pkcs7-mime", "application/ms-tnef"]
)
def test_what_cannot_be_read_is_a_part_and_nothing_is_fetched(kind: str) -> None:
    message = parse(mail(f"{kind}; access-type=anon-ftp; name=a.dat", b"\r\nx"))
    assert kind in {part.content_type for part in message.parts}


# ---- broken forms ----


@pytest.mark.rule("BI-25")
@pytest.mark.parametrize("raw", [b"", b"\r\n", b"\r\n\r\n\r\n", b"\n", b"\0"])
def test_an_empty_mail_is_an_empty_message(raw: bytes) -> None:
    message = parse(raw)
    assert message.headers == ()
    assert everything(message).strip() == ""


@pytest.mark.rule("BI-25")
def test_headers_only_and_body_only() -> None:
    assert parse(HEAD).get("subject") == "Anfrage"
    assert texts(parse(b"\r\nnur ein Text, kein Kopf"))[0].strip() == "nur ein Text, kein Kopf"
    assert texts(parse("Nur ein Text\r\nüber zwei Zeilen".encode()))[0] == "Nur ein Text\nüber zwei Zeilen"


_PARTS = b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + WORDS.encode() + b"\r\n--b--\r\n"


@pytest.mark.rule("BI-29")
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/mixed", _PARTS),
        ('multipart/mixed; boundary=""', _PARTS),
        ("multipart/mixed; boundary=other", _PARTS),
        ("multipart/mixed; boundary=b", _PARTS.replace(b"\r\n--b--\r\n", b"")),
        ("multipart/mixed; boundary=b", b"\r\n" + WORDS.encode()),
        (f"multipart/mixed; boundary={'b' * 5_000}", _PARTS.replace(b"--b", b"--" + b"b" * 5_000)),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\n"
         + WORDS.encode() + b"\r\n--bb--\r\n--b--"),
        ("multipart/mixed; boundary=bb", b"--bb\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
         + WORDS.encode() + b"\r\n--b--\r\n--bb--"),
        ("multipart/mixed; boundary=b", b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" + _PARTS),
    ],
)  # fmt: skip
def test_text_is_found_whatever_the_boundary(content_type: str, body: bytes) -> None:
    assert WORDS in everything(parse(mail(content_type, body)))


@pytest.mark.rule("BI-30")
@pytest.mark.parametrize(
    "charset", ["x-unknown", "DEFAULT_CHARSET", "zlib_codec", "idna", '"a\0b"', "utf-7", "utf-16", "1252"]
)
def test_text_is_found_under_any_charset(charset: str) -> None:
    message = parse(mail(f"text/plain; charset={charset}", b"Guten Tag +ADw-script+AD4-"))
    assert texts(message) == ["Guten Tag +ADw-script+AD4-"]


@pytest.mark.rule("PF13")
@pytest.mark.rule("BI-31")
def test_a_repair_names_its_part() -> None:
    message = parse(mail("text/plain; charset=utf-8", "Grüße".encode("cp1252")))
    assert texts(message) == ["Grüße"]
    assert message.repairs == ("charset utf-8 read as windows-1252 (1)",)


@pytest.mark.rule("BI-32")
def test_nul_escape_and_direction_marks_never_come_out() -> None:
    message = parse(b"Subject: a\0b\x1b[0m\xe2\x80\xaec\r\n\r\nText\0\x1b\xe2\x80\xae\xed\xa0\x80Ende")
    out = everything(message) + (message.get("subject") or "")
    assert not set(out) & set("\0\x1b\u202e\ud800")
    assert texts(message)[0].startswith("Text")
    assert texts(message)[0].endswith("Ende")


@pytest.mark.rule("BI-33")
@pytest.mark.parametrize("value", [b"<[>", b"", b"<a@b.example> <c@d.example>", b"<" + b"x" * 10_000 + b">", b"a@b"])
def test_a_strange_message_id_stops_nothing(value: bytes) -> None:
    assert texts(parse(b"Message-ID: " + value + b"\r\n" + HEAD + b"\r\nText")) == ["Text"]


@pytest.mark.parametrize(
    "raw", [b"From x@y Mon Oct\r\n" + HEAD + b"\r\nText", (HEAD + b"\r\nText").replace(b"\r\n", b"\r")]
)
def test_mbox_lines_and_any_line_ends_are_taken(raw: bytes) -> None:
    message = parse(raw)
    assert message.get("subject") == "Anfrage"
    assert texts(message) == ["Text"]


def test_a_mail_without_its_end_is_whole_even_where_the_parser_fails() -> None:
    """mail-parser 4.8 raises AttributeError on an epilogue that is none; its tree is good all the same."""
    message = parse(
        mail("multipart/mixed; boundary=b", b"--b\r\n\r\neins\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>zwei")
    )
    assert everything(message).split() == ["eins", "<p>zwei"]
    assert not message.is_cut


@pytest.mark.rule("BI-29")
def test_words_before_and_after_the_parts_are_kept_but_not_the_notice_for_old_programs() -> None:
    body = b"%s\r\n--b\r\n\r\nMitte\r\n--b--\r\nVerteiler des Autohauses\r\n"
    message = parse(mail("multipart/mixed; boundary=b", body % b"Ein Text vor dem Anfang"))
    assert texts(message) == ["Ein Text vor dem Anfang", "Mitte", "Verteiler des Autohauses"]
    for notice in (b"This is a multi-part message in MIME format.", b"Dies ist eine mehrteilige Nachricht.", b"--"):
        assert texts(parse(mail("multipart/mixed; boundary=b", body % notice)))[0] == "Mitte"


# ---- limits ----


@pytest.mark.rule("SP-13")
@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * (MOST_PARTS + 1), "parts"),
        (b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * (MOST_PARTS - 1), ""),
        (b"".join(b"Content-Type: multipart/x; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(DEEPEST + 1)), "depth"),
        (b"Content-Type: message/rfc822\n\n" * (DEEPEST + 1), "depth"),
        # Many beside each other are not deep.
        (b"Content-Type: multipart/digest; boundary=o\n\n"
         + b"--o\nContent-Type: multipart/mixed; boundary=i\n\n--i\n\nx\n--i--\n" * 40, ""),
        (b"Subject: a table\n\n" + b"-----+-----\n" * 2_000, ""),
    ],
)  # fmt: skip
def test_limits_are_checked_before_parsing(raw: bytes, why: str) -> None:
    assert too_complex(raw) == why


@pytest.mark.rule("BI-27")
def test_beyond_the_limits_the_fallback_reader_finds_header_and_text() -> None:
    body = b"--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    message = parse(mail("multipart/mixed; boundary=b", body + b"Gr=C3=BC=C3=9Fe\r\n" + b"--b\r\n\r\n\r\n" * 600))
    assert texts(message) == ["Grüße"]
    assert message.get("from") == "Max Muster <max@kunde.example>"
    assert message.is_cut
    assert message.repairs == ("read by the fallback reader: parts",)


def test_the_fallback_reader_goes_by_the_mail_s_own_charset() -> None:
    lines = "Grüße\r\n".encode("iso-8859-15") + b"a\r\n" * (MOST_BODY_LINES + 1)
    message = parse(mail("text/plain; charset=iso-8859-15", lines))
    assert texts(message)[0].startswith("Grüße\na")
    assert message.repairs == ("read by the fallback reader: lines",)


def test_a_long_text_is_cut_and_says_so() -> None:
    message = parse(mail("text/plain", b"Wort " * 250_000))
    assert len(texts(message)[0]) == LONGEST_TEXT
    assert message.is_cut


def test_long_attachments_lose_their_ballast_and_nothing_else() -> None:
    photo = base64.encodebytes(bytes(range(256)) * 8_000)
    body = (
        b"--b\n\nText\n--b\nContent-Type: image/jpeg\nContent-Transfer-Encoding: base64\n\n"
        + photo
        + b"--b\n\nunten\n--b--\n"
    )
    lean = without_ballast(body)
    assert len(lean) < len(body)
    assert lean.startswith(b"--b\n\nText")
    assert lean.endswith(b"--b\n\nunten\n--b--\n")
    message = parse(b"Content-Type: multipart/mixed; boundary=b\n\n" + body)
    assert texts(message) == ["Text", "unten"]
    assert not message.is_cut


# ---- properties ----

_PIECES = st.sampled_from(
    [
        b"From: a@b.example", b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: text/html; charset=utf-16",
        b"Content-Type: message/rfc822", b"Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        b"Content-Type: message/delivery-status", b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: x",
        b"Content-Disposition: attachment; filename*0*=utf-8''a%", b"--b", b"--b--", b"", b"", b"\0", b"\xff\xfe",
        b"R3V0ZW4=", b"=C3=BC=", b"begin 644 a", b"<table><tr><td>Name:<td>Max", b"&#xd800;",
        b"Text", b"Final-Recipient: rfc822;x@y", b"=?utf-8?q?a=00?=", b" folded",
        b"Subject: =?utf-7?q?+ADw-?=", b"-- ", b"> > quote", b"Von: a", b"Betreff: b",
    ]
)  # fmt: skip


def _reads_well(raw: bytes) -> None:
    message = parse(raw)
    for text in (everything(message), *(d.plain for d in documents(message)), *(h.value for h in message.headers)):
        text.encode("utf-8")
        assert "\0" not in text


@pytest.mark.rule("PF13")
@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_have_a_message(raw: bytes) -> None:
    _reads_well(raw)


@pytest.mark.rule("PF13")
@settings(max_examples=250, deadline=None)
@given(st.lists(_PIECES, max_size=25), st.sampled_from([b"\r\n", b"\n", b"\r"]))
def test_any_heap_of_pieces_has_a_message(pieces: list[bytes], end: bytes) -> None:
    _reads_well(end.join(pieces))


_WHOLE = mail(
    'multipart/mixed; boundary="o"',
    b'--o\r\nContent-Type: multipart/alternative; boundary="i"\r\n\r\n--i\r\n\r\nName: Max\r\n'
    b"--i\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<table><tr><td>Name</td><td>Max</td></tr></table>\r\n"
    b"--i--\r\n--o\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?innen?=\r\n\r\nText\r\n--o--\r\n",
)  # fmt: skip


@pytest.mark.rule("PF13")
@settings(max_examples=250, deadline=None)
@given(st.data())
def test_a_mail_with_bytes_changed_cut_or_doubled_has_a_message(data: st.DataObject) -> None:
    raw = bytearray(_WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        how = data.draw(st.sampled_from(["change", "cut", "double"]))
        if how == "change":
            raw[at] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del raw[at : at + data.draw(st.integers(1, 60))]
        else:
            raw[at:at] = raw[at : at + data.draw(st.integers(1, 200))]
        if not raw:
            break
    _reads_well(bytes(raw))
