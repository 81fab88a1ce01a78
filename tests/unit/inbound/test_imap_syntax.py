import base64
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.inbound.imap_syntax import (
    Selected,
    Waiting,
    folder_name,
    quoted,
    read_body,
    read_internal_date,
    read_search,
    read_select,
    read_waiting,
    search_date,
    uid_set,
)


@pytest.mark.rule("BI-74")
@pytest.mark.parametrize(
    ("name", "on_the_wire"),
    [
        ("INBOX", '"INBOX"'),
        ("Mein Ordner", '"Mein Ordner"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("Erledigt & Söhne", '"Erledigt &- S&APY-hne"'),
        ("~peter/mail/台北/日本語", '"~peter/mail/&U,BTFw-/&ZeVnLIqe-"'),  # the example of RFC 3501 5.1.3
        ("🚗", '"&2D3elw-"'),
    ],
)
def test_folder_names_go_out_in_modified_utf_7(name, on_the_wire):
    assert folder_name(name) == on_the_wire


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_folder_name_comes_back_as_it_was(name):
    wire = folder_name(name)
    assert wire.isascii()
    unquoted = re.sub(r"\\(.)", r"\1", wire[1:-1])
    assert re.sub(r"&([^-]*)-", _unshifted, unquoted) == name


def _unshifted(run: re.Match[str]) -> str:
    octets = base64.b64decode(run[1].replace(",", "/") + "=" * (-len(run[1]) % 4))
    return octets.decode("utf-16-be") if octets else "&"


@pytest.mark.rule("BI-74")
@pytest.mark.parametrize("bad", ["a\r\nb", "a\x00b"])
def test_what_would_end_the_line_is_refused(bad):
    with pytest.raises(ValueError, match="fit"):
        quoted(bad)
    with pytest.raises(ValueError, match="control"):
        folder_name(bad)


@given(st.sets(st.integers(1, 60), min_size=1))
@settings(max_examples=100, deadline=None)
def test_a_uid_set_names_exactly_its_uids(uids):
    named = set()
    for run in uid_set(uids).split(","):
        first, _, last = run.partition(":")
        named |= set(range(int(first), int(last or first) + 1))
    assert named == uids


def test_runs_of_uids_are_ranges():
    assert uid_set([3, 1, 2, 7]) == "1:3,7"


def test_select_is_read():
    lines = [
        b"FLAGS (\\Answered \\Seen)",
        b"OK [PERMANENTFLAGS (\\*)] Flags permitted.",
        b"12 EXISTS",
        b"0 RECENT",
        b"OK [UIDVALIDITY 1700000000] UIDs valid",
        b"OK [UIDNEXT 34] Predicted next UID",
        b"[READ-WRITE] Select completed",
    ]
    assert read_select(lines) == Selected(1700000000, 34, 12)


def test_a_folder_without_uidvalidity_is_an_error():
    with pytest.raises(ValueError, match="UIDVALIDITY"):
        read_select([b"12 EXISTS", b"[READ-WRITE] done"])


def test_search_is_read_over_several_lines():
    assert read_search([b"3 1", b"2", b"Search completed (0.001 + 0.000 secs)."]) == [1, 2, 3]
    assert read_search([b"", b"Search completed."]) == []


def test_sizes_and_dates_are_read_in_any_order():
    lines = [
        b'2 FETCH (UID 9 RFC822.SIZE 120 INTERNALDATE "17-Jul-2026 02:44:25 -0700")',
        b'1 FETCH (INTERNALDATE " 1-Feb-2026 02:04:05 +0100" RFC822.SIZE 7 UID 4)',
        b"3 FETCH (FLAGS (\\Seen))",  # somebody reads mail meanwhile
        b"Fetch completed.",
    ]
    assert read_waiting(lines) == [
        Waiting(4, 7, datetime(2026, 2, 1, 1, 4, 5, tzinfo=UTC)),
        Waiting(9, 120, datetime(2026, 7, 17, 9, 44, 25, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [b"1 FETCH (UID 7 BODY[] {5}", bytearray(b"hello"), b")", b"done"],
        [b"1 FETCH (BODY[] {5}", bytearray(b"hello"), b" UID 7)", b"done"],
        [b"9 FETCH (FLAGS (\\Seen))", b"1 FETCH (UID 7 BODY[] {5}", bytearray(b"hello"), b" FLAGS ())", b"done"],
        [b'1 FETCH (UID 7 BODY[] "hello")', b"done"],
    ],
)
def test_the_body_is_found(lines):
    assert read_body(lines, 7) == b"hello"


@pytest.mark.rule("PF9")
@pytest.mark.parametrize(
    "lines", [[b"Fetch completed."], [b"1 FETCH (UID 8 BODY[] {5}", bytearray(b"other"), b")", b"done"]]
)
def test_a_message_that_is_gone_has_no_body(lines):
    assert read_body(lines, 7) is None


def test_an_empty_message_is_a_message():
    assert read_body([b"1 FETCH (UID 7 BODY[] NIL)", b"done"], 7) == b""


@pytest.mark.parametrize("text", ["17-Foo-2026 02:44:25 -0700", "yesterday", ""])
def test_a_date_that_is_none_is_an_error(text):
    with pytest.raises(ValueError, match=r"."):
        read_internal_date(text)


def test_dates_to_search_by():
    assert search_date(datetime(2026, 3, 4, tzinfo=UTC)) == "4-Mar-2026"
