"""The facts of a lead as rows: who, how to reach, which vehicle, what is wished, what is offered in part exchange.

Everything here is for staff. Values are the customer's words, cleaned; only checked numbers, addresses and web
addresses become links (security.md 2.3, BI-52).
"""

from collections.abc import Iterator

import phonenumbers

from leadmaild.model.contact import Contact
from leadmaild.model.outgoing import MailFacts
from leadmaild.model.reading import Money, Person, PostalAddress, VehicleText
from leadmaild.writing.cleaning import FIELD_LIMIT, NAME_LIMIT, dialled_number, mail_address, one_line, web_link
from leadmaild.writing.notice import Row
from leadmaild.writing.placeholders import full_name, money
from leadmaild.writing.templates import Words

_MOST_PHONES = 5


def who(facts: MailFacts, words: Words) -> str:
    """Return the customer's name, else firm, address or telephone: whatever tells a seller whom it is about."""
    for person in (facts.contact, facts.prospect.contact if facts.prospect else None):
        if person is None:
            continue
        spoken = one_line(f"{person.first_name or ''} {person.last_name or ''}", NAME_LIMIT)
        if name := spoken or one_line(person.name or person.company, NAME_LIMIT):
            return name
    return next((row.value for row in reach_rows(facts, words)), words.word("nobody"))


def what(facts: MailFacts) -> str:
    """Return the vehicle in one line, the stock's name for it first; "" without one."""
    if facts.stock is not None and facts.stock.title:
        return one_line(facts.stock.title, NAME_LIMIT)
    asked = facts.prospect.vehicle if facts.prospect else None
    return vehicle_title(asked) if asked else ""


def vehicle_title(vehicle: VehicleText) -> str:
    """Return make, model and variant, or the title as the mail gave it."""
    parts = one_line(f"{vehicle.make or ''} {vehicle.model or ''}", NAME_LIMIT)
    return one_line(vehicle.title, NAME_LIMIT) or parts


def reach_rows(facts: MailFacts, words: Words) -> Iterator[Row]:
    """How to reach the customer: telephone first, for sellers read this on a telephone."""
    parsed = facts.prospect.contact if facts.prospect else Person()
    for phone in _phones(facts.contact, parsed):
        number = dialled_number(phone)
        yield Row(words.say("labels", "phone"), phone, f"tel:{number}" if number else "")
    address = customer_address(facts)
    if address:
        plain = mail_address(address)
        yield Row(words.say("labels", "email"), address, f"mailto:{plain}" if plain else "")


def customer_address(facts: MailFacts) -> str:
    """Return the address of the customer: the one in this mail, else the contact's; "" if none is known."""
    parsed = facts.prospect.contact if facts.prospect else Person()
    return one_line(parsed.email or parsed.relay_email or (facts.contact.email if facts.contact else ""))


def customer_rows(facts: MailFacts, words: Words) -> Iterator[Row]:
    """Name, firm, ways to reach, postal address."""
    parsed = facts.prospect.contact if facts.prospect else Person()
    name = who(facts, words)
    company = one_line((facts.contact and facts.contact.company) or parsed.company, NAME_LIMIT)
    yield Row(words.say("labels", "customer"), f"{name}, {company}" if company and company != name else name)
    yield from reach_rows(facts, words)
    if place := _postal((facts.contact and facts.contact.address) or parsed.address):
        yield Row(words.say("labels", "address"), place)


def vehicle_rows(facts: MailFacts, words: Words) -> Iterator[Row]:
    """The vehicle asked for: from stock where it is known, else as the mail tells it."""
    asked = facts.prospect.vehicle if facts.prospect else None
    stock = facts.stock
    if title := what(facts):
        yield Row(words.say("labels", "vehicle"), title, web_link(stock.url) if stock else "")
    number = one_line(stock.internal_number if stock else (asked.internal_number or asked.ad_id) if asked else "")
    if number:
        yield Row(
            words.say("labels", "internal_number" if stock or (asked and asked.internal_number) else "offer"), number
        )
    if stock is None and asked is not None and (url := web_link(asked.url)):
        yield Row(words.say("labels", "link"), url)
    if stock is not None and stock.price is not None:
        yield Row(words.say("labels", "price"), money(stock.price, "EUR", words))
    elif asked is not None and asked.price is not None:
        yield Row(words.say("labels", "price"), _amount(asked.price, words))


def wish_rows(facts: MailFacts, words: Words) -> Iterator[Row]:
    """What the customer wants, by when, for how much, and what he offers in part exchange."""
    prospect = facts.prospect
    types = (facts.lead.types if facts.lead else ()) or (prospect.request_types if prospect else ())
    if types:
        yield Row(words.say("labels", "wish"), ", ".join(words.say("types", t) for t in types))
    if prospect is None:
        return
    if prospect.proposed_price is not None:
        yield Row(words.say("labels", "proposed_price"), _amount(prospect.proposed_price, words))
    if preferred := one_line(f"{prospect.preferred_date or ''} {prospect.preferred_time or ''}", NAME_LIMIT):
        yield Row(words.say("labels", "preferred"), preferred)
    if prospect.trade_in is not None and (title := vehicle_title(prospect.trade_in)):
        yield Row(words.say("labels", "trade_in"), title)


def origin_rows(facts: MailFacts, words: Words) -> Iterator[Row]:
    """Source and moment of arrival."""
    if source := one_line(facts.source_name, NAME_LIMIT):
        yield Row(words.say("labels", "source"), source)
    if facts.lead is not None:
        arrived = words.instant(facts.lead.arrived_at, facts.location.opening_hours.zone)
        yield Row(words.say("labels", "arrived"), arrived)
    if facts.assignee is not None and facts.assignee != facts.to_user:
        yield Row(words.say("labels", "assignee"), full_name(facts.assignee))


def trade_in_rows(vehicle: VehicleText, words: Words) -> Iterator[Row]:
    """The core data of the trade-in (R47), every field, "-" where the mail says nothing."""
    mileage = f"{vehicle.mileage:,}".replace(",", words.word("thousands")) if vehicle.mileage else None
    wished = vehicle.price_expectation or vehicle.price
    known = {
        "make": vehicle.make or vehicle.title,
        "model": vehicle.model,
        "variant": vehicle.variant,
        "first_registration": _month(vehicle.first_registration) or (str(vehicle.year) if vehicle.year else None),
        "mileage": f"{mileage} {vehicle.mileage_unit or 'km'}" if mileage else None,
        "vin": vehicle.vin,
        "hsn_tsn": " / ".join(filter(None, (vehicle.hsn, vehicle.tsn))),
        "fuel": vehicle.fuel,
        "gearbox": vehicle.gearbox,
        "power": vehicle.power,
        "condition": words.get("conditions", vehicle.condition or "") or vehicle.condition,
        "damage": vehicle.damage,
        "owners": str(vehicle.owners) if vehicle.owners is not None else None,
        "wished_price": _amount(wished, words) if wished else None,
    }
    for key, value in known.items():
        yield Row(words.say("trade_in", key), one_line(value, FIELD_LIMIT if key == "damage" else NAME_LIMIT) or "-")


def _phones(contact: Contact | None, parsed: Person) -> list[str]:
    known = [*parsed.phones, *(contact.phones if contact else ())] or list(parsed.phones_raw)
    return list(dict.fromkeys(_spaced(one_line(phone, 40)) for phone in known if phone.strip()))[:_MOST_PHONES]


def _spaced(phone: str) -> str:
    """An international number with its blanks, so that it can be read out: +491713920012 is +49 171 3920012."""
    try:
        number = phonenumbers.parse(phone)
    except phonenumbers.NumberParseException:
        return phone
    is_plain = dialled_number(phone) == f"+{number.country_code}{phonenumbers.national_significant_number(number)}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL) if is_plain else phone


def _month(text: str | None) -> str | None:
    """A month as it stands in the vehicle's papers: 2016-05 is 05/2016."""
    year, dash, month = (text or "").partition("-")
    return f"{month}/{year}" if dash and year.isdigit() and month.isdigit() else text


def _postal(address: PostalAddress | None) -> str:
    if address is None:
        return ""
    town = " ".join(filter(None, (address.zip, address.city)))
    return one_line(", ".join(filter(None, (address.street, town, address.country))), NAME_LIMIT)


def _amount(price: Money, words: Words) -> str:
    return money(price.amount, one_line(price.currency, 10), words)
