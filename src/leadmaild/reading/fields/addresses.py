"""Addresses of people: e-mail addresses told from robots and relays, and postal addresses (lead-formats 0.3, 0.4)."""

import re
from collections.abc import Collection, Iterator
from functools import lru_cache

from leadmaild.model.address import parse_address
from leadmaild.reading.fields.folding import accents_folded, one_line, plain_blanks

_ADDR_SPEC = re.compile(
    r"(?<![\w.+\-@/=])[\w.!#$%&'*+/=?^`{|}~\-]{1,64}@(?:[\w](?:[\w\-]{0,61}[\w])?\.)+[^\W\d_][\w\-]{0,61}\w(?![\w@])"
)
_TRACKING = re.compile(r"[?&][^\s]*$")
# Local parts behind which no customer sits: those of AR-07 and the mailboxes portals and form scripts send from.
_ROBOT = re.compile(
    r"(?:no|do-?not|donot|nicht|ne)[-_.]?(?:reply|repondre|antworten)\w*|keine[-_.]?antwort|mailer[-_]?daemon|postmaster|root|daemon|"
    r"nobody|abuse|listserv|majordomo|mdaemon|.*-request|owner-.*|.*-owner|.*-?bounces?|bounce.*|.*-errors|"
    r".*-confirm.*|notifications?|news(?:letter)?|mailer|msprvs1=.*|prvs=.*|srs[01].*|.*\+caf_=.*|wordpress|www-?data|"
    r"apache|webmaster|robot|bot|cron|system|mailform|webform|formular|kontaktformular|leads?|lead[-_.]?server|"
    r"anfragen?|mailings?|alerts?|automail\w*|noresponse|reply",
    re.IGNORECASE,
)
_ZIP_CITY = re.compile(
    r"(?P<country>(?:D|DE|A|AT|CH|F|FR|B|BE|NL|I|IT|L|LU)[-\s])?"
    r"(?P<zip>\d{4}\s?[A-Z]{2}(?=\s)|\d{5}|\d{4})\s*(?:[/,]\s*|\s)(?P<city>[^\W\d_][^\d\n]*)"
)
_CITY_ZIP = re.compile(r"(?P<city>[^\W\d_][^\d\n,]*),?\s+(?P<zip>\d{5}|\d{4})$")
_STREET_THEN_CITY = re.compile(r"^(?P<street>.+?\d+\s?[a-zA-Z]?)\s*[,\n]\s*(?P<rest>.+)$", re.DOTALL)
# `Freiburg i. Br.`, `Frankfurt a. M.`: this full stop is part of the name.
_ABBREVIATED = re.compile(r"\s\w{1,3}\.\s?\w{1,4}\.$")
_ZIP_ALONE = re.compile(r"\d{4}\s?[A-Z]{2}|\d{4,5}")
_COUNTRY_PREFIX = {"D": "DE", "A": "AT", "F": "FR", "B": "BE", "I": "IT", "L": "LU"}
_COUNTRIES = {
    "deutschland": "DE", "germany": "DE", "allemagne": "DE", "germania": "DE", "duitsland": "DE", "d": "DE",
    "oesterreich": "AT", "osterreich": "AT", "austria": "AT", "autriche": "AT", "oostenrijk": "AT", "a": "AT",
    "schweiz": "CH", "switzerland": "CH", "suisse": "CH", "svizzera": "CH", "zwitserland": "CH",
    "frankreich": "FR", "france": "FR", "francia": "FR", "frankrijk": "FR", "f": "FR",
    "italien": "IT", "italy": "IT", "italia": "IT", "italie": "IT", "i": "IT",
    "niederlande": "NL", "netherlands": "NL", "the netherlands": "NL", "pays-bas": "NL", "nederland": "NL",
    "paesi bassi": "NL", "holland": "NL", "belgien": "BE", "belgium": "BE", "belgique": "BE", "belgie": "BE",
    "belgio": "BE", "b": "BE", "luxemburg": "LU", "luxembourg": "LU", "lussemburgo": "LU", "polen": "PL",
    "poland": "PL", "spanien": "ES", "spain": "ES", "daenemark": "DK", "denmark": "DK", "tschechien": "CZ",
    "united kingdom": "GB", "great britain": "GB", "england": "GB", "uk": "GB", "usa": "US", "united states": "US",
}  # fmt: skip


def emails_in(text: str) -> Iterator[str]:
    """Yield every deliverable address written in `text`, in order, as written; `mailto:` is dropped."""
    if "@" not in text:
        return
    for found in _ADDR_SPEC.finditer(plain_blanks(text).replace("mailto:", " ")):
        written = found.group().strip(".'`*_")
        if parse_address(written):
            yield written


def email_of(value: str) -> str | None:
    """Return the one address in the value of an e-mail label, or None."""
    return next(emails_in(_TRACKING.sub("", value) if value.lower().startswith("mailto:") else value), None)


@lru_cache(maxsize=1024)
def normal_email(written: str) -> str:
    """Return the form that decides identity (R37); `written` unchanged where it is no address."""
    address = parse_address(written)
    return address.normal if address else written


def is_robot(email: str) -> bool:
    """Whether nobody reads this mailbox: a no-reply, daemon, form script or portal sender (AR-07 and kin)."""
    return bool(_ROBOT.fullmatch(email.rpartition("@")[0]))


def is_under(email_or_domain: str, domains: Collection[str]) -> bool:
    """Whether the domain is one of `domains` or below one: whole labels, never a substring (lead-formats 0.8)."""
    domain = email_or_domain.rpartition("@")[2].lower().rstrip(".")
    while domain:
        if domain in domains:
            return True
        domain = domain.partition(".")[2]
    return False


def country_of(text: str) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country written as code or name in five languages, or None."""
    folded = accents_folded(text).strip(" .")
    if known := _COUNTRIES.get(folded):
        return known
    return folded.upper() if len(folded) == 2 and folded.isalpha() else None


def zip_and_city(text: str) -> tuple[str | None, str | None, str | None]:
    """Return (zip, city, country) out of `20095 Hamburg`, `D-20095 Hamburg`, `1012 AB Amsterdam`, `20095 / Hamburg`."""
    line = one_line(text)[:120]
    if m := _ZIP_CITY.search(line):
        prefix = (m["country"] or "").strip(" -")
        city = m["city"].strip(" ,;")
        city = city if _ABBREVIATED.search(city) else city.rstrip(" ,.;")
        return m["zip"], city, _COUNTRY_PREFIX.get(prefix, prefix) or None
    if m := _CITY_ZIP.fullmatch(line):
        return m["zip"], m["city"].strip(), None
    if _ZIP_ALONE.fullmatch(line):
        return line, None, None
    return None, (line or None) if not any(c.isdigit() for c in line) else None, None


def street_and_rest(text: str) -> tuple[str | None, str | None]:
    """Return (street with number, what follows) of an address in one text; (text, None) where nothing follows."""
    whole = plain_blanks(text).strip()[:200]
    if m := _STREET_THEN_CITY.match(whole):
        return one_line(m["street"]), one_line(m["rest"])
    return (one_line(whole) or None), None
