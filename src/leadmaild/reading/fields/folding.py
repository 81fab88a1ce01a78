"""Texts made comparable: the form in which labels, keywords and names are compared (lead-formats: normalisation)."""

import re
import unicodedata
from functools import lru_cache

_BLANKS = str.maketrans(
    {
        "\u00a0": " ", "\u2007": " ", "\u2009": " ", "\u200a": " ", "\u202f": " ", "\u2002": " ", "\u2003": " ",
        "\u200b": None, "\u200c": None, "\u200d": None, "\u2060": None, "\ufeff": None, "\u00ad": None,
        "\u2010": "-", "\u2011": "-", "\u2212": "-",
    }
)  # fmt: skip
# Two steps: German letters by their two-letter spelling, then whatever other accents are left are dropped.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l"})
_PUNCTUATION = re.compile(r"[^0-9a-z]+")


def plain_blanks(text: str) -> str:
    """Return `text` (NFC) with every kind of blank and hyphen made the plain one, and invisible characters gone."""
    return unicodedata.normalize("NFC", text).translate(_BLANKS)


def one_line(text: str) -> str:
    """Return `text` with plain blanks and every run of white space made one blank."""
    return " ".join(plain_blanks(text).split())


def accents_folded(text: str) -> str:
    """Return `text` case-folded, ü as ue, and without accents; punctuation stays, so that words can be searched."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    folded = unicodedata.normalize("NFC", folded).translate(_BLANKS).translate(_UMLAUTS)
    if folded.isascii():
        return folded
    return "".join(c for c in unicodedata.normalize("NFD", folded) if not unicodedata.combining(c))


@lru_cache(maxsize=4096)
def label_key(label: str) -> str:
    """Return the key by which labels are compared: case-folded, umlaut-folded, punctuation-free."""
    return _PUNCTUATION.sub("", accents_folded(label))
