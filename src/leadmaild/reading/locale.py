"""Where a mail's national numbers and bare prices belong, and its own local date (lead-formats 4, "Phone")."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import SourceDefinition
from leadmaild.reading.fields.amounts import REGION_OF_CURRENCY, currency_of_amounts_in, currency_of_region
from leadmaild.reading.fields.folding import accents_folded
from leadmaild.reading.fields.urls import region_of_link
from leadmaild.reading.findings import Locale
from leadmaild.reading.recognise import Mail

_REGIONS_OF_LANGUAGE = {
    "fr": ("FR", "BE", "CH", "LU"),
    "nl": ("NL", "BE"),
    "it": ("IT", "CH"),
    "de": ("DE", "AT", "CH", "LI", "LU"),
    "en": (),  # spoken anywhere: only the sender's domain tells where
}
_REGIONS_OF_LANGUAGE_BY_DOMAIN = {**_REGIONS_OF_LANGUAGE, "en": ("GB", "IE")}
_WORDS_OF_LANGUAGE = {
    language: frozenset(words.split())
    for language, words in {
        "fr": "prenom nom bonjour vehicule merci kilometrage je vous votre ville cordialement mon est une pour avec",
        "it": "nome cognome telefono messaggio buongiorno veicolo grazie cellulare vorrei saluti sono della una che",
        "nl": "naam voornaam achternaam telefoonnummer bericht kenteken graag woonplaats ik mijn groet een het voor",
        "en": "hello hi dear regards thanks please you your would the my",
    }.items()
}


def locale_of(mail: Mail, definition: SourceDefinition | None, context: ReadingContext) -> Locale:
    """Where national numbers belong: the ad's country or currency for a source of many countries, the source's own,
    the language's where it is not spoken in the dealer's country, else the dealer's."""
    region = definition.region if definition and definition.region != "link" else ""
    if definition and definition.region == "link":
        links = (
            link
            for link in mail.carriers.links
            if any(d.split(".")[0] in link for r in definition.recognise for d in r.from_domain)
        )
        region = next((r for link in links if (r := region_of_link(link))), "")
    if not region and (found := currency_of_amounts_in(mail.body[:20_000])) in REGION_OF_CURRENCY:
        region = REGION_OF_CURRENCY[found or ""]
    if not region:
        language = _language(mail, definition)
        region = _region_of_speaker(language, _country_of_sender(mail), context.region)
    currency = (definition.currency if definition else "") or currency_of_region(region)
    return Locale(region, currency, _sent_locally(mail))


def _language(mail: Mail, definition: SourceDefinition | None) -> str:
    """The language a definition reads out of the subject, or names; else that of the location (no foreign region)."""
    if definition is not None:
        for selector in definition.selectors:
            if selector.target == "language" and selector.kind == "subject":
                for pattern in selector.patterns:
                    if pattern.search(mail.subject):
                        return selector.map.get("*", "")
    if definition is not None and definition.language:
        return definition.language
    declared = (mail.message.get("content-language") or "").split(",")[0].split("-")[0].strip().lower()
    return declared or _spoken_in(mail.body[:5_000], _country_of_sender(mail))


def _country_of_sender(mail: Mail) -> str:
    """The country of the sender's domain (ISO 3166-1), "" where its ending names none."""
    ending = (mail.sender.email or "").rpartition(".")[2].upper()
    return {"UK": "GB"}.get(ending, ending) if len(ending) == 2 else ""


def _region_of_speaker(language: str, country: str, dealers: str) -> str:
    """Where one who writes in this language, from this country's domain, has his numbers."""
    spoken = _REGIONS_OF_LANGUAGE.get(language, ())
    if dealers in spoken:
        return dealers
    if country in _REGIONS_OF_LANGUAGE_BY_DOMAIN.get(language, ()):
        return country
    return spoken[0] if spoken else dealers


def _spoken_in(text: str, country: str) -> str:
    """The foreign language of a text by its commonest words, the sender's country counting as one; "" for German and
    what is not clear."""
    words = set(re.findall(r"[a-z]+", accents_folded(text)))
    counts = {
        language: len(words & marks) + (country in _REGIONS_OF_LANGUAGE_BY_DOMAIN[language])
        for language, marks in _WORDS_OF_LANGUAGE.items()
    }
    best = max(counts, key=lambda language: counts[language])
    return best if counts[best] >= 2 and list(counts.values()).count(counts[best]) == 1 else ""


def _sent_locally(mail: Mail) -> str:
    """The Date field in ISO 8601 with its own offset, "" if it is none."""
    sent = date_of(mail.message.get("date") or "")
    return sent.isoformat(timespec="seconds") if sent else ""


@lru_cache(maxsize=4)  # one mail's is asked for twice
def date_of(field: str) -> datetime | None:
    """Return the instant of a Date field with its offset (RFC 5322 3.3), or None (BI-34)."""
    try:
        found = parsedate_to_datetime(field[:100])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else None
