"""Telephone numbers: E.164 by phonenumbers, the raw text kept (lead-formats 4, "Phone")."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers

from leadmaild.reading.fields.folding import plain_blanks

_TRUNK_ZERO = re.compile(r"^((?:\+|00)\d{1,3}[\s./-]*)\(\s*0\s*\)")
_OTHER_NUMBER = re.compile(
    r"\s*(?:;|,|\||\n|\boder\b|\bor\b|\bou\b|\bo\b|\bof\b|\bund\b|\band\b|\bet\b|(?<=[\d)])\s*/\s*(?=(?:\+|00?[1-9]))"
    r"|(?<=\d)\s+(?=\+))\s*",
    re.IGNORECASE,
)
_DIRECT_DIAL = re.compile(r"\s*(?:durchwahl|dw|app(?:arat)?\.?)\s*[:.]?\s*(?=\d{1,5}\s*$)", re.IGNORECASE)
_EXTENSION = re.compile(r"\s*(?:ext|extension|x|poste|int)\s*[:.]?\s*\d{1,6}\s*$", re.IGNORECASE)
_SHAPE = re.compile(r"^\+?[\d\s()./\-–'·]+$")
_NUMBER = r"(?<![\w/=@+\-#&%])(?<!\d\.)(?<!\d[ \u00a0])(?:{begin})[\d(][\d\s()./\-–]{{4,24}}\d(?![\w@]|[.,]\d)"
_BEGINS = r"\+|00|\(0 ?|0"
_IN_TEXT = re.compile(_NUMBER.format(begin=_BEGINS))
# Italian mobile numbers begin with 3, without a zero in front.
_IN_TEXT_OF_REGION = {"IT": re.compile(_NUMBER.format(begin=_BEGINS + r"|3(?=\d\d)"))}
_DATE_SHAPE = re.compile(r"\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}|\d{4}-\d\d-\d\d|0\d ?[/.] ?(?:19|20)\d\d")
_LONGEST = 40
_FEWEST_DIGITS = 6
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Phone:
    """One telephone number in E.164, and the text it was read from. `is_valid`: its plan knows such numbers."""

    e164: str
    raw: str
    is_valid: bool = True


def phones_in(value: str, region: str) -> tuple[Phone, ...]:
    """Return the numbers in the value of a telephone label; national ones belong to `region` (ISO 3166-1 alpha-2)."""
    found: dict[str, Phone] = {}
    for piece in _pieces(plain_blanks(value)[:_LONGEST_VALUE]):
        phone = _one(piece, region)
        if phone:
            found.setdefault(phone.e164, phone)
    if not found:  # "ab 18 Uhr: 0174 9179407"
        found = {phone.e164: phone for phone in phones_in_text(value[:_LONGEST_VALUE], region) if phone.is_valid}
    return tuple(found.values())


def _pieces(value: str) -> Iterator[str]:
    """The value cut into numbers; a stroke behind too few digits for a number divides one: `+49 176 / 04069-001`."""
    start = 0
    for mark in _OTHER_NUMBER.finditer(value):
        if mark.group().strip() == "/" and sum(c.isdigit() for c in value[start : mark.start()]) < _FEWEST_DIGITS:
            continue
        yield value[start : mark.start()]
        start = mark.end()
    yield value[start:]


def phones_in_text(text: str, region: str) -> Iterator[Phone]:
    """Yield what reads as a telephone number in running text: `0` or `+` in front, and of a possible length; without
    them only what the plan of its region knows."""
    for candidate in _IN_TEXT_OF_REGION.get(region, _IN_TEXT).finditer(plain_blanks(text)):
        raw = candidate.group().strip()
        if _DATE_SHAPE.fullmatch(raw):
            continue
        e164 = _e164(raw, region)
        if e164 and (raw[0] in "+0(" or _is_valid(e164)):
            yield Phone(e164, raw, _is_valid(e164))


def _one(piece: str, region: str) -> Phone | None:
    raw = re.sub(r"^(?:tel:|callto:|[^\d+(]{0,20}[:\s])", "", piece.strip()).strip()
    core = _EXTENSION.sub("", _DIRECT_DIAL.sub("", raw))
    core = re.sub(r"\s*\([^\d)]*\)\s*$|\s+\D*$", "", core).strip()  # "0171 392 00 23 (privat)"
    if not core or len(core) > _LONGEST or not _SHAPE.match(core) or sum(map(str.isdigit, core)) < _FEWEST_DIGITS:
        return None
    if _DATE_SHAPE.fullmatch(core):
        return None
    e164 = _e164(core, region)
    return Phone(e164, raw) if e164 else None


@lru_cache(maxsize=2048)
def _e164(written: str, region: str) -> str | None:
    """E.164 of one written number, None if it is none. Cached: pages repeat the same few numbers."""
    number_text = _TRUNK_ZERO.sub(r"\1", written.strip())
    # A country code written without its "+": no national number is that long.
    country_code = str(phonenumbers.country_code_for_region(region))
    if not number_text.startswith(("+", "0", "(")) and re.match(rf"{country_code}[\s\d]{{10,}}$", number_text):
        number_text = "+" + number_text
    try:
        number = phonenumbers.parse(number_text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) and not _is_possible(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=2048)
def _is_valid(e164: str) -> bool:
    return bool(phonenumbers.is_valid_number(phonenumbers.parse(e164)))


def _is_possible(number: phonenumbers.PhoneNumber) -> bool:
    reason = phonenumbers.is_possible_number_with_reason(number)
    return reason in (phonenumbers.ValidationResult.IS_POSSIBLE, phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY)
