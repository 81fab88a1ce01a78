"""The placeholders of the e-mail template (R107) and their values for one mail.

What reaches a customer unasked may echo nothing a stranger could fill with bait: names are cleaned, the vehicle comes
from stock or is a known make with a plain model name, and no free text is to be had here at all (security.md 2.2).
An empty value prints as nothing (R104); a group without any value is false, so `{% if vehicle %}` reads naturally.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal

from leadmaild.model.outgoing import MailFacts
from leadmaild.model.reading import Person, VehicleText
from leadmaild.model.user import User
from leadmaild.model.vehicle import StockVehicle
from leadmaild.reading.fields.vehicles import is_make
from leadmaild.writing.cleaning import NAME_LIMIT, greeted_name, one_line
from leadmaild.writing.templates import Words

# The salutations reading knows, by the form of address they stand for.
_FORMS = {
    "male": {"herr", "mr", "m", "monsieur", "sig", "signor", "signore", "dhr"},
    "female": {"frau", "mrs", "ms", "miss", "mme", "mlle", "madame", "mademoiselle", "sig.ra", "signora", "mevr",
               "mevrouw", "mw"},
    "family": {"familie"},
}  # fmt: skip
_TITLES = {"dr": "Dr.", "prof": "Prof.", "prof dr": "Prof. Dr.", "dr med": "Dr. med."}

# A model name as makers print it: "Golf 1.4 TSI", "C 220 d", "ID.3"; never a link, never more than a few words.
_MODEL = re.compile(r"[^\W_][\w +./()-]{0,39}")
_LINK_LIKE = re.compile(r"\.[^\W\d_]{2}|/.*/|\d{5}|www|http", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Values:
    def __bool__(self) -> bool:
        return any(getattr(self, f.name) for f in fields(self))


@dataclass(frozen=True, slots=True)
class ContactValues(_Values):
    """The customer; every name cleaned."""

    greeting: str = ""
    salutation: str = ""
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class VehicleValues(_Values):
    """The vehicle asked for; number, price and link only if it is in stock."""

    title: str = ""
    make: str = ""
    model: str = ""
    internal_number: str = ""
    price: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class LeadValues(_Values):
    """The lead."""

    number: str = ""
    source: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class AssigneeValues(_Values):
    """The colleague who got the lead (R104)."""

    name: str = ""
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class LocationValues(_Values):
    """The dealership."""

    name: str = ""
    code: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Placeholders:
    """Everything a template may name."""

    contact: ContactValues = field(default_factory=ContactValues)
    vehicle: VehicleValues = field(default_factory=VehicleValues)
    lead: LeadValues = field(default_factory=LeadValues)
    assignee: AssigneeValues = field(default_factory=AssigneeValues)
    location: LocationValues = field(default_factory=LocationValues)

    def as_context(self) -> dict[str, _Values]:
        """The groups by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


KNOWN: Mapping[str, frozenset[str]] = {
    name: frozenset(f.name for f in fields(group)) for name, group in Placeholders().as_context().items()
}


def placeholders_of(facts: MailFacts, words: Words) -> Placeholders:
    """Return the values for one mail, with the greeting in the language of `words`."""
    lead = facts.lead
    zone = facts.location.opening_hours.zone
    return Placeholders(
        contact=_contact(facts, words),
        vehicle=_vehicle(facts.stock, facts.prospect.vehicle if facts.prospect else None, words),
        lead=LeadValues(
            number=str(lead.number) if lead else "",
            source=one_line(facts.source_name, NAME_LIMIT),
            date=words.date(lead.arrived_at, zone) if lead else "",
        ),
        assignee=_assignee(facts.assignee),
        location=LocationValues(
            name=one_line(facts.location.name), code=facts.location.code, email=one_line(facts.sender_mailbox)
        ),
    )


def full_name(user: User) -> str:
    """First and last name, else the user name; `user_name_display` is for lists only (R32)."""
    return one_line(f"{user.first_name} {user.last_name}", NAME_LIMIT) or user.username


def money(amount: Decimal, currency: str, words: Words) -> str:
    """An amount as people of that language write it: 12.345 €, €12,345; cents only where there are any."""
    shown = f"{amount:,.2f}" if amount != amount.to_integral_value() else f"{amount:,.0f}"
    number = shown.translate({ord(","): words.word("thousands"), ord("."): words.word("decimal")})
    return words.word("amount").format(number=number, currency="€" if currency == "EUR" else currency)


_JOINS_NAMES = re.compile(r"[&+]|\s(?:und|and|et|oder|or)\s", re.IGNORECASE)


def _contact(facts: MailFacts, words: Words) -> ContactValues:
    parsed = facts.prospect.contact if facts.prospect else Person()
    known = facts.contact or parsed
    salutation = known.salutation or parsed.salutation or ""
    raw_title = known.title or parsed.title or ""
    first = greeted_name(known.first_name or parsed.first_name)
    last = greeted_name(known.last_name or parsed.last_name)
    whole = greeted_name(known.name or parsed.name)
    title = _TITLES.get(" ".join(raw_title.lower().replace(".", " ").split()), "")
    # Two people, or a person and his firm, in one field: no form of address is surely right.
    is_one = not _JOINS_NAMES.search(f" {known.name or parsed.name or ''} {known.last_name or parsed.last_name or ''} ")
    form = _form_of_address(salutation) if is_one else ""
    greeted = " ".join(filter(None, (title, last)))
    return ContactValues(
        greeting=words.say("greeting", form, name=greeted) if form and last else words.say("greeting", "neutral"),
        salutation=words.get("salutation", form),
        title=title,
        first_name=first,
        last_name=last,
        name=greeted_name(f"{first} {last}") or whole,
    )


def _form_of_address(salutation: str) -> str:
    word = salutation.strip().rstrip(".").lower()
    return next((form for form, words in _FORMS.items() if word in words), "")


def _vehicle(stock: StockVehicle | None, asked: VehicleText | None, words: Words) -> VehicleValues:
    if stock is not None:
        return VehicleValues(
            title=one_line(stock.title, NAME_LIMIT),
            make=one_line(stock.make, NAME_LIMIT),
            model=one_line(stock.model, NAME_LIMIT),
            internal_number=one_line(stock.internal_number, NAME_LIMIT),
            price=money(stock.price, "EUR", words) if stock.price is not None else "",
            url=one_line(stock.url),
        )
    make, model = known_vehicle(asked)
    return VehicleValues(title=f"{make} {model}", make=make, model=model) if make else VehicleValues()


def known_vehicle(asked: VehicleText | None) -> tuple[str, str]:
    """Return make and model if both are names one may repeat to a stranger, else two empty texts (security.md 2.2)."""
    if asked is None:
        return "", ""
    make, model = one_line(asked.make, NAME_LIMIT), one_line(asked.model, NAME_LIMIT)
    is_plain = bool(_MODEL.fullmatch(model)) and not _LINK_LIKE.search(model) and len(model.split()) <= 5
    return (make, model) if is_make(make) and is_plain else ("", "")


def _assignee(user: User | None) -> AssigneeValues:
    if user is None:
        return AssigneeValues()
    return AssigneeValues(
        name=full_name(user),
        first_name=one_line(user.first_name),
        last_name=one_line(user.last_name),
        email=one_line(user.email),
        phone=one_line(user.phone),
    )
