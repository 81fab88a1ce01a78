"""What a bounce says, in every shape it comes in."""

from pathlib import Path

import pytest

from leadmaild.model.address import NULL_REVERSE_PATH, ReversePath
from leadmaild.model.reading import DeliveryStatus
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.dsn import Bounce, bounce_of, has_null_path
from leadmaild.reading.mime import parse
from leadmaild.reading.sender import sender_of
from leadmaild.reading.threading import thread_of

FOLDER = Path(__file__).parents[2] / "fixtures" / "bounces"

# File: action, status, permanent. The French one gives nothing back of our mail.
BOUNCES: dict[str, tuple[str, str | None, bool]] = {
    "postfix": ("failed", "5.1.1", True),
    "exim": ("failed", "5.0.0", True),
    "exchange-without-multipart-report": ("failed", "5.1.1", True),
    "qmail": ("failed", "5.1.1", True),
    "sendmail-before-mime": ("failed", "5.1.1", True),
    "gmail": ("failed", "5.1.1", True),
    "old-gmail": ("failed", "5.2.1", True),
    "delayed": ("delayed", "4.4.1", False),
    "delayed-in-words-exim": ("delayed", None, False),
    "relayed": ("relayed", "2.1.9", False),
    "out-of-office-dressed-as-dsn": ("delivered", "2.0.0", False),
    "several-recipients-no-blank-line-between": ("failed", "5.7.1", True),
    "mailbox-full-for-now": ("failed", "4.2.2", False),
    "french": ("failed", "5.1.10", True),
    "headers-announced-in-words": ("failed", "5.0.0", True),
    "feedback-report": ("complaint", None, True),
}


def bounce(raw: bytes) -> Bounce | None:
    message = parse(raw)
    return bounce_of(message, sender_of(message), ReadingContext())


def test_every_bounce_on_file_is_expected_to_say_something() -> None:
    assert {path.stem for path in FOLDER.glob("*.eml")} == BOUNCES.keys()
    assert len(BOUNCES) >= 10


@pytest.mark.rule("BI-57")
@pytest.mark.parametrize("shape", BOUNCES)
def test_a_bounce_is_recognised_and_read(shape: str) -> None:
    action, status, permanent = BOUNCES[shape]
    found = bounce((FOLDER / f"{shape}.eml").read_bytes())
    assert found is not None
    message_id = None if shape == "french" else "<out.4711.1@leads.dein.example>"
    assert found.status == DeliveryStatus("lena@post.example", action, status, permanent, message_id)


@pytest.mark.rule("BI-57")
@pytest.mark.rule("PF23")
@pytest.mark.parametrize("shape", BOUNCES)
def test_a_bounce_is_tied_to_our_mail(shape: str) -> None:
    message = parse((FOLDER / f"{shape}.eml").read_bytes())
    found = bounce_of(message, sender_of(message), ReadingContext())
    assert found is not None
    thread = thread_of(message, ReadingContext(), found.original)
    assert thread.token == "t9c0d2"
    assert thread.lead_id == (None if shape == "french" else "4711")


@pytest.mark.rule("PF21")
@pytest.mark.parametrize(
    "raw",
    [
        b"Return-Path: <>\r\nFrom: noreply@boerse.example\r\nSubject: Neue Anfrage\r\n\r\nName: Max",
        b"From: Max <max@kunde.example>\r\nSubject: Lieferung\r\n\r\nWann kommt der Wagen? Delivery to Berlin?",
        b"From: Max <max@kunde.example>\r\nSubject: WG: Unzustellbar\r\n\r\nMeine Mail kam nicht an. Golf noch da?",
        b"Return-Path: <>\r\nFrom: Max <max@kunde.example>\r\nSubject: Abwesend\r\n\r\nIch bin im Urlaub.",
        b"From: postmaster@autohaus.example\r\nSubject: Neue Anfrage\r\n\r\nName: Max",
    ],
)
def test_other_mail_is_no_bounce(raw: bytes) -> None:
    assert bounce(raw) is None


@pytest.mark.rule("AR-01")
def test_the_envelope_decides_about_the_null_path_and_the_header_only_where_it_is_unknown() -> None:
    null = parse(b"Return-Path: <>\r\n\r\nx")
    other = parse(b"Return-Path: <max@kunde.example>\r\n\r\nx")
    absent = parse(b"Subject: x\r\n\r\nx")
    unknown = ReadingContext()
    assert [has_null_path(m, unknown) for m in (null, other, absent)] == [True, False, False]
    assert has_null_path(other, ReadingContext(reverse_path=NULL_REVERSE_PATH))
    assert not has_null_path(null, ReadingContext(reverse_path=ReversePath("max@kunde.example")))
