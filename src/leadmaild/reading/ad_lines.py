"""A portal's ad that has no labels: its title, its price and its figures (`EZ 03/2019 · 84.500 km · 110 kW`).

Only above the message, and only where no label told (price guard: lead-formats 4).
"""

from collections.abc import Iterator

from leadmaild.reading import targets
from leadmaild.reading.fields.figures import BETWEEN, figures_in, price_at_end
from leadmaild.reading.fields.vehicles import make_and_model
from leadmaild.reading.findings import Findings, Locale
from leadmaild.reading.labels import common_targets, is_footer, section_of
from leadmaild.reading.message import Document

_WANTED = ("vehicle.title", "vehicle.mileage", "vehicle.first_registration", "vehicle.price")
_LONGEST_LINE = 120
_LONGEST_TITLE = 80
_CONFIDENCE = 0.7


def add_ad_lines(findings: Findings, document: Document, locale: Locale) -> None:
    """Add what lines without label say of the vehicle: a line that is a car's title, and a line of its figures."""
    wanted = {path for path in _WANTED if not findings.has(path)}
    if findings.has("vehicle.year"):
        wanted.discard("vehicle.first_registration")
    for text in _lines_of_ad(document) if wanted else ():
        for path, raw in _read(text).items():
            if path in wanted:
                wanted.discard(path)
                targets.put(findings, path, raw, locale, where="line", rule="line alone", confidence=_CONFIDENCE)


def _lines_of_ad(document: Document) -> Iterator[str]:
    """The lines without a known label above the message, and those below it under a heading of the vehicle."""
    is_read, is_below = True, False
    for line in document.lines:
        if line.is_quoted or is_footer(line.text):
            return
        targets_here = common_targets(line.label or line.text.strip(" :"))
        if "message" in targets_here:
            is_read, is_below = False, True
        elif is_below and line.is_heading:
            is_read = section_of(line.section) == "vehicle"
        elif (
            is_read
            and not (line.label is not None and targets_here)
            and section_of(line.section) not in ("trade_in", "dealer", "finance")
        ):
            yield from (text for text in line.text.split("\n") if 0 < len(text) <= _LONGEST_LINE)


def _read(text: str) -> dict[str, str]:
    """The targets a line without label holds: its figures, and the title before them."""
    figures = figures_in(text)
    found = {f"vehicle.{name}": raw for name, raw in figures.items()}
    title = BETWEEN.split(text)[0] if figures else text
    if not figures and (price := price_at_end(text)):
        title, found["vehicle.price"] = text[: -len(price)].rstrip(" -–:,"), price
    is_short = len(title) <= _LONGEST_TITLE and title[-1:] not in ".!?,"
    if is_short and title not in figures.values() and make_and_model(title)[1]:
        found["vehicle.title"] = title
    return found
