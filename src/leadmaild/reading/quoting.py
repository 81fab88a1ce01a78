"""The new words of a reply: quotes, reply separators and signatures cut, in the languages our customers write.

The patterns are our own: Gmail breaks its attribution over two lines, and portals have separators no library knows.
"""

import re
from collections.abc import Sequence

from leadmaild.reading.around_words import after_banner, is_disclaimer
from leadmaild.reading.message import Document, Line

# "Am 3. Mai 2026 um 14:33 schrieb Autohaus <...>:", also broken over up to three lines.
_ATTRIBUTION = re.compile(
    r"(?:am|on|le|il(?: giorno)?|op|den|el|em)\b.{4,250}?"
    r"\b(?:schrieb|wrote|a écrit|a scritto|ha scritto|schreef"
    r"|het volgende geschreven|folgendes geschrieben|escribió)\b[^:：]{0,120}[:：]\s*",
    re.IGNORECASE | re.DOTALL,
)
# "schrieb Autohaus am 3.5.2026:" and "Autohaus <info@...> schrieb am ...:" (Gmail, GMX, WEB.DE, Thunderbird).
_ATTRIBUTION_BY_NAME = re.compile(
    r"(?:.{0,120}?[<\"(\[]?[\w.+-]+@[\w.-]+[>\")\]]*|.{2,80}?)\s*"
    r"\b(?:schrieb|wrote|a écrit|ha scritto|schreef)\b(?:\s+(?:am|on|le|il|op)\b.{4,80}?)?\s?[:：]\s*",
    re.IGNORECASE,
)
_STARTS_ATTRIBUTION = re.compile(r"(?:am|on|le|il|op|den)\b.*\d", re.IGNORECASE)

# A line of its own after which everything is the earlier mail.
_SEPARATOR = re.compile(
    r"""
    [-_*\s]{2,}\s?(?:urspr(?:ü|ue)ngliche\s(?:nachricht|e-?mail)|original(?:\s(?:message|appointment|nachricht|mail))
      |message\sd['’]origine|messaggio\soriginale|oorspronkelijk\s?bericht|original-nachricht
      |weitergeleitete\snachricht|forwarded\smessage)\b.*
    | gesendet:\s.*\bvon:\s.*
    | (?:[#*=\-\s]{2,})?(?:bitte\s(?:geben\ssie\sihre\santwort|antworten\ssie)\s.*ober\s?halb
      |(?:please\s)?(?:type|write)\syour\sreply\sabove|antwort\soberhalb\sdieser\szeile|répondez\sau-dessus|reply\sabove\sthis\sline).*
    | (?:messages\sprécédents|vorherige\snachrichten|bisheriger\s(?:nachrichtenverlauf|verlauf)|nachrichtenverlauf
      |eerdere\sberichten|messaggi\sprecedenti|previous\smessages|frühere\snachrichten)\s?:?
    | (?:répondre\sdans\sla\smessagerie|beantwoord\sdit\sbericht)\b.*
    | (?:\d{1,2}[./]\d{1,2}[./]\d{2,4}|\d{4}-\d\d-\d\d)\D.{0,80}\b(?:buyer|seller|interessent|anbieter)-[\w-]+@\S+.*
    """,
    re.IGNORECASE | re.VERBOSE,
)

# The block Outlook and GMX put above a quoted mail: a "from" and two more of these within seven lines.
_HEAD_FROM = re.compile(r"\W*(?:von|from|de|da|van|expéditeur|mittente)\s?[:：]\**\s*\S.*", re.IGNORECASE)
_HEAD_OTHER = re.compile(
    r"\W*(?:gesendet(?: am)?|sent|envoyé|inviato|data|verzonden|datum|date|an|to|à|a|aan|betreff|subject|objet"
    r"|oggetto|onderwerp|cc|kopie)\s?[:：]\**(?:\s.*|)",
    re.IGNORECASE,
)

# What mail programs put below; the lines after it are no words of the customer's.
_SIGNATURE = re.compile(
    r"""
    --\s?
    | (?:(?:diese\snachricht\swurde\s)?(?:von\smeinem|gesendet\s(?:von|mit|aus)|mit\s.{0,30}\sgesendet
        |versendet\s(?:von|mit))
      |sent\s(?:from|with|via)\s|get\soutlook|holen\ssie\ssich\soutlook|outlook\sfür\s
      |(?:envoyé|télécharger)\s(?:de|depuis|à\spartir|outlook)|inviato\s(?:da|dal)|ottieni\soutlook
      |verzonden\s(?:vanaf|met|via)|outlook\svoor\s|von\s(?:meinem|unterwegs)|enviado\s(?:desde|de)).{0,120}
    | (?:virenfrei|virus-free|sans\svirus|diese\se-?mail\swurde\s(?:von|auf)\s).{0,120}
    | _{20,}
    """,
    re.IGNORECASE | re.VERBOSE,
)
_LONGEST_SIGNATURE_LINE = 160
_LONGEST_ATTRIBUTION = 300
_LONGEST_MARK = 1_000

# The words all of these begin with, unless they begin with a sign or a digit: other lines need no closer look.
_FIRST_WORDS = frozenset(
    [
        "am", "on", "le", "il", "op", "den", "el", "em", "von", "from", "de", "da", "van", "expéditeur", "mittente",
        "gesendet", "sent", "envoyé", "inviato", "data", "verzonden", "datum", "date", "an", "to", "à", "a", "aan",
        "betreff", "subject", "objet", "oggetto", "onderwerp", "cc", "kopie", "messages", "vorherige", "bisheriger",
        "frühere", "nachrichtenverlauf", "eerdere", "messaggi", "previous", "répondre", "beantwoord", "bitte",
        "please", "type", "write", "antwort", "reply", "diese", "mit", "versendet", "get", "holen", "outlook",
        "télécharger", "ottieni", "enviado", "virenfrei", "virus-free", "sans",
    ]
)  # fmt: skip


def new_words(document: Document) -> str:
    """Return what the writer added himself, as text; "" if the mail is all quotes."""
    return _joined(_without_quotes(document.lines))


def new_words_and_signature(document: Document) -> str:
    """Return what the writer's mail adds, his signature with it; "" if the mail is all quotes."""
    return _joined(_without_quotes(document.lines, keeps_signature=True))


def _joined(lines: list[str]) -> str:
    while lines and (not lines[-1] or (lines[-1][0] in "-_=*" and not any(map(str.isalnum, lines[-1])))):
        lines.pop()  # the rule over what was cut off
    return "\n".join(lines).strip()


def _without_quotes(lines: Sequence[Line], *, keeps_signature: bool = False) -> list[str]:
    """Walk down to the first separator; quoted blocks above it are left out, so answers between quotes stay."""
    texts = [piece for line in lines for piece in _pieces(line)]
    kept: list[str] = []
    at = after_banner([text for text, _ in texts])
    while at < len(texts):
        text, is_quoted = texts[at]
        if not is_quoted and is_disclaimer(text):
            at = _after_signature(texts, at)
            continue
        if not is_quoted and _is_plain(text):
            kept.append(text)
            at += 1
            continue
        length = 0 if is_quoted else _attribution_length(texts, at)
        if length:
            if not _quotes_follow(texts, at + length):
                break  # Outlook and phones quote without marks: the rest is the earlier mail
            at += length
            continue
        if not is_quoted:
            if _SEPARATOR.fullmatch(text) or _is_mail_head(texts, at):
                break
            if not keeps_signature and len(text) <= _LONGEST_SIGNATURE_LINE and _SIGNATURE.fullmatch(text):
                at = _after_signature(texts, at)
                continue
            kept.append(text)
        elif kept and kept[-1]:
            kept.append("")
        at += 1
    return _without_runs_of_blanks(kept)


def _pieces(line: Line) -> list[tuple[str, bool]]:
    return [(text.strip(), line.is_quoted) for text in line.text.split("\n")]


def _is_plain(text: str) -> bool:
    """Whether the line cannot begin a quote, an earlier mail or a signature."""
    if len(text) > _LONGEST_MARK:
        return True
    if not text[:1].isalpha() or text.endswith((":", "：")) or len(text) > _LONGEST_ATTRIBUTION:
        return False
    return text.split(None, 1)[0].casefold().rstrip(":.") not in _FIRST_WORDS


def _attribution_length(texts: list[tuple[str, bool]], at: int) -> int:
    """How many lines from here are the sentence that introduces a quote; 0 if none starts here."""
    first = texts[at][0]
    if not first or len(first) > _LONGEST_ATTRIBUTION:
        return 0
    if first.endswith((":", "：")) and _ATTRIBUTION_BY_NAME.fullmatch(first) and ("@" in first or _digits(first)):
        return 1
    joined = ""
    for length in range(1, 4):
        if at + length > len(texts):
            return 0
        text, is_quoted = texts[at + length - 1]
        if is_quoted or not text or (length == 1 and not _STARTS_ATTRIBUTION.match(text)):
            return 0
        joined = f"{joined} {text}".strip()
        if _ATTRIBUTION.fullmatch(joined):
            return length
    return 0


def _digits(text: str) -> int:
    return sum(c.isdigit() for c in text) >= 4


def _quotes_follow(texts: list[tuple[str, bool]], at: int) -> bool:
    return next((is_quoted for text, is_quoted in texts[at : at + 4] if text), False)


def _is_mail_head(texts: list[tuple[str, bool]], at: int) -> bool:
    """Whether the head of an earlier mail (Von, Gesendet, An, Betreff, in any order) starts here."""
    if not (_HEAD_FROM.fullmatch(texts[at][0]) or _HEAD_OTHER.fullmatch(texts[at][0])):
        return False
    near = [text for text, _ in texts[at : at + 7] if len(text) <= _LONGEST_MARK]
    return any(map(_HEAD_FROM.fullmatch, near)) and sum(1 for text in near if _HEAD_OTHER.fullmatch(text)) >= 2


def _after_signature(texts: list[tuple[str, bool]], at: int) -> int:
    """Skip the signature: up to the next quote or separator, where the walk goes on and decides."""
    at += 1
    while at < len(texts):
        text, is_quoted = texts[at]
        if is_quoted or _SEPARATOR.fullmatch(text) or _is_mail_head(texts, at) or _attribution_length(texts, at):
            return at
        at += 1
    return at


def _without_runs_of_blanks(texts: list[str]) -> list[str]:
    return [text for index, text in enumerate(texts) if text or (index and texts[index - 1])]
