"""Raw texts to what is known of a person: names, salutations, addresses (see values.py)."""

import re

from leadmaild.reading.fields import addresses, names, phones
from leadmaild.reading.fields.folding import one_line
from leadmaild.reading.findings import Locale
from leadmaild.reading.values import Values, email_of, phone_of

_EMPTY_BRACKETS = re.compile(r"[<(\[]\s*[>)\]]")


def name_of(_path: str, raw: str, locale: Locale) -> Values:
    """A name taken apart; an address beside it goes where it belongs, and so does a number (`Anrufer: 0171 ...`)."""
    if not any(map(str.isalpha, raw)):
        yield from phone_of("contact.phone", raw, locale)
        return
    for found, email in enumerate(addresses.emails_in(raw)):
        raw = _EMPTY_BRACKETS.sub(" ", raw.replace(f"mailto:{email}", " ").replace(email, " "))
        if not found:
            yield from email_of("contact.email", email, locale)
    parts = names.name_parts(raw)
    for name in ("salutation", "title", "first_name", "last_name", "name", "company"):
        yield f"contact.{name}", getattr(parts, name)


def caller_of(_path: str, raw: str, locale: Locale) -> Values:
    """Who called, by number, name or both (`Eva Lind, 0171 ...`): then the lead came by telephone."""
    numbers = list(phones.phones_in(raw, locale.region)) or list(phones.phones_in_text(raw, locale.region))
    name = raw
    for phone in numbers:
        yield "contact.phone", phone.e164
        name = name.replace(phone.raw, " ")
    if any(map(str.isalpha, name)):
        yield from name_of("contact.name", name.strip(" ,;()-"), locale)
    if numbers:
        yield "channel", "phone"


def one_name_of(path: str, raw: str, _locale: Locale) -> Values:
    """A first or last name of its own label; what else the text holds (title, salutation) goes where it belongs."""
    salutation, rest = names.salutation_taken_off(one_line(raw))
    parts = names.name_parts(f"x {rest}") if rest else names.NameParts()
    if parts.name is None:
        return
    yield "contact.salutation", salutation
    titled = names.name_parts(rest)
    yield "contact.title", titled.title
    yield path, (titled.name or rest)


def salutation_of(_path: str, raw: str, _locale: Locale) -> Values:
    """A salutation of its own label."""
    yield "contact.salutation", names.salutation_of(one_line(raw))


def country_of(path: str, raw: str, _locale: Locale) -> Values:
    """An ISO 3166-1 country."""
    yield path, addresses.country_of(one_line(raw))


def zip_city_of(_path: str, raw: str, _locale: Locale) -> Values:
    """Zip and city, in one value or alone."""
    postcode, city, country = addresses.zip_and_city(raw)
    yield "contact.zip", postcode
    yield "contact.city", city
    yield "contact.country", country


def address_of(_path: str, raw: str, locale: Locale) -> Values:
    """A whole address in one value; on lines of its own, what follows the town is the country or no part of it."""
    lines = [one_line(line) for line in raw.splitlines() if line.strip()]
    at = next((n for n, line in enumerate(lines) if n and addresses.zip_and_city(line)[0]), None)
    if at is not None:
        yield "contact.street", ", ".join(lines[:at])
        yield from zip_city_of("", lines[at], locale)
        yield "contact.country", next((c for line in lines[at + 1 :] if (c := addresses.country_of(line))), None)
        return
    street, rest = addresses.street_and_rest(raw)
    if rest is None and street and addresses.zip_and_city(street)[0] and street[0].isdigit():
        street, rest = None, street
    yield "contact.street", street
    if rest:
        place, _, last = rest.rpartition(",")
        country = addresses.country_of(last) if place else None
        yield "contact.country", country
        yield from zip_city_of("", place if country else rest, locale)
