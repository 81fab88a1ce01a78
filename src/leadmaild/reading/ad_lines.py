"""A portal's ad that has no labels: its title, its price and its figures (`EZ 03/2019 · 84.500 km · 110 kW`).

Only above the message, and only where no label told (price guard: lead-formats 4).
"""

import re

from leadmaild.reading import targets
from leadmaild.reading.fields.vehicles import make_and_model
from leadmaild.reading.findings import Findings, Locale
from leadmaild.reading.labels import common_targets, is_footer, section_of
from leadmaild.reading.message import Document

_AMOUNT = re.compile(
    r"(?:(?:€|EUR|CHF|£)\s?\d[\d.,' ]*(?:,-|-)?|\d[\d.,' ]*(?:,-|-)?\s?(?:€|EUR|CHF|£))(?:\s*(?:VB|VHB|FP|Festpreis))?",
    re.IGNORECASE,
)
_DISTANCE = re.compile(r"\d[\d.,' ]*\s?(?:km|tkm|tsd\.? ?km|miles)", re.IGNORECASE)
_MONTH = re.compile(  # "TÜV 03/2027" is a month too, but another one
    r"(?:(?:EZ|Erstzulassung|Zulassung|reg(?:istered|\.)?|mise en circulation|imm(?:atricolazione|\.)?)[ :]+)?"
    r"(?:0?[1-9]|1[0-2])[/.](?:19|20)\d\d(?:\s(?:jaar|jahr|année|anno))?",
    re.IGNORECASE,
)
_FIGURES = (("vehicle.mileage", _DISTANCE), ("vehicle.first_registration", _MONTH), ("vehicle.price", _AMOUNT))
_BETWEEN = re.compile(r"\s*[|·•;]\s*|,\s+|\s+[-–/]\s+|\s{3,}")
_LONGEST_LINE = 120
_LONGEST_TITLE = 80
_CONFIDENCE = 0.7


def add_ad_lines(findings: Findings, document: Document, locale: Locale) -> None:
    """Add what lines without label say of the vehicle: a line that is a car's title, and a line of its figures."""
    wanted = {path for path in ("vehicle.title", *(p for p, _ in _FIGURES)) if not findings.has(path)}
    if findings.has("vehicle.year"):
        wanted.discard("vehicle.first_registration")
    for line in document.lines:
        if (
            not wanted
            or line.is_quoted
            or "message" in common_targets(line.label or line.text.strip(" :"))
            or is_footer(line.text)
        ):
            return
        if line.label is not None or not line.text or len(line.text) > _LONGEST_LINE:
            continue
        if section_of(line.section) in ("trade_in", "dealer", "finance"):
            continue
        for path, raw in _read(line.text).items():
            if path in wanted:
                wanted.discard(path)
                targets.put(findings, path, raw, locale, where="line", rule="line alone", confidence=_CONFIDENCE)


def _read(text: str) -> dict[str, str]:
    """The targets a line without label holds: figures where every piece is one or a title stands before them."""
    pieces = _BETWEEN.split(text) if any(map(str.isdigit, text)) else [text]
    found: dict[str, str] = {}
    for piece in pieces:
        path = next((path for path, pattern in _FIGURES if pattern.fullmatch(piece)), None)
        if path:
            found.setdefault(path, piece)
    title = pieces[0] if found else text
    if (
        len(title) <= _LONGEST_TITLE
        and title[-1:] not in ".!?,"
        and title not in found.values()
        and make_and_model(title)[1]
    ):
        found["vehicle.title"] = title
    return found
