"""Where the header ends and what its fields are, by our strict reader."""

import pytest

from leadmaild.reading.header_fields import LONGEST_FIELD, MOST_LINES, read_field, split, with_plain_line_ends


def _names(raw: bytes) -> list[str]:
    return [read_field(field).name for field in split(raw).fields]


@pytest.mark.parametrize(
    "raw", [b"A: 1\r\nB: 2\r\n\r\nText\r\nhier", b"A: 1\nB: 2\n\nText\nhier", b"A: 1\rB: 2\r\rText\rhier",
            b"A: 1\r\r\nB: 2\r\r\n\r\r\nText\r\r\nhier"]
)  # fmt: skip
def test_any_line_ends_are_read(raw: bytes) -> None:
    block = split(with_plain_line_ends(raw))
    assert [field.partition(b":")[0] for field in block.fields] == [b"A", b"B"]
    assert block.body == b"Text\nhier"


def test_an_mbox_line_is_skipped() -> None:
    block = split(b"From max@kunde.example Mon Oct  5 09:12:44 2026\nFrom: Max <max@kunde.example>\n\nText")
    assert block.fields == (b"From: Max <max@kunde.example>",)
    assert block.body == b"Text"
    assert block.repairs == ("mbox line skipped",)


def test_a_byte_order_mark_and_empty_lines_before_the_header_are_skipped() -> None:
    assert _names(b"\xef\xbb\xbf\n\nFrom: a@b.example\n\nText") == ["from"]


def test_folded_fields_are_one() -> None:
    block = split(b"Subject: Anfrage\n zum\n\tGolf\nFrom: a@b.example\n\n")
    assert read_field(block.fields[0]).value == "Anfrage zum Golf"


def test_a_line_folded_without_its_blank_belongs_to_the_field_above_if_fields_follow() -> None:
    block = split(b"Subject: Anfrage zum\nGolf Variant\nTo: a@b.example\nFrom: c@d.example\n\nText")
    assert [read_field(f).value for f in block.fields] == ["Anfrage zum Golf Variant", "a@b.example", "c@d.example"]
    assert block.repairs


def test_a_line_of_blanks_is_a_fold_if_fields_follow_and_the_end_if_not() -> None:
    folded = split(b"Subject: Anfrage\n \nFrom: a@b.example\n\nText")
    assert [read_field(f).value for f in folded.fields] == ["Anfrage", "a@b.example"]
    assert split(b"From: a@b.example\n \nGuten Tag,\nText").body == b"Guten Tag,\nText"


def test_a_line_that_is_no_field_ends_the_header_if_no_fields_follow() -> None:
    block = split(b"From: a@b.example\nGuten Tag,\nhier ist der Text")
    assert block.body == b"Guten Tag,\nhier ist der Text"
    assert block.repairs == ("blank line after the header missing",)


@pytest.mark.rule("BI-25")
@pytest.mark.parametrize("raw", [b"", b"\n\n\n", b"\n"])
def test_nothing_is_nothing(raw: bytes) -> None:
    assert split(raw).fields == ()
    assert split(raw).body == b""


@pytest.mark.rule("BI-28")
def test_limits_cut_the_header_and_say_so() -> None:
    block = split(b"A: 1\n" * (MOST_LINES + 5) + b"\nText")
    assert len(block.fields) == MOST_LINES
    assert block.body == b"Text"
    assert block.is_cut
    long_line = split(b"A: " + b"x" * (LONGEST_FIELD + 1) + b"\n\nText")
    assert len(long_line.fields[0]) == LONGEST_FIELD
    assert long_line.is_cut
    long_fold = split(b"A: 1\n" + b" y" * LONGEST_FIELD + b"\nB: 2\n\nText")
    assert [f[:1] for f in long_fold.fields] == [b"A", b"B"]
    assert long_fold.is_cut


@pytest.mark.rule("BI-32")
def test_a_value_is_one_clean_line() -> None:
    field = read_field(b"Subject: =?utf-8?q?Anfrage=0D=0ABcc:_v@x.example=00?=")
    assert field.value == "Anfrage Bcc: v@x.example"
