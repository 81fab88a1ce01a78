"""The message of a mail that labels none but announces one: `Je hebt een reactie ontvangen van Daan:` and below it the
words (lead-formats 1.4)."""

import re

from leadmaild.reading.fields.folding import accents_folded
from leadmaild.reading.labels import common_targets, ends_words, section_of
from leadmaild.reading.lone_labels import is_rule_line
from leadmaild.reading.message import Document, Line

_MESSAGE = re.compile(
    r"\b(?:nachricht|message|messaggio|bericht|reactie|reaction|\w*anfrage|frage|question|domanda|richiesta|aanvraag|enquiry"
    r"|inquiry|vraag)\b|\b(?:schreibt|schrieb|ecrit|scrive|schrijft|schreef|writes|wrote|fragt|asks)\b"
)
_COMES_IN = re.compile(
    r"\b(?:erhalten|bekommen|ontvangen|recue?|ricevut[oa]|received|neue[nrs]?|nieuwe?|nouveau|nouvelle|nuov[oa]|new|von|van|from"
    r"|gestellt|gesendet|envoye|inviato|schreibt|schrieb|ecrit|scrive|schrijft|schreef|writes|wrote|fragt|asks)\b"
)
_LONGEST_ANNOUNCEMENT = 160
_DIGITS_OF_A_DATE = 4


def announced_message(document: Document, *, may_be_quoted: bool = False) -> str:
    """Return the words below the first line that announces a message, "" if no line does.

    `may_be_quoted`: some portals set the message as a quote; where that is no quote of an earlier mail, say so.
    """
    lines = document.lines
    for at, line in enumerate(lines):
        if line.is_quoted:
            continue
        words = ""
        if _announces(line.text):
            words = _words_below(lines[at + 1 :], may_be_quoted=may_be_quoted)
        elif line.value and _announces(f"{line.label}:"):
            below = () if line.is_cell else lines[at + 1 :]
            words = f"{line.value}\n{_words_below(below, may_be_quoted=False)}".strip()
        if words:
            return words
    return ""


def _announces(text: str) -> bool:
    if len(text) > _LONGEST_ANNOUNCEMENT or not text.rstrip().endswith((":", "：")):
        return False
    if sum(map(str.isdigit, text)) >= _DIGITS_OF_A_DATE:  # "Am 05.10.2026 schrieb ...:" is over an earlier mail
        return False
    folded = accents_folded(text)
    return _MESSAGE.search(folded) is not None and _COMES_IN.search(folded) is not None


def _words_below(lines: tuple[Line, ...], *, may_be_quoted: bool) -> str:
    kept: list[str] = []
    is_quoted = may_be_quoted and next((line.is_quoted for line in lines if line.text), False)
    for line in lines:
        text = line.text.strip()
        is_field = line.label is not None and bool(common_targets(line.label))
        if (line.is_quoted != is_quoted and text) or is_field or text == "--" or is_rule_line(text) or ends_words(text):
            break
        if line.is_heading and section_of(line.section):
            break
        kept.append(line.text)
    return "\n".join(kept).strip()
