"""What ties a mail to an earlier one of ours."""

from time import process_time

import pytest

from leadmaild.model.reading import Thread
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.mime import parse
from leadmaild.reading.threading import MOST_REFERENCES, is_our_message_id, message_id_of, thread_of

NOTHING = ReadingContext()
KNOWN = ReadingContext(recipient="autohaus@dein.example", own_domains=("dein.example",))


def thread(*fields: str, context: ReadingContext = NOTHING) -> Thread:
    return thread_of(parse("\r\n".join((*fields, "", "Text")).encode()), context)


TO = "To: autohaus@dein.example"
OURS = "<out.4711.1@leads.dein.example>"


@pytest.mark.parametrize(
    "fields",
    [
        (f"In-Reply-To: {OURS}",),
        (f"References: <a@kunde.example> {OURS} <b@kunde.example>",),
        (f"References: <a@kunde.example>\r\n {OURS}",),
        ("Subject: AW: Ihre Anfrage zum Golf [Anfrage 4711]",),
        ("Subject: =?utf-8?q?AW:_Anfrage_=5BAnfrage_47?= =?utf-8?q?11=5D?=",),
        (f"In-Reply-To: Ihre Mail vom Montag {OURS}",),
    ],
)
def test_the_lead_is_found_by_our_marks(fields: tuple[str, ...]) -> None:
    assert thread(TO, *fields).lead_id == "4711"
    assert thread(TO, *fields, context=KNOWN).lead_id == "4711"


def test_the_message_id_counts_before_the_subject_and_the_newest_reference_first() -> None:
    assert thread(TO, "Subject: x [Anfrage 1]", f"In-Reply-To: {OURS}").lead_id == "4711"
    assert thread(TO, f"References: {OURS} <out.5.1@leads.dein.example>").lead_id == "5"


@pytest.mark.parametrize(
    "fields",
    [
        ("In-Reply-To: <out.4711.1@leads.other.example>",),
        ("In-Reply-To: <out.4711.1@leads.notdein.example>",),
        ("In-Reply-To: <out.x.1@leads.dein.example>",),
        ("In-Reply-To: <out.0.77@leads.dein.example>",),  # a mail of ours that belongs to no lead
        ("Subject: Anfrage 4711",),
        ("Subject: [Anfrage]",),
        (),
    ],
)
def test_what_is_not_ours_gives_no_lead(fields: tuple[str, ...]) -> None:
    assert thread(TO, *fields).lead_id is None


def test_the_token_is_found_in_the_reply_address() -> None:
    assert thread("To: Autohaus <autohaus+t9c0d2@dein.example>").token == "t9c0d2"
    assert thread("To: x@y.example", "Delivered-To: autohaus+t9c0d2@dein.example", context=KNOWN).token == "t9c0d2"
    assert thread(TO, context=ReadingContext(recipient="autohaus+t9c0d2@dein.example")).token == "t9c0d2"
    assert thread("To: kunde+spam@post.example", context=KNOWN).token is None
    assert thread(TO).token is None


def test_a_plus_address_that_is_an_alias_is_no_token() -> None:
    context = ReadingContext(
        recipient="autohaus@dein.example", aliases=("info+neu@dein.example",), own_domains=("dein.example",)
    )
    assert thread("To: info+neu@dein.example", context=context).token is None


@pytest.mark.rule("PF26")
def test_a_chain_of_a_thousand_references_costs_its_end_only() -> None:
    chain = " ".join(f"<m{n}@kunde.example>" for n in range(1_000))
    message = parse(f"{TO}\r\nReferences: {chain} {OURS}\r\n\r\nText".encode())
    started = process_time()
    found = thread_of(message, KNOWN)
    assert process_time() - started < 0.05
    assert len(found.references) == MOST_REFERENCES
    assert found.references[-1] == OURS
    assert found.lead_id == "4711"


@pytest.mark.rule("PF10")
@pytest.mark.rule("BI-33")
@pytest.mark.parametrize(
    ("value", "message_id"),
    [
        ("<a@b.example>", "<a@b.example>"),
        ("a@b.example", "<a@b.example>"),
        ("<a@b\r\n .example>", None),
        ("\r\n <a@b.example>", "<a@b.example>"),
        ("<a@b.example> <c@d.example>", "<a@b.example>"),
        ("<[>", "<[>"),
        ("", None),
        ("x", None),
        (f"<{'x' * 10_000}@b.example>", None),
    ],
)
def test_every_message_id_has_a_defined_identity(value: str, message_id: str | None) -> None:
    assert message_id_of(parse(f"Message-ID: {value}\r\n\r\nText".encode())) == message_id


def test_the_first_of_two_message_ids_counts() -> None:
    assert (
        message_id_of(parse(b"Message-ID: <a@b.example>\r\nMessage-ID: <c@d.example>\r\n\r\nText")) == "<a@b.example>"
    )


@pytest.mark.rule("SP-07")
def test_our_own_message_ids_are_known_by_form_and_domain() -> None:
    assert is_our_message_id(OURS, ("dein.example",))
    assert not is_our_message_id(OURS, ("other.example",))
    assert not is_our_message_id("<x@leads.dein.example>", ("dein.example",))
