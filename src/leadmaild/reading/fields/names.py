"""Names of people and firms: salutation, titles, first and last name, particles, company. Nothing is invented."""

import re
from dataclasses import dataclass

from leadmaild.reading.fields.folding import accents_folded, one_line

_LONGEST = 120  # security.md 2.3: what a name field may hold
_SALUTATIONS = {
    "herr": "Herr", "herrn": "Herr", "hr": "Herr", "frau": "Frau", "fr": "Frau", "familie": "Familie", "fam": "Familie",
    "mr": "Mr", "mrs": "Mrs", "ms": "Ms", "miss": "Miss", "mister": "Mr",
    "m": "M.", "mme": "Mme", "mlle": "Mlle", "monsieur": "Monsieur", "madame": "Madame", "mademoiselle": "Mademoiselle",
    "sig": "Sig.", "sigra": "Sig.ra", "signor": "Signor", "signora": "Signora", "signore": "Signore",
    "dhr": "Dhr.", "mevr": "Mevr.", "mevrouw": "Mevrouw", "mw": "Mw.",
}  # fmt: skip
_TITLE = re.compile(
    r"(?:prof|dr|dipl|ing|mag|dott|ir|drs|bsc|msc|mba|ddr)\.(?:[\w-]+\.)*|(?:dr|prof|dott\.?ssa|dipl)\.?-[\w.-]+"
    r"|(?:dr|prof|mag|dott|dottore|professor|doktor)$|(?:med|jur|phil|rer|nat|vet|pol|dent|habil|h\.c|hc|oec)\.?|\((?:fh|tu|th|univ|ba|uni)\.?\)",
    re.IGNORECASE,
)
_DEGREE = re.compile(r"(?:med|jur|phil|rer|nat|vet|pol|dent|habil|h\.c|hc|oec)\.?", re.IGNORECASE)
_PARTICLES = frozenset(
    (
        "von",
        "freiherr",
        "freifrau",
        "graf",
        "gräfin",
        "van",
        "vom",
        "zu",
        "zum",
        "zur",
        "de",
        "der",
        "den",
        "dem",
        "di",
        "da",
        "del",
        "della",
        "dal",
        "dalla",
        "des",
        "du",
        "la",
        "le",
        "les",
        "li",
        "lo",
        "ter",
        "ten",
        "te",
        "'t",
        "d'",
        "al",
        "el",
        "bin",
        "ibn",
        "dos",
        "das",
        "do",
        "y",
        "und",
    )
)
_COMPANY = re.compile(
    r"(?<![\w.])(?:gmbh|mbh|g\.m\.b\.h\.|e\.?\s?k(?:\.|fr\.|fm\.)?(?!\w)|ohg|kgaa|kg|ag|ug|gbr|se|e\.v\.|e\.g\.|sarl|s\.a\.r\.l\.|sas|sa|s\.a\.|"
    r"srl|s\.r\.l\.|spa|s\.p\.a\.|s\.n\.c\.|ltd\.?|limited|llc|inc\.?|plc|b\.?v\.?b\.?a\.?|bv|b\.v\.|nv|n\.v\.|vof|v\.o\.f\.|oy|ab|"
    r"a/s|aps|s\.?r\.?o\.?|kft|sp\.\s?z\s?o\.?o\.?|autohaus|autohandel|stadtwerke|firma|gmbh\s*&\s*co\.?\s*kg)(?![\w])",
    re.IGNORECASE,
)
# "Max Lind, Lind GmbH", "Max Lind (Firma Lind)": what stands between a person and a firm.
_BETWEEN_NAMES = re.compile(r"\s*(?:,(?!\s*(?:inc|ltd))|/|\||\s-\s|\n|;|\((?=[^()\s]+\s[^()]+\)$)|\)$)\s*")
_NOT_A_NAME = re.compile(r"https?:|www\.|[@{}<>|\\\[\]]|\d{5,}")
# "Reactie van een geïnteresseerde": portals that keep the name to themselves name a part in the play.
_A_ROLE = re.compile(
    r"(?:(?:ein|eine|einem|einer|eines|een|un|une|uno|una|a|an|der|dem|the|de|le|il|ihr|your|uw|je)[ ]+)?"
    r"(?:(?:neue[nrs]?|nieuwe|nouvel|new|nuovo|potentielle[nr]?|potenti[ae]l|potential|mogelijke)[ ]+)?"
    r"(?:interessent(?:in|en)?|interessierte[nr]?|nutzer(?:in|s)?|kaeufer(?:in|s)?|kunden?|kundin"
    r"|geinteresseerde(?: koper)?|koper|gebruiker|klant|bezoeker|acheteur|utilisateur|client|particulier"
    r"|visiteur|acquirente|utente|cliente"
    r"|buyer|customer|visitor|prospect|interested party)"
)
_NO_NAME = frozenset(
    (
        "",
        "unbekannt",
        "anonym",
        "anonymous",
        "unknown",
        "ka",
        "keineangabe",
        "na",
        "none",
        "null",
        "nichtangegeben",
        "inconnu",
        "onbekend",
        "sconosciuto",
        "interessent",
        "interessentin",
        "kunde",
        "kundin",
        "kaeufer",
        "mobiledenutzer",
        "privat",
        "nutzer",
        "user",
        "gast",
        "unterdrueckt",
        "nummerunterdrueckt",
        "rufnummerunterdrueckt",
        "unterdrueckterufnummer",
        "anonymeranrufer",
        "unbekannteranrufer",
        "unbekanntenummer",
        "unbekannterufnummer",
        "withheld",
        "numberwithheld",
        "privatenumber",
        "hiddennumber",
        "masque",
        "numeromasque",
        "anonyme",
        "numeroprive",
        "anonimo",
        "numeroanonimo",
        "numeroprivato",
        "numerosconosciuto",
        "anoniem",
        "anoniemnummer",
        "onbekendnummer",
        "verborgennummer",
        "afgeschermdnummer",
    )
)


@dataclass(frozen=True, slots=True)
class NameParts:
    """A name taken apart; what the text does not tell is None."""

    salutation: str | None = None
    title: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    company: str | None = None


def name_parts(text: str) -> NameParts:
    """Take a written name apart: `Herr Dr. von der Heide`, `Vogel, Katharina`, `Demir Gartenbau e.K.`, `Sven K.`"""
    line = one_line(text).strip(" ,;:\"'“”„-*")[:_LONGEST]
    if not line or _NOT_A_NAME.search(line) or _is_no_name(line):
        return NameParts()
    company, line = _company_taken_out(line)
    salutation, line = salutation_taken_off(line)
    title, line = _titles_taken_off(line)
    if "," in line:  # "Vogel, Katharina" and "Vogel, Dr. Katharina"
        last, _, first = (p.strip() for p in line.partition(","))
        inner_salutation, first = salutation_taken_off(first)
        inner_title, first = _titles_taken_off(first)
        salutation, title = salutation or inner_salutation, title or inner_title
        line = f"{first} {last}".strip()
        first_name, last_name = first or None, last or None
    else:
        first_name, last_name = _split(line.split(), is_addressed=bool(salutation or title))
    return NameParts(salutation, title, first_name, last_name, line or None, company)


def salutation_of(text: str) -> str | None:
    """Return the salutation in the value of its own label (`Anrede: Herr`), or None."""
    return _SALUTATIONS.get(_bare(text.split(" ")[0])) if text.strip() else None


def salutation_taken_off(line: str) -> tuple[str | None, str]:
    """Return the salutation in front of a name, and the name without it."""
    first, _, rest = line.partition(" ")
    found = _SALUTATIONS.get(_bare(first))
    if found == "M." and first != "M." and not first.isupper():
        found = None
    # "M. Dupont" is Monsieur, but "M. K." would be initials.
    if found and rest and not (found == "M." and re.fullmatch(r"\w\.", rest)):
        return found, rest.strip()
    if found and not rest and found != "M.":
        return found, ""
    return None, line


def is_company(text: str) -> bool:
    """Whether `text` carries the mark of a firm (GmbH, e.K., SARL, ...)."""
    return bool(_COMPANY.search(text))


def _bare(word: str) -> str:
    return accents_folded(word).replace(".", "").strip()


def _is_no_name(line: str) -> bool:
    folded = accents_folded(line)
    return re.sub(r"[^a-z]", "", folded) in _NO_NAME or _A_ROLE.fullmatch(folded) is not None


def _company_taken_out(line: str) -> tuple[str | None, str]:
    if not is_company(line):
        return None, line
    pieces = [p.strip() for p in _BETWEEN_NAMES.split(line) if p.strip()]
    firms = [p for p in pieces if is_company(p)]
    people = [p for p in pieces if p not in firms]
    if len(pieces) > 1 and people:
        return ", ".join(firms), people[0]
    return line, ""


def _titles_taken_off(line: str) -> tuple[str | None, str]:
    words = line.split()
    count = 0
    while count < len(words) - 1 and _TITLE.fullmatch(words[count]):
        if count == 0 and _DEGREE.fullmatch(words[0]):
            break
        count += 1
    return (" ".join(words[:count]) or None), " ".join(words[count:])


def _split(words: list[str], *, is_addressed: bool) -> tuple[str | None, str | None]:
    """First and last name; the first particle begins the last name. A lone word is a last name only after "Herr"."""
    if not words:
        return None, None
    if len(words) == 1:
        return None, words[0] if is_addressed else None
    for position, word in enumerate(words[:-1]):
        if word.casefold() in _PARTICLES:
            return " ".join(words[:position]) or None, " ".join(words[position:])
    return " ".join(words[:-1]), words[-1]
