"""Telephone numbers in a customer's running text: which are telephone numbers at all, and which are his own.

A number he dialled in vain is the dealer's; one under a word such as `Mobil:` is his rather than a bare one
(lead-formats 0.5).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from leadmaild.reading.fields.folding import accents_folded, plain_blanks
from leadmaild.reading.fields.phones import phones_in_text
from leadmaild.reading.findings import Locale

_FAX_BEFORE = re.compile(
    r"\b(?:fax|telefax|faxnummer|télécopie|f(?=[.:]))\s*[.:]?\s*$|(?<![^\s|•,;/])(?-i:F)\s*$", re.IGNORECASE
)
# A number behind these is no telephone: "Kundennummer 0815...", "Ref. 030...", "Nr. 089..." (but "meine Nummer 0171").
_NUMBER_BEFORE = re.compile(
    r"(?:\b(?!ruf|telefon|handy|mobil|tel|fon|phone|durchwahl)[a-zäöü]{2,}[-\s]?(?:nr|nummer|id|number|no)"
    r"|\b(?:nr|no|id|ref\w*|n°|vin|fin|invoice|iban|hrb|ust\w*|konto\w*|preis))\s*[.:#]*\s*$",
    re.IGNORECASE,
)
_OWN_NUMBER_BEFORE = re.compile(
    r"\b(?:meine?|unter|der|die|my|mijn|mon|mio|under|folgende[rn]?)\s+"
    r"(?:(?:neue|aktuelle|private|alte|richtige|new|current|nieuwe)[nr]?\s+)?(?:nr|nummer|number|no)\s*[.:]*\s*$",
    re.IGNORECASE,
)
_PHONE_WORD = re.compile(
    r"(?:tel|telefon\w*|phone|ruf\w*|handy\w*|mobil\w*|fon)[\s-]*(?:nr|nummer|number|no)?\s*[.:#]*\s*$", re.IGNORECASE
)
_LABEL_BEFORE = re.compile(r"(?:\b[^\W\d_]{1,15}\s?[.:]{1,2}|[☎📞📱✆]\ufe0f?)\s*(?:\+?\(?)?$")
_MINE = re.compile(
    r"\b(?:mich|mir|mein\w{0,2}|uns|unser\w*|me|my|mine|us|our|moi|m(?=['’])|mon|ma|nous|notre|mi|mio|mia|ci|nostr[oa]|mij|mijn|ons"
    r"|onze)\b"
)
_YOU = re.compile(r"\b(?:sie|euch|ihnen|bei ihnen|you|vous|lei|la|voi|u)\b")
_YOUR_NUMBER = re.compile(
    r"\b(?:ihre[rnm]?|eure[rnm]?|your|votre|vos|uw|vostr[oa]|suo)\s+(?:\w+\s+)?"
    r"(?:\w*nummer|nr|hotline|telefon\w*|number|phone|numero|telefoon\w*)\b"
)
_YOURS_BEFORE = re.compile(_YOUR_NUMBER.pattern + r"\s*[.:]?\s*$")  # whoever else the sentence is about
_DIALLED = re.compile(
    r"versuch\w*|nicht erreich\w*|nie erreich\w*|angerufen|niemand|tried|called|no ?one|essay\w*|appelee?s?\b|joindre"
    r"|provat\w*|chiamat\w*|nessuno|geprobeerd|gebeld|niemand"
)
_NOBODY_THERE = re.compile(
    r"\b(?:niemand\w*|keine[nr]?) (?:\w+ )?(?:erreich\w*|abgehoben|d?ran)\b"
    r"|\b(?:geht|ging|hebt|hob|nimmt|nahm) (?:\w+ )?(?:niemand|keiner)\b"
    r"|\b(?:no ?one|nobody) (?:answer|pick)\w*|\bpersonne ne (?:repond|decroche)"
    r"|\bnessuno risponde|\bnam niemand op|\bniemand (?:neemt|nam)\b"
)
_SENTENCE_END = re.compile(r"(?<!tel)(?<!nr)(?<!mob)(?<!str)(?<!dr)(?<!ca)[.!?](?=\s)|\n\s*\n")
_BEFORE = 24
_SENTENCE_BEFORE, _SENTENCE_AFTER = 140, 80


@dataclass(frozen=True, slots=True)
class _Number:
    """A number in running text. `path`: contact.phone or contact.fax; `is_his`: he says it is, or a word before it."""

    path: str
    e164: str
    raw: str
    is_his: bool


def phones_of(text: str, locale: Locale) -> Iterator[tuple[str, str, str]]:
    """Yield (contact.phone or contact.fax, E.164, raw) for every number in a customer's text that is without doubt
    one, and not the dealer's."""
    yield from ((number.path, number.e164, number.raw) for number in _numbers_in(text, locale))


def his_phones_of(text: str, locale: Locale) -> Iterator[tuple[str, str, str]]:
    """Like `phones_of`, but where some stand under a word such as `Mobil:` or are called his, only those."""
    numbers = list(_numbers_in(text, locale))
    has_his = any(number.is_his and number.path == "contact.phone" for number in numbers)
    for number in numbers:
        if number.is_his or not has_his or number.path == "contact.fax":
            yield number.path, number.e164, number.raw


def _numbers_in(text: str, locale: Locale) -> Iterator[_Number]:
    plain = plain_blanks(text)
    at = 0
    for phone in phones_in_text(plain, locale.region):
        start = plain.find(phone.raw, at)
        at = start + len(phone.raw)
        before = plain[max(0, start - _BEFORE) : start]
        is_named_otherwise = _NUMBER_BEFORE.search(before) and not _OWN_NUMBER_BEFORE.search(before)
        is_named = bool(_PHONE_WORD.search(before) or _OWN_NUMBER_BEFORE.search(before))
        if is_named_otherwise and not is_named:
            continue
        sentence = _sentence_around(plain, start, at)
        is_mine = _MINE.search("".join(sentence)) is not None
        # Without a word that says so, only what its plan knows, what is written internationally, or what stands alone
        # in its line is a number.
        is_alone = phone.raw.startswith("0") and plain[:start].endswith("\n") and plain[at : at + 1] in ("", "\n")
        if not (phone.is_valid or phone.raw.startswith(("+", "00")) or is_named or is_mine or is_alone):
            continue
        if _YOURS_BEFORE.search(sentence[0]) or (not is_mine and _is_the_dealers(*sentence)):
            continue
        path = "contact.fax" if _FAX_BEFORE.search(before) else "contact.phone"
        yield _Number(path, phone.e164, phone.raw, is_mine or is_named or _LABEL_BEFORE.search(before) is not None)


def _sentence_around(text: str, start: int, end: int) -> tuple[str, str]:
    """The sentence before and after a number, folded."""
    before = accents_folded(text[max(0, start - _SENTENCE_BEFORE) : start])
    after = accents_folded(text[end : end + _SENTENCE_AFTER])
    edge = max((m.end() for m in _SENTENCE_END.finditer(before)), default=0)
    close = _SENTENCE_END.search(after)
    return before[edge:], after[: close.start()] if close else after


def _is_the_dealers(before: str, after: str) -> bool:
    if _YOUR_NUMBER.search(before):
        return True
    if _NOBODY_THERE.search(after):
        return True
    clause = before.rpartition(",")[2]
    return bool(_YOU.search(clause) and _DIALLED.search(before + after))
