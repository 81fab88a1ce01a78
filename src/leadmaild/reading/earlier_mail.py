"""Marks an earlier mail that stands below the writer's words without quote marks, as Outlook and GMX leave it.

Its labels, numbers and wishes are somebody else's: from its head on, every line is a quoted one.
"""

from collections.abc import Sequence

from leadmaild.reading.message import Line

_SENDER = frozenset(("von", "from", "de", "da", "van", "expéditeur", "mittente"))
_SENT = frozenset(
    ("gesendet", "gesendet am", "sent", "envoyé", "envoyé le", "inviato", "inviato il", "verzonden", "verzonden op")
)
_DATED = frozenset(("date", "datum", "data"))  # a form may carry these too
_TO = frozenset(("an", "to", "à", "a", "aan", "destinataire", "destinatario"))
_SUBJECT = frozenset(("betreff", "subject", "objet", "oggetto", "onderwerp"))
_OTHER = frozenset(
    ("cc", "kopie", "bcc", "antwort an", "reply-to", "priorität", "wichtigkeit", "importance", "anlagen", "attachments")
)
_HEAD = _SENDER | _SENT | _DATED | _TO | _SUBJECT | _OTHER
_LONGEST_HEAD = 8  # lines before the sender's, or after it
_FEWEST_LETTERS_ABOVE = 2


def with_earlier_mail_quoted(lines: Sequence[Line]) -> Sequence[Line]:
    """Return the lines, those from the head of an earlier mail on marked as quoted; unchanged if there is none, or
    if nothing stands above it that could be the writer's own."""
    senders = [
        at
        for at, line in enumerate(lines)
        if line.label is not None and not line.is_quoted and line.label.casefold() in _SENDER
    ]
    words_at = next((at for at, line in enumerate(lines) if _is_words(line)), len(lines)) if senders else 0
    for at in senders:
        start = _start_of_head(lines, at)
        if start is not None and words_at < start:
            return [*lines[:start], *(line._replace(is_quoted=True) for line in lines[start:])]
    return lines


def _start_of_head(lines: Sequence[Line], sender: int) -> int | None:
    """Where the head with this sender begins: a run of nothing but its labels, dated and addressed or titled."""
    first = sender
    while first > max(0, sender - _LONGEST_HEAD) and _head_label(lines[first - 1]):
        first -= 1
    names: set[str] = set()
    for line in lines[first : sender + _LONGEST_HEAD]:
        label = _head_label(line)
        if label:
            names.add(label)
        elif line.text.strip() and (line.label is not None or names & _SUBJECT):
            break  # a wrapped list of addressees has no label
    is_sent = bool(names & _SENT) and bool(names & (_TO | _SUBJECT))
    return first if is_sent or all(names & known for known in (_DATED, _TO, _SUBJECT)) else None


def _head_label(line: Line) -> str:
    label = line.label.casefold() if line.label else ""
    return label if label in _HEAD else ""


def _is_words(line: Line) -> bool:
    return line.label is None and not line.is_quoted and sum(map(str.isalpha, line.text)) >= _FEWEST_LETTERS_ABOVE
