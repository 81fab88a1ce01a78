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
_SPECIAL = re.compile("[" + "".join(map(re.escape, map(chr, _BLANKS))) + "]")
# German letters by their two-letter spelling, the apostrophe of typesetters plain; other accents are dropped.
_SPELLINGS = (
    ("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("ø", "o"), ("ł", "l"), ("’", "'"),
)  # fmt: skip
_COMBINING = re.compile("[\u0300-\u036f]+")
_PUNCTUATION = re.compile(r"[^0-9a-z]+")


def plain_blanks(text: str) -> str:
    """Return `text` (NFC) with every kind of blank and hyphen made the plain one, and invisible characters gone."""
    if text.isascii():
        return text
    # Looking is cheaper than translating, and most text is plain already. Of what windows-1252 can write, these two
    # are blank or hidden, and all is NFC.
    try:
        written = text.encode("cp1252")
    except UnicodeEncodeError:
        pass
    else:
        if b"\xa0" not in written and b"\xad" not in written:
            return text
    text = text.translate(_BLANKS) if _SPECIAL.search(text) else text
    return unicodedata.normalize("NFC", text)


def one_line(text: str) -> str:
    """Return `text` with plain blanks and every run of white space made one blank."""
    return " ".join(plain_blanks(text).split())


@lru_cache(maxsize=256)  # the customer's words are searched for one thing after another
def accents_folded(text: str) -> str:
    """Return `text` case-folded, ü as ue, and without accents; punctuation stays, so that words can be searched."""
    folded = text.casefold()
    if folded.isascii():
        return folded
    folded = plain_blanks(folded)
    for letter, spelling in _SPELLINGS:
        folded = folded.replace(letter, spelling)
    return folded if folded.isascii() else _COMBINING.sub("", unicodedata.normalize("NFD", folded))


@lru_cache(maxsize=4096)
def label_key(label: str) -> str:
    """Return the key by which labels are compared: case-folded, umlaut-folded, punctuation-free."""
    return _PUNCTUATION.sub("", accents_folded(label))
