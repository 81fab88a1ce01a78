"""What labels, headings and footers mean: the common ones of five languages (labels.toml) and those of a definition."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

from leadmaild.reading.fields.folding import accents_folded, label_key
from leadmaild.reading.fields.requests import is_consent, is_refusal

# A lone line that certainly heads a message; "Anfrage" or "Text" alone may be anything.
SURE_MESSAGE = re.compile(
    r"nachricht|message|messaggio|bericht|mitteilung|kommentar|comment|bemerkung|anmerkung|opmerking|remarque"
)
_NOT_A_MESSAGE = re.compile(
    r"\b(?:id|nr|nummer|number|von|vom|from|de|da|van|datum|date|typ|type|neue|new|status|art|letzte)\b|-id\b|nachrichten"
)
_PARENTHESES = re.compile(r"[(\[].*?[)\]]?$|[(\[][^)\]]*[)\]]")
_TRADE_IN_LABEL = re.compile(
    r"\b(?:inzahlungnahme(?:fahrzeug)?|in zahlung|eintausch(?:fahrzeug|wagen)?|altfahrzeug|altwagen|"
    r"ankauf(?:sfahrzeug)?|trade[- ]?in|part[- ]?exchange|reprise|permuta|inruil(?:auto|voertuig)?)\b[\s:/–-]*"
)
# "Ihr Fahrzeug" may be the dealer's: only whose it is, or that it is driven today, tells.
_CAR = r"(?:[a-z]*(?:fahrzeug|wagen|auto|pkw)|fahrzeugdaten|vehicle|car|vehicule|voiture|veicolo|vettura|voertuig)"
_CUSTOMERS_CAR = re.compile(
    rf"(?:\w+ ){{0,3}}{_CAR} (?:des|der|vom|of the|du|de l'|del|van de) ?"
    r"(?:kunden|kundin|interessenten|interessentin|kaeufers|customer|buyer|client|acheteur|cliente|klant|koper)"
    r"|(?:(?:ihr|dein|mein|das|your|my|the|uw|mijn) )?"
    r"(?:aktuelles|altes|jetziges|derzeitiges|bisheriges|eigenes|current|present|old|own|huidige|oude) "
    rf"{_CAR}|(?:votre |mon )?{_CAR} (?:actuelle?|attuale)"
)
_TEAM = re.compile(
    r"(?:(?:ihr|dein|euer|das|your|the|votre|il tuo|il|het|uw|je) |l')(?:[\w.&'-]+[ -]){0,3}(?:team|equipe)"
    r"(?: (?:von|of|at|bei|de|di|van) (?:[\w.&'-]+ ?){1,3}|(?: [\w.&'-]+){0,2})[.!,]?|team [\w.&'-]+[.!,]?"
)
# The person at the portal whom the dealer may ask.
_PORTALS_PERSON = re.compile(
    r"(?:ihre?|deine?|your|votre|il (?:tuo|suo)|uw|je) (?:persoenliche[rn]? |personal )?"
    r"(?:(?:ansprechpartner(?:in)?|(?:kunden)?berater(?:in)?|(?:kunden)?betreuer(?:in)?|account manager|consultant"
    r"|conseiller|referente|consulente|contactpersoon)(?: .*)?"
    r"|(?:kontakt|contact|contatto)(?:person)? (?:bei|zu|at|with|chez|in|presso|bij) .*)"
)
_JOINING = re.compile(r"[-_/]+")
_LEAD_IN = " *•>|-–_"
_LOOKED_AT = 120
_LONGEST_FOOTER_LABEL = 40
_TELLING = 4  # letters; most words are none of an end's by their first four


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Which label means which targets, and which heading opens which section; keys are folded (label_key)."""

    targets: Mapping[str, tuple[str, ...]]
    sections: Mapping[str, str] = field(default_factory=dict)  # folded heading -> section
    section_patterns: tuple[tuple[re.Pattern[str], str], ...] = ()
    any_section: re.Pattern[str] | None = None  # all of them in one
    before: tuple[str, ...] = ()  # each with its blank
    after: tuple[str, ...] = ()
    footer_labels: frozenset[str] = frozenset()
    footer_begins: tuple[str, ...] = ()
    consents: tuple[str, ...] = ()  # how the label of a ticked consent begins
    buttons: frozenset[str] = frozenset()
    hints: tuple[str, ...] = ()
    end_starts: tuple[str, ...] = ()  # the first letters of footers and hints
    portal: tuple[str, ...] = ()  # the names under which a source signs its mails (imprint.py)

    def sections_in(self, text: str) -> tuple[tuple[re.Pattern[str], str], ...]:
        """Return the section patterns that a whole text holds; the others need not be tried on its lines."""
        if self.any_section is None or self.any_section.search(text) is None:
            return ()
        return tuple(section for section in self.section_patterns if section[0].search(text))

    def targets_of(self, label: str) -> tuple[str, ...]:
        """Return the targets of a label as written in a mail, () if it is not known."""
        return self.targets.get(label_key(label)) or ()


@cache
def common_labels() -> LabelSet:
    """Return the packaged labels of five languages (labels.toml)."""
    tables = tomllib.loads(files("leadmaild.reading").joinpath("labels.toml").read_text(encoding="utf-8"))
    targets: dict[str, tuple[str, ...]] = {}
    for path, labels in tables["labels"].items():
        for label in labels:
            targets.setdefault(label_key(label), (path,))
    sections = {label_key(heading): kind for kind, headings in tables["sections"].items() for heading in headings}
    around = tables["around"]
    return LabelSet(
        targets,
        sections,
        before=tuple(accents_folded(words) + " " for words in around["before"]),
        after=tuple(" " + accents_folded(words) for words in around["after"]),
        footer_labels=frozenset(map(label_key, tables["footers"]["labels"])),
        footer_begins=tuple(tables["footers"]["begins"]),
        consents=tuple(map(label_key, tables["footers"]["consents"])),
        buttons=frozenset(map(label_key, tables["footers"]["buttons"])),
        hints=tuple(tables["footers"]["hints"]),
        end_starts=tuple({b[:_TELLING] for key in ("begins", "hints") for b in tables["footers"][key]}),
    )


@lru_cache(maxsize=4096)
def common_targets(label: str) -> tuple[str, ...]:
    """Return the targets of a label by the common table, what stands around it left away; a trade-in label's own."""
    if exact := common_labels().targets_of(label):
        return exact
    folded = accents_folded(label)
    if _TRADE_IN_LABEL.search(folded):
        rest = _TRADE_IN_LABEL.sub(" ", folded).strip(" -–:/()")
        if inner := _around_left_away(rest) if rest else ():
            return tuple(in_trade_in(path) for path in inner)
    if found := _around_left_away(label):
        return found
    is_message = SURE_MESSAGE.search(folded) and len(folded.split()) <= 5 and not _NOT_A_MESSAGE.search(folded)
    return ("message",) if is_message else ()


def _around_left_away(label: str) -> tuple[str, ...]:
    labels = common_labels()
    if found := labels.targets_of(label):
        return found
    bare = " ".join(_JOINING.sub(" ", accents_folded(_PARENTHESES.sub("", label))).split()).strip(" *?:.!")
    if found := labels.targets_of(bare):
        return found
    without = [bare.removeprefix(words) for words in labels.before if bare.startswith(words)]
    without += [bare.removesuffix(words) for words in labels.after if bare.endswith(words)]
    return next((found for shorter in without if (found := labels.targets_of(shorter))), ())


def in_trade_in(path: str) -> str:
    """Return the target a vehicle target becomes in a trade-in section."""
    group, _, name = path.partition(".")
    if path == "proposed_price" or path == "vehicle.price":
        return "trade_in.price_expectation"
    return f"trade_in.{name}" if group == "vehicle" else path


def section_of(heading: str) -> str:
    """Return the section a heading opens by the common table: trade_in, finance, dealer, contact, vehicle or ""."""
    return _section_of(heading) if heading else ""


@lru_cache(maxsize=2048)
def _section_of(heading: str) -> str:
    labels = common_labels()
    whole = accents_folded(heading)
    bare = accents_folded(_PARENTHESES.sub("", heading)).strip(" *:-–=#•>|!.")
    if labels.sections.get(label_key(bare)) is None and _TRADE_IN_LABEL.search(whole) and len(whole.split()) <= 6:
        return "trade_in"  # "Ihr Fahrzeug (Inzahlungnahme)": the bracket tells whose
    if _CUSTOMERS_CAR.fullmatch(bare):
        return "trade_in"
    if _PORTALS_PERSON.fullmatch(bare):
        return "dealer"
    candidates = [bare, *(bare.removeprefix(words) for words in labels.before)]
    for candidate in candidates:
        if known := labels.sections.get(label_key(candidate)):
            return known
    return ""


def is_footer(text: str) -> bool:
    """Whether a line begins what follows a message: consent, technical lines, the platform's own words."""
    return _kind_of_end(text) == "footer"


def is_button(text: str) -> bool:
    """Whether a line is a button or a hint how to answer: it ends a message, but is no footer yet."""
    return _kind_of_end(text) == "button"


def is_platforms_signature(text: str) -> bool:
    """Whether a line is the platform's name below its greeting: `Ihr AutoScout24-Team`, `Il team di ...`."""
    start = text[:_LOOKED_AT].strip(_LEAD_IN)
    return len(start) <= _LONGEST_FOOTER_LABEL and _TEAM.fullmatch(accents_folded(start)) is not None


def is_mere_words(text: str) -> bool:
    """Whether a line is longer than any label, and begins as no end of a message does: most lines of words are."""
    is_long = len(text) > _LONGEST_FOOTER_LABEL and text.find(":", 0, _LONGEST_FOOTER_LABEL + 1) < 0
    return is_long and text[0].isalpha() and not _may_begin_end(text[:_TELLING])


def ends_words(text: str) -> bool:
    """Whether the customer's words end before this line: a footer, a button, a hint how to answer."""
    return _kind_of_end(text) != ""


def _is_yes_or_no(value: str) -> bool:
    return bool(value.strip()) and (is_consent(value) or is_refusal(value))


@lru_cache(maxsize=4096)
def _may_begin_end(letters: str) -> bool:
    return accents_folded(letters).startswith(common_labels().end_starts)


def _kind_of_end(text: str) -> str:
    start = text[:_LOOKED_AT].lstrip(_LEAD_IN)
    may_begin = _may_begin_end(start[:_TELLING])
    # Most lines are words of a length no label has: they need no folding.
    if not may_begin and len(start) > _LONGEST_FOOTER_LABEL and start.find(":", 0, _LONGEST_FOOTER_LABEL + 1) < 0:
        return ""
    labels = common_labels()
    folded = accents_folded(start)
    if may_begin:
        if folded.startswith(labels.footer_begins):
            return "footer"
        if folded.startswith(labels.hints):
            return "button"
    if ("eam" in start or "quipe" in start) and is_platforms_signature(start):
        return "footer"
    label = folded.partition(":")[0].partition("=>")[0]
    if len(label) > _LONGEST_FOOTER_LABEL:
        return ""
    key = label_key(label)
    if key.startswith(labels.consents) and _is_yes_or_no(folded[len(label) + 1 :]):
        return "footer"
    return "footer" if key in labels.footer_labels else "button" if label_key(folded) in labels.buttons else ""
