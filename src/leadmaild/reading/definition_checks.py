"""What is wrong with a definition as a whole although each value has the right type.

A mistake of these kinds passes the definition's own tests and then takes the mail of others, or leaves numbers, amounts
and answers wrong in every mail; so it is refused before it is used (lead-formats 5).
"""

import re
from collections.abc import Iterable, Iterator

from leadmaild.reading.definitions import BUILT_IN, REPLY_PLACES, Recognition, SourceDefinition

_ID = re.compile(r"\w[\w.@+-]*")
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)*")
_LANGUAGE = re.compile(r"[a-z]{2}")
_REGION = re.compile(r"[A-Z]{2}|link")
_HEADER = re.compile(r"header:[xX]-[\w-]+")
_CURRENCY = re.compile(r"[A-Z]{3}")


def problems_of_definition(definition: SourceDefinition) -> Iterator[tuple[str, str]]:
    """Each problem: the path of the key, and in words what would be right."""
    yield from _of_id(definition.id)
    if definition.language and not _LANGUAGE.fullmatch(definition.language):
        yield "language", f'"{definition.language}" is not a language; write two letters such as "de" or "en"'
    yield from _of_country("", definition.region, definition.currency)
    for selector in definition.selectors:
        path = f"fields.{selector.target}."
        yield from _of_country(path, selector.region, selector.currency)
        if selector.confidence is not None and not 0 < selector.confidence <= 1:
            yield f"{path}confidence", "must be above 0 and at most 1"
    for place in definition.reply_to:
        if place not in REPLY_PLACES and not _HEADER.fullmatch(place):
            places = ", ".join(REPLY_PLACES)
            yield "reply.to", f'"{place}" is no place of an address; choose from {places}, header:X-...'
    yield from _of_domains("reply.relay_domains", definition.relay_domains)
    for path, rule in (
        *(("recognise", rule) for rule in definition.recognise),
        *(("notice", notice.rule) for notice in definition.notices),
    ):
        yield from _of_domains(f"{path}.from_domain", rule.from_domain)
        if not _names_something(rule):
            yield path, "says nothing that a mail must have, so every mail would be taken; name from_domain or subject"


def _of_id(source_id: str) -> Iterator[tuple[str, str]]:
    if source_id in BUILT_IN:
        yield "id", f'"{source_id}" is built in and needs no definition; choose another id'
    elif not _ID.fullmatch(source_id):
        yield "id", f'"{source_id}" is not a short name; use letters and digits, and ". _ - + @" between them'


def _of_country(path: str, region: str, currency: str) -> Iterator[tuple[str, str]]:
    if region and not _REGION.fullmatch(region):
        yield f"{path}region", f'"{region}" is not a country; write two capital letters such as "DE", or "link"'
    if currency and not _CURRENCY.fullmatch(currency):
        yield f"{path}currency", f'"{currency}" is not a currency; write three capital letters such as "EUR"'


def _of_domains(path: str, domains: Iterable[str]) -> Iterator[tuple[str, str]]:
    for domain in domains:
        if not _DOMAIN.fullmatch(domain):
            yield path, f'"{domain}" is no domain; write it like "portal.example", those below it count as well'


def _names_something(rule: Recognition) -> bool:
    """Whether a mail must have anything for the rule to hit; an expression that finds the empty text asks nothing."""
    asked = (patterns for group, patterns in rule.patterns.items() if not group.startswith("not_"))
    return bool(
        rule.from_domain
        or rule.headers
        or rule.min_labels
        or rule.from_dealer
        or rule.from_is_customer
        or any(not any(pattern.search("") for pattern in patterns) for patterns in asked)
    )
