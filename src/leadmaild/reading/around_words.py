"""What servers, programs and firms put around the words of a mail: banners above them, disclaimers below.

None of it is the writer's, and its telephone numbers are not his.
"""

import re
from collections.abc import Sequence

_DISCLAIMER = re.compile(
    r"""
    (?:th(?:is|e)\b|dies\w+|die\b|der\b|ce(?:t|tte)?\b|quest[oa]\b|(?:il|le)\b|dit\b|deze\b
      |\W{0,3}(?:wichtiger\s)?hinweis|important)
      .{0,160}\b(?:confidential|vertraulich|confidentiel|riservat|vertrouwelijk|intended\s(?:only\s)?(?:for|recipient)
      |ausschlie(?:ß|ss)lich\sf(?:ü|ue)r\sden\sadressaten)
    | (?:disclaimer|haftungsausschluss|confidentiality\snotice|vertraulichkeitshinweis)\b
    | (?:please\s(?:consider|think)|bitte\s(?:denken|prüfen|drucken)|merci\sde\s(?:penser|n['’]imprimer)|pensez
      |avant\sd['’]imprimer|denk\saan|prima\sdi\sstampare)\b.{0,60}
      \b(?:environment|umwelt|environnement|imprimer|ambiente|milieu|ausdruck\w*|ausdrucken)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
# What these begin with; other lines need no closer look.
_DISCLAIMER_WORDS = (
    "th", "die", "der", "ce", "quest", "il ", "le ", "dit ", "deze", "hinweis", "wichtig", "important", "disclaimer",
    "haftung", "confid", "vertraulich", "please", "bitte", "merci", "pensez", "avant", "denk", "prima", "*", "!",
)  # fmt: skip
_LONGEST_START = 300

_BANNER = re.compile(
    r"""
    \W{0,5}(?:(?:achtung|vorsicht|warnung|hinweis|caution|warning|attention|attenzione|let\sop)\b\W.{0,120})?
      \b(?:extern(?:e[nrs]?|al)?|outside|esterno|esterna)\b.{0,60}
      \b(?:absender\w*|sender|e-?mails?|organi[sz]ation|expéditeur|mittente|afzender)\b.*
    | \W{0,5}extern(?:al|e)?(?:\se-?mail|\smail)?\W{0,5}
    | (?:you\sdon['’]t\soften\sget\semail\sfrom|some\speople\swho\sreceived\sthis
      |sie\serhalten\s(?:nicht\s(?:oft|häufig)|selten)\se-?mails?\svon|vous\sn['’]obtenez\spas\ssouvent
      |non\sricevi\sspesso|u\sontvangt\sniet\svaak)\b.*
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MORE_OF_BANNER = re.compile(
    r"\b(?:links?|anhäng\w+|attachments?|pièces jointes|allegati|bijlagen|learn why|erfahren sie, warum)\b",
    re.IGNORECASE,
)
_LAST_BANNER_LINE = 3  # of those that hold words
_LOOKED_AT = 12
_LONGEST_BANNER = 1_000


def is_disclaimer(text: str) -> bool:
    """Whether a line begins what a firm puts below every mail: confidential, think of the environment."""
    start = text[:_LONGEST_START]
    return start.casefold().startswith(_DISCLAIMER_WORDS) and _DISCLAIMER.match(start) is not None


def after_banner(lines: Sequence[str]) -> int:
    """Return the number of the line at which the writer's words begin, below a banner such as `CAUTION: external
    sender`; 0 if there is none."""
    filled = [at for at, line in enumerate(lines[:_LOOKED_AT]) if line][:_LAST_BANNER_LINE]
    found = [at for at in filled if len(lines[at]) <= _LONGEST_BANNER and _BANNER.fullmatch(lines[at])]
    if not found:
        return 0
    end = found[-1] + 1
    while end < len(lines) and _MORE_OF_BANNER.search(lines[end][:_LONGEST_BANNER]):
        end += 1
    return end
