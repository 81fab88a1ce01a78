"""What the customer wants, out of words in five languages; what he says he does not want is left out (R166)."""

import re
from collections.abc import Iterator

from leadmaild.model.reading import RequestType
from leadmaild.reading.fields.folding import accents_folded

# Matched against case-folded, accent-free text (ü as ue): one expression a wish, alternatives of all languages.
_WISHES: tuple[tuple[RequestType, str], ...] = (
    (
        RequestType.TRADE_IN,
        r"in zahlung\w*|inzahlung\w*|eintausch\w*|\btausch(?:e|en)?\b.{0,30}\bgegen|\bankauf\w*|trade[- ]?in\w*|part[- ]?exchange|"
        r"\breprise\b|\breprendre\b|\bpermuta\w*|\binruil\w*|\binruilen|altwagen",
    ),
    (
        RequestType.TEST_DRIVE,
        r"probefahr\w*|probe ?fahren|\bprobezufahren|\btest[- ]?drive\w*|\bessai(?:er)?\b(?! (?:de|d['’]) ?(?:joindre|appel))|"
        r"prova su strada|test drive|proefrit\w*|proefrijden|\bessai routier|provare su strada|giro di prova",
    ),
    (
        RequestType.VIEWING,
        r"besichtig\w*|viewing appointment|arrange a viewing|bezichtig\w*|\bvisiter le vehicule|rendez-vous pour voir|"
        r"fissare una visita|appuntamento per vedere",
    ),
    (
        RequestType.FINANCING,
        r"finanzier\w*|finanzkauf|\bratenzahlung\w*|\b(?:monats)?rate(?:n)?\b(?=.{0,24}(?:euro|€|eur|monat|zahl))|monatliche\w* rate\w*|"
        r"monatsrate\w*|\bkredit\w*|financ(?:ement|ing|er)\b|\bfinance (?:offer|option|deal|quote)\w*|on finance|finanziament\w*|"
        r"financiering\w*|\ba rate\b|\brateale\b|\bcredit auto",
    ),
    (RequestType.LEASING, r"\w*leasing\w*|\blease[- ]?(?:deal|offer|angebot|contract)\w*|\bto lease\b|\bleasen\b|\bloa\b|private lease"),
    (
        RequestType.CALL_BACK,
        r"rueckruf\w*|\brufen sie (?:mich|uns)\b|\bruf\w* (?:mich|uns) .{0,40}(?:an|zurueck)\b|zurueckruf\w*|zurueckzurufen|"
        r"call ?back|call[- ]me\b|(?:please|could you|can you) (?:call|ring|phone) me|rappele[rz]?[- ]?(?:moi|nous)?|me rappeler|etre rappele\w*|"
        r"richiamat\w*|richiamar\w*|mi chiami|\bterugbel\w*|\bbel (?:me|mij)\b|bitte um anruf|um (?:einen )?anruf\b",
    ),
    (
        RequestType.PRICE_PROPOSAL,
        r"preisvorschlag\w*|letzter? preis|letzte preis|\bpreislich .{0,20}(?:machen|moeglich|drin)|\b(?:vb|vhb)\b|verhandlungsbasis|"
        r"was ist (?:ihr|der) letzt\w*|festpreis\?|best price|last price|price proposal|\bdernier prix|proposition de prix|negociable|trattabile|verhandel\w*|preisnachlass|beim preis noch|am preis noch|onderhandelbaar|bespreekbaar|"
        r"\bproposta(?: di prezzo)?\b|ultimo prezzo|prijsvoorstel|laatste prijs|\bbod\b (?:van|doen)|"
        r"\bich biete\b|\bbiete (?:ihnen )?\d|i(?:'d| would)? offer|je (?:vous )?propose \d|je vous offre|ik bied\b|\boffro\b",
    ),
    (RequestType.SERVICE, r"werkstatttermin|inspektionstermin|reifenwechsel|radwechsel|oelwechsel|service[- ]?termin|service appointment"),
)  # fmt: skip
_WISH = [(kind, re.compile(words)) for kind, words in _WISHES]
_ANY_WISH = re.compile("|".join(words for _, words in _WISHES))
_CLAUSE = re.compile(r"[.!?;\n,]+(?!\d)|\b(?:aber|sondern|jedoch|but|mais|ma|pero|maar|dafuer|stattdessen)\b|\s[-–—]\s")
_NOT = re.compile(
    r"\b(?:keine?[nrms]?|nicht|ohne|nein|nie|kein\w* bedarf|no|not|without|don'?t|doesn'?t|never|none|pas|sans|aucune?|"
    r"non|senza|nessuna?|niente|geen|niet|zonder)\b"
)
_NOT_AFTER = re.compile(r"nicht|not\b|nein|entfaellt|ausgeschlossen|niet|pas\b|nope|not needed|non\b|no\b|geen")
_NOT_ONLY = re.compile(
    r"nicht (?:nur|schlecht|abgeneigt)|not (?:only|bad)|pas (?:seulement|mal)|non solo|niet (?:alleen|slecht)"
)
_WORDS_BEFORE = 5
_WORDS_AFTER = 4
_CONJUNCTION = re.compile(r"\b(?:und|and|et|e|en|oder|or|ou|o|of|sowie|noch|nor|ni|ne)\b")


def wishes_in(text: str) -> tuple[RequestType, ...]:
    """Return what the words of `text` ask for, in order of precedence; negated wishes are not among them.

    The window of a negation is its clause: up to five words before the wish, four after it (lead-formats 4).
    """
    folded = accents_folded(text)
    if not _ANY_WISH.search(folded):
        return ()
    found: set[RequestType] = set()
    for clause in _clauses(folded):
        for kind, words in _WISH:
            if any(not _is_negated(clause, m.start(), m.end()) for m in words.finditer(clause)):
                found.add(kind)
    return in_order(found)


def in_order(kinds: set[RequestType]) -> tuple[RequestType, ...]:
    """Return the set in the order of precedence of RequestType."""
    return tuple(k for k in RequestType if k in kinds)


def is_refusal(value: str) -> bool:
    """Whether the value of a label such as `Inzahlungnahme` says no."""
    folded = accents_folded(value).strip(" .!-–")
    return folded in {"", "0", "n", "false", "nein", "no", "non", "nee", "neen", "keine", "kein", "none", "n/a", "entfaellt",
                      "nicht gewuenscht", "nicht erforderlich", "not needed", "not required", "kein interesse"} or bool(
        re.match(r"(?:nein|no|non|nee|keine?|nicht)\b", folded)
    )  # fmt: skip


def is_consent(value: str) -> bool:
    """Whether the value of such a label just says yes."""
    folded = accents_folded(value).strip(" .!-–")
    return folded in {"1", "x", "ja", "j", "yes", "y", "oui", "si", "true", "on", "gewuenscht", "ja, bitte", "erwuenscht", "☑", "✓",
                      "✔", "yes please", "ja bitte"}  # fmt: skip


def _clauses(folded: str) -> Iterator[str]:
    yield from (c for c in _CLAUSE.split(folded) if c.strip())


def _is_negated(clause: str, start: int, end: int) -> bool:
    if _NOT_ONLY.search(clause):
        return False
    before = " ".join(clause[:start].split()[-_WORDS_BEFORE:])
    after = " ".join(clause[end:].split()[:_WORDS_AFTER])
    # A negation binds to its own side of an "and": "keine Finanzierung und gern eine Probefahrt".
    if (denial := _last(_NOT, before)) is not None:
        between = before[denial.end() :]
        if not _CONJUNCTION.search(between) or _ANY_WISH.search(between) is None:
            return True
        # "keine Probefahrt oder Finanzierung" denies both; "... und gern eine ..." does not.
        return not re.search(r"\b(?:gern\w*|eine?[nr]?|bitte|would|a|une?)\b", between)
    denial_after = _NOT_AFTER.search(after)
    return bool(denial_after) and not _CONJUNCTION.search(after[: denial_after.start() if denial_after else 0])


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):
        pass
    return found
