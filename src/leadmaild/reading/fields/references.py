"""The dealer's and portals' numbers of a vehicle where running text or a title names them: `Int. Nr. GW-2290`."""

import re
from collections.abc import Iterator

from leadmaild.reading.fields.folding import plain_blanks

_PATTERNS = (
    (
        "internal_number",
        re.compile(
            r"\b(?:int(?:\.|ern|erne[rn]?)?[ -]?(?:nr|nummer|fahrzeugnummer)|fahrzeug-?(?:nr|nummer|id)|fzg-?\.?-?nr"
            r"|bestell-?(?:nr|nummer)|stock (?:no|number)|numero di stock|reference|référence|r[eé]f\.?|rif\.?)\b"
            r"[\s.:#]*([A-Za-z0-9][\w/-]{2,24}\d[\w/-]*)",
            re.IGNORECASE,
        ),
    ),
    # "Ihre Nr. 0171 ..." is a telephone number: only letters and digits together are a stock number.
    (
        "internal_number",
        re.compile(
            r"\b(?:ihre|eure|your) (?:nr|nummer|no|number)\b[\s.:#]*((?-i:[A-Z]{1,6})[-/]?\d[\w/-]{1,20})",
            re.IGNORECASE,
        ),
    ),
    (
        "offer_number",
        re.compile(r"\b(?:angebots?-?(?:nr|nummer|id))\b[\s.:#]*([A-Za-z0-9][\w/-]{2,24})", re.IGNORECASE),
    ),
    (
        "ad_id",
        re.compile(
            r"\b(?:inserats?-?(?:nr|nummer|id)|anzeigen?-?(?:nr|nummer|id)|ad[- ]?id|listing id)\b[\s.:#]*(\d{5,12})",
            re.IGNORECASE,
        ),
    ),
)


def references_in(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (field of a vehicle, number, the words it stood in) for each kind of number the text names, once each."""
    plain = plain_blanks(text)
    seen: set[str] = set()
    for name, pattern in _PATTERNS:
        found = pattern.search(plain)
        if found and name not in seen:
            seen.add(name)
            yield name, found[1], found.group()
