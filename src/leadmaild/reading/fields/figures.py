"""The figures of a car that an ad shows without labels: `EZ 03/2019 · 84.500 km · 110 kW`, `24.990 €`."""

import re

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
_FIGURES = (("mileage", _DISTANCE), ("first_registration", _MONTH), ("price", _AMOUNT))
_PRICE_AT_END = re.compile(rf"\s({_AMOUNT.pattern})$", re.IGNORECASE)
BETWEEN = re.compile(r"\s*[|·•;]\s*|,\s+|\s+[-–/]\s+|\s{3,}")


def figures_in(line: str) -> dict[str, str]:
    """Return mileage, first_registration and price of a line, as written: each a piece of the line of its own."""
    if not any(map(str.isdigit, line)):
        return {}
    found: dict[str, str] = {}
    for piece in BETWEEN.split(line.strip()):
        name = next((name for name, pattern in _FIGURES if pattern.fullmatch(piece)), None)
        if name:
            found.setdefault(name, piece)
    return found


def price_at_end(line: str) -> str:
    """Return the price a title ends with, as written: `Skoda Superb Combi € 19.900,-`; "" if it ends otherwise."""
    if not any(sign in line for sign in ("€", "EUR", "CHF", "£")):
        return ""
    found = _PRICE_AT_END.search(line)
    return found[1] if found else ""
