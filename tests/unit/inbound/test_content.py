"""Content read in bulk means the same as content read line by line, however the network cuts it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadmaild.inbound.content import BARE_NEWLINE, LINE_TOO_LONG, ContentCollector
from leadmaild.model.reply import TOO_LARGE, Reply

MAX_LINE = 40
MAX_SIZE = 400

PIECES = st.sampled_from(
    [
        b"\r\n",
        b"\r\n",
        b"\r\n.",
        b"\r\n.\r\n",
        b".",
        b"..",
        b"\r",
        b"\n",
        b"\n.\n",
        b"\r.\r",
        b"\x00",
        b"a",
        b"QUIT",
        b"x" * 39,
    ]
)
STREAMS = st.lists(PIECES, max_size=40).map(b"".join)


def line_by_line(stream: bytes) -> tuple[bytes | Reply, bytes] | None:
    """The reference: RFC 5321 4.5.2 word for word. Returns content or fault, and the rest; None if no end has come."""
    content, fault, rest = [], None, stream
    while True:
        line, crlf, rest = rest.partition(b"\r\n")
        if not crlf:
            return None
        if line == b".":
            break
        if len(line) + 2 > MAX_LINE:
            fault = fault or LINE_TOO_LONG
        content.append((line[1:] if line.startswith(b".") else line) + crlf)
    on_the_wire = len(stream) - len(rest) - len(b".\r\n")
    whole = b"".join(content)
    pairs = whole.count(b"\r\n")
    if on_the_wire > MAX_SIZE:
        fault = TOO_LARGE
    if fault is None and not whole.count(b"\r") == whole.count(b"\n") == pairs:
        fault = BARE_NEWLINE
    return fault or whole, rest


def collect(stream: bytes, sizes: list[int]) -> tuple[bytes | Reply, bytes] | None:
    collector = ContentCollector(MAX_SIZE, MAX_LINE)
    at = 0
    for size in [*sizes, len(stream)]:
        chunk, at = stream[at : at + size], at + size
        if chunk and collector.feed(chunk):
            return collector.take(), collector.rest + stream[at:]
    return None


@pytest.mark.rule("SP-09")
@pytest.mark.rule("BI-05")
@given(STREAMS, st.lists(st.integers(1, 30), max_size=30))
@settings(max_examples=400, deadline=None)
@example(b".\r\n", [1, 1])
@example(b"a\r\n.\r\nQUIT\r\n", [3, 1, 1])
@example(b"a\n.\nMAIL FROM:<x@y.example>\r\n.\r\n", [])
@example(b"a\r\n.\rMAIL\r\n.\r\n", [])
@example(b"..\r\n...\r\n.x\r\n.\r\n", [2, 2, 2])
def test_any_chunking_gives_what_the_line_by_line_reader_gives(stream, sizes):
    expected, collected = line_by_line(stream), collect(stream, sizes)
    if expected is None or collected is None:
        assert expected == collected
        return
    assert collected[1] == expected[1]
    if isinstance(expected[0], Reply):  # of two faults either may be told, but never the content
        assert isinstance(collected[0], Reply)
    else:
        assert collected[0] == expected[0]


@given(st.lists(st.binary(max_size=20).map(lambda b: b.replace(b"\r", b"").replace(b"\n", b"")), max_size=10))
@settings(max_examples=100, deadline=None)
def test_what_a_client_stuffs_comes_back_as_it_was(lines):
    content = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)
    assert collect(stuffed + b".\r\n", []) == (content, b"")


SMUGGLED = [
    b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r.\n", b"\n.\r", b"\n\n.\n\n", b"\r\r.\r\r",
    b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\r\r\n.\r\r\n", b"\r\n..\r\n", b"\r\n. \r\n",
]  # fmt: skip


@pytest.mark.rule("SP-09")
@pytest.mark.rule("BI-05")
@pytest.mark.parametrize("fake_end", SMUGGLED, ids=repr)
def test_no_smuggling_sequence_ends_the_content(fake_end):
    collected = collect(b"Subject: a\r\n\r\nb" + fake_end + b"MAIL FROM:<e@e.example>\r\n.\r\n", [])
    assert collected is not None
    content, rest = collected
    assert rest == b""
    has_bare = fake_end.replace(b"\r\n", b"").strip(b". \x00") != b""
    assert content == BARE_NEWLINE if has_bare else b"MAIL FROM" in content


@pytest.mark.rule("BI-20")
@pytest.mark.parametrize(
    ("length", "passes"), [(1_500, True), (8_000, True), (8_190, True), (8_191, False), (9_000, False)]
)
def test_lines_up_to_8192_octets_with_their_end_are_taken(length, passes):
    collector = ContentCollector(100_000, 8192)
    assert collector.feed(b"a\r\n" + b"x" * length + b"\r\nb\r\n.\r\n")
    assert isinstance(collector.take(), bytes if passes else Reply)
    if not passes:
        assert collector.fault == LINE_TOO_LONG


@pytest.mark.rule("BI-11")
@pytest.mark.parametrize(("size", "passes"), [(MAX_SIZE, True), (MAX_SIZE + 1, False)])
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_the_size_limit_is_exact(size, passes, step):
    content = (b"x" * 18 + b"\r\n") * (size // 20 - 1)
    content += b"y" * (size - len(content) - 2) + b"\r\n"
    assert len(content) == size
    collected = collect(content + b".\r\n", [step] * (size + 10))
    assert collected == (content if passes else TOO_LARGE, b"")


@pytest.mark.rule("BI-10")
@pytest.mark.rule("BI-12")
def test_after_a_fault_nothing_is_kept_and_the_end_is_still_found():
    collector = ContentCollector(1_000_000, 100)
    for _ in range(100):
        assert not collector.feed(b"x" * 5_000)
        assert len(collector._kept) < 10
    assert collector.feed(b"\r\n.\r\nQUIT\r\n")
    assert collector.take() == LINE_TOO_LONG
    assert collector.rest == b"QUIT\r\n"


@pytest.mark.rule("BI-10")
def test_an_absurd_line_is_hopeless():
    collector = ContentCollector(25 * 1024**2, 8192)
    chunks = 0
    while not collector.is_hopeless:
        collector.feed(b"x" * 65_536)
        chunks += 1
    assert chunks == 17  # a little more than 1 MiB


@pytest.mark.rule("BI-12")
def test_twice_the_size_limit_is_hopeless():
    collector = ContentCollector(10_000, 8192)
    while not collector.is_hopeless:
        collector.feed(b"x" * 998 + b"\r\n")
    assert 20_000 < collector.octets <= 21_000
    assert collector.fault == TOO_LARGE
