"""CPU time to read one portal mail, from bytes to lead, against what only takes the mail apart.

In one process, as the reader worker does it. The peers stop where reading begins: they hand out header and text.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from pathlib import Path

import mailparser

from benchmarks.mails import RECIPIENT, portal_mail, portal_page
from benchmarks.table import Section, spread
from leadmaild.model.reading import Classification
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.read import read
from leadmaild.reading.sources_folder import load_sources

_MAILS = 100
_SHAPES: dict[str, Callable[[int, str], bytes]] = {
    "3 kB": lambda number, run: portal_mail(number, run, 3_000),
    "50 kB, a designed page": lambda number, run: portal_page(number, run, 50_000),
    "50 kB, all of it words": lambda number, run: portal_mail(number, run, 50_000),
}


def run(rounds: int, _place: Path) -> list[Section]:
    """Measure both sizes, every side in turn, `rounds` times."""
    return [
        Section(
            title="Reading: CPU of one mail",
            settings=[
                f"{_MAILS} different portal mails a round, {rounds} rounds in turn; every reading check on",
                "each has a text and an HTML part; a designed page is what portals send: tables, styles, tracked links;"
                " 50 kB of words are some 340 lines of message, in both parts",
            ],
            head=["mail", "side", "ms a mail, median (range)", "ratio to the standard library"],
            rows=[row for shape in _SHAPES for row in _rows(shape, rounds)],
        )
    ]


def _rows(shape: str, rounds: int) -> list[list[str]]:
    sides: dict[str, Callable[[bytes], object]] = {
        "leadmaild, whole reading": _our_reading(),
        "mail-parser, taking apart": lambda raw: mailparser.parse_from_bytes(raw).text_plain,
        "email.policy.default, taking apart": _standard_library,
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(-1, rounds):  # round -1 warms up and is not counted
        mails = [_SHAPES[shape](n, f"reading-{number}") for n in range(_MAILS)]
        for name, side in sides.items():
            taken = _ms_a_mail(side, mails)
            if number >= 0:
                times[name].append(taken)
    base = times["email.policy.default, taking apart"]
    return [
        [
            shape,
            name,
            spread(ms, 2),
            f"{statistics.median(a / b for a, b in zip(ms, base, strict=True)):.2f}",
        ]
        for name, ms in times.items()
    ]


def _ms_a_mail(side: Callable[[bytes], object], mails: Sequence[bytes]) -> float:
    started = time.process_time()
    for mail in mails:
        side(mail)
    return (time.process_time() - started) * 1000 / len(mails)


def _our_reading() -> Callable[[bytes], object]:
    sources = load_sources(())
    context = ReadingContext(recipient=RECIPIENT, own_domains=("dein.auto",))

    def ours(raw: bytes) -> None:
        reading = read(raw, context, sources)
        # A benchmark of a reading that found nothing would be worth nothing.
        if reading.classification is not Classification.LEAD or not reading.prospects[0].contact.email:
            raise AssertionError(f"the benchmark's mail was not read as a lead: {reading.reason}")

    return ours


def _standard_library(raw: bytes) -> tuple[str, str]:
    mail = message_from_bytes(raw, policy=policy.default)
    body = mail.get_body(("plain", "html"))
    return str(mail["from"]), body.get_content() if body else ""
