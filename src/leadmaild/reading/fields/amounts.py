"""Numbers with a unit: money, mileage, terms in months. Separators are decided by their shape (lead-formats 4)."""

import re
from decimal import Decimal

from leadmaild.model.reading import Money
from leadmaild.reading.fields.folding import one_line

# Groups of exactly three digits are thousands, whatever separates them; one or two digits at the end are decimals.
_NUMBER = re.compile(
    r"(?<![\d.,])(?:(?P<grouped>\d{1,3}(?:(?P<by>[.,'’ ])\d{3})(?:(?P=by)\d{3})*)|(?P<plain>\d{1,9}))"
    r"(?:[.,](?P<decimals>\d{1,2})(?!\d))?(?!\d)"
)
_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "chf": "CHF", "sfr": "CHF", "fr.": "CHF", "£": "GBP",
    "gbp": "GBP", "$": "USD", "usd": "USD", "pln": "PLN", "zł": "PLN", "czk": "CZK", "kč": "CZK", "dkk": "DKK",
    "sek": "SEK", "nok": "NOK", "huf": "HUF", "ft": "HUF", "ron": "RON",
}  # fmt: skip
_CURRENCY = re.compile(
    r"€|£|\$|\b(?:eur(?:os?)?|chf|sfr|gbp|usd|pln|zł|czk|kč|dkk|sek|nok|huf|ft|ron)\b|\bfr\.", re.IGNORECASE
)
_AMOUNT_BEFORE = re.compile(r"\d(?:[.,][-–—]{1,2})?\s?$")
_AMOUNT_AFTER = re.compile(r"\s?\d[\d'’.,]{2}")  # not the hours in "Fr. 9-18 Uhr"
_THOUSAND_MONEY = re.compile(r"\s*(?:tsd\.?|t(?=\s?(?:€|eur))|k\b|k(?=€)|mille)", re.IGNORECASE)
_CURRENCY_OF_REGION = {"CH": "CHF", "LI": "CHF", "GB": "GBP", "US": "USD", "PL": "PLN", "CZ": "CZK", "DK": "DKK"}
REGION_OF_CURRENCY = {"CHF": "CH", "GBP": "GB", "PLN": "PL", "CZK": "CZ", "DKK": "DK", "SEK": "SE", "HUF": "HU"}

_THOUSAND_KM = re.compile(r"\s*(?:t\s?km|tkm|tsd\.?|tausend|k\s?km|k\b|mille)", re.IGNORECASE)
_MILES = re.compile(r"\b(?:mi|mls|miles?|meilen)\b", re.IGNORECASE)
_KILOMETRES = re.compile(r"km\b|kilom", re.IGNORECASE)
_TERM = re.compile(
    r"(\d{1,3})\s*(monat\w*|months?|mois|mesi|maand\w*|mon\b\.?|jahr\w*|years?|ans?\b|anni|jaar)?", re.IGNORECASE
)
_YEARS = re.compile(r"jahr|year|an|jaar", re.IGNORECASE)


def currency_of_region(region: str) -> str:
    """Return the ISO 4217 code in which a dealer of `region` (ISO 3166-1 alpha-2) quotes; EUR where nothing else."""
    return _CURRENCY_OF_REGION.get(region, "EUR")


def currency_in(text: str) -> str | None:
    """Return the ISO 4217 code of the first currency written in `text`, or None."""
    found = _CURRENCY.search(text)
    return _CURRENCIES[found.group().lower()] if found else None


def currency_of_amounts_in(text: str) -> str | None:
    """Return the code of the first currency written beside an amount; "Fr. Meier" and "FT-4" are no amounts."""
    for found in _CURRENCY.finditer(text):
        before, after = text[max(0, found.start() - 4) : found.start()], text[found.end() : found.end() + 6]
        if _AMOUNT_BEFORE.search(before) or _AMOUNT_AFTER.match(after):
            return _CURRENCIES[found.group().lower()]
    return None


def money_in(text: str, currency: str = "EUR") -> Money | None:
    """Return the first amount in `text`: the one beside a currency sign, else the first number.

    `currency` is taken where none is written. None for "on request" and texts without a number.
    """
    line = one_line(text)[:200]
    numbers = list(_NUMBER.finditer(line))
    if not numbers:
        return None
    sign = _CURRENCY.search(line)
    chosen = numbers[0]
    if sign:
        beside = [n for n in numbers if _gap(line, n, sign)]
        chosen = beside[0] if beside else chosen
        currency = _CURRENCIES[sign.group().lower()]
    amount = _decimal(chosen)
    if _THOUSAND_MONEY.match(line, chosen.end()) and amount < 1000:
        amount *= 1000
    return Money(_trimmed(amount), currency)


def mileage_in(text: str, region: str = "DE") -> tuple[int, str] | None:
    """Return (distance, `km` or `mi`) of an odometer reading such as `84.500 km`, `84 Tkm`, `52,000 miles`, or None."""
    line = one_line(text)[:100]
    found = _NUMBER.search(line)
    if not found:
        return None
    amount = _decimal(found)
    if _THOUSAND_KM.match(line, found.end()) and amount < 1000:
        amount *= 1000
    is_miles = bool(_MILES.search(line)) or (region in ("GB", "US") and not _KILOMETRES.search(line))
    return (int(amount), "mi" if is_miles else "km") if amount <= 3_000_000 else None


def months_in(text: str) -> int | None:
    """Return a term in months out of `48 Monate`, `48`, `4 Jahre`; None if it is none."""
    found = _TERM.search(one_line(text)[:60])
    if not found:
        return None
    number = int(found.group(1)) * (12 if found.group(2) and _YEARS.match(found.group(2)) else 1)
    return number if 0 < number <= 240 else None


def whole_number_in(text: str) -> int | None:
    """Return the first whole number in `text`, or None."""
    found = _NUMBER.search(one_line(text)[:100])
    return int(_decimal(found)) if found else None


def _decimal(number: re.Match[str]) -> Decimal:
    digits = re.sub(r"\D", "", number["grouped"] or number["plain"])
    return Decimal(f"{digits}.{number['decimals']}" if number["decimals"] else digits)


def _trimmed(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def _gap(line: str, number: re.Match[str], sign: re.Match[str]) -> bool:
    """Whether number and currency sign stand beside each other (only blanks, ",-" or a thousands mark between)."""
    if sign.end() <= number.start():
        between = line[sign.end() : number.start()]
        return not between.strip(" .:")
    between = line[number.end() : sign.start()]
    return bool(re.fullmatch(r"\s*[.,]?[-–—]*\s*(?:t|k|tsd\.?|mille)?\s*", between, re.IGNORECASE))
