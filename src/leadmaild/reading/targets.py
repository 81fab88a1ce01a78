"""The targets: every field a definition, label or carrier may fill, and how a raw text becomes its value.

One table for all readers, so that a price is read the same way whether ADF, a portal's label or a form brought it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from leadmaild.model.reading import RequestType
from leadmaild.reading.fields import addresses, amounts, dates, names, phones, requests, vehicles
from leadmaild.reading.fields.folding import accents_folded, one_line, plain_blanks
from leadmaild.reading.findings import Findings, Locale

Values = Iterator[tuple[str, object]]
Reader = Callable[[str, str, Locale], Values]

_EMPTY_BRACKETS = re.compile(r"[<(\[]\s*[>)\]]")
_LONGEST_MESSAGE = 20_000
_LONGEST_TEXT = 200


def put(findings: Findings, path: str, raw: str, locale: Locale, *, where: str, rule: str, confidence: float) -> bool:
    """Read `raw` as the target `path` and keep what comes of it; whether anything did.

    Raises KeyError for a path that is no target (definitions are checked at load).
    """
    before = len(findings.items)
    for target, value in reader_of(path)(path, raw, locale):
        # What was taken out of another field (make out of a title) is a shade less sure than the field itself.
        shade = 0.0 if target == path else 0.01
        findings.add(target, value, raw, where, rule, confidence - shade)
    return len(findings.items) > before


def reader_of(path: str) -> Reader:
    """Return the reader of a target; raises KeyError if `path` is none."""
    if path in _READERS:
        return _READERS[path]
    group, _, name = path.partition(".")
    if group in ("vehicle", "trade_in") and name in _VEHICLE_READERS:
        return _VEHICLE_READERS[name]
    if group == "request" and name in {r.value for r in RequestType}:
        return _request_flag
    raise KeyError(path)


def is_target(path: str) -> bool:
    """Whether `path` names a target."""
    try:
        reader_of(path)
    except KeyError:
        return False
    return True


def typed(kind: str) -> Reader:
    """Return the reader for an explicit `type` in a definition; raises KeyError for an unknown one."""
    return _TYPES[kind]


def type_names() -> tuple[str, ...]:
    """The types a definition may name."""
    return tuple(_TYPES)


def _text(path: str, raw: str, _locale: Locale) -> Values:
    yield path, one_line(raw)[:_LONGEST_TEXT]


def _message(path: str, raw: str, _locale: Locale) -> Values:
    lines = [line.rstrip() for line in plain_blanks(raw).strip().splitlines()]
    yield path, "\n".join(lines)[:_LONGEST_MESSAGE]


def _email(path: str, raw: str, _locale: Locale) -> Values:
    if email := addresses.email_of(raw):
        yield path, email


def _phone(path: str, raw: str, locale: Locale) -> Values:
    for phone in phones.phones_in(raw, locale.region):
        yield path, phone.e164
    # The label "Telefon/E-Mail" holds both.
    if path == "contact.phone" and "@" in raw:
        yield from _email("contact.email", raw, locale)


def _name(_path: str, raw: str, locale: Locale) -> Values:
    for found, email in enumerate(addresses.emails_in(raw)):
        raw = _EMPTY_BRACKETS.sub(" ", raw.replace(f"mailto:{email}", " ").replace(email, " "))
        if not found:
            yield from _email("contact.email", email, locale)
    parts = names.name_parts(raw)
    for name in ("salutation", "title", "first_name", "last_name", "name", "company"):
        yield f"contact.{name}", getattr(parts, name)


def _one_name(path: str, raw: str, _locale: Locale) -> Values:
    """A first or last name of its own label; what else the text holds (title, salutation) goes where it belongs."""
    salutation, rest = names.salutation_taken_off(one_line(raw))
    parts = names.name_parts(f"x {rest}") if rest else names.NameParts()
    if parts.name is None:
        return
    yield "contact.salutation", salutation
    titled = names.name_parts(rest)
    yield "contact.title", titled.title
    yield path, (titled.name if titled.name else rest)


def _salutation(_path: str, raw: str, _locale: Locale) -> Values:
    yield "contact.salutation", names.salutation_of(one_line(raw))


def _title_of_person_or_ad(_path: str, raw: str, locale: Locale) -> Values:
    """`Titel` is Dr. in a contact block and the headline of the ad in a vehicle block: the value tells."""
    line = one_line(raw)
    if names.name_parts(f"{line} x").title == line:
        yield "contact.title", line
    elif len(line) > 5:
        yield from _vehicle_title("vehicle.title", raw, locale)


def _country(path: str, raw: str, _locale: Locale) -> Values:
    yield path, addresses.country_of(one_line(raw))


def _zip_city(_path: str, raw: str, _locale: Locale) -> Values:
    postcode, city, country = addresses.zip_and_city(raw)
    yield "contact.zip", postcode
    yield "contact.city", city
    yield "contact.country", country


def _address(_path: str, raw: str, locale: Locale) -> Values:
    street, rest = addresses.street_and_rest(raw)
    if rest is None and street and addresses.zip_and_city(street)[0] and street[0].isdigit():
        street, rest = None, street
    yield "contact.street", street
    if rest:
        place, _, last = rest.rpartition(",")
        country = addresses.country_of(last) if place else None
        yield "contact.country", country
        yield from _zip_city("", place if country else rest, locale)


def _vehicle_title(path: str, raw: str, _locale: Locale) -> Values:
    title = one_line(raw)[:_LONGEST_TEXT]
    group = path.partition(".")[0]
    yield f"{group}.title", title
    make, model = vehicles.make_and_model(title)
    yield f"{group}.make", make
    yield f"{group}.model", model


def _whole_make_and_model(path: str, raw: str, _locale: Locale) -> Values:
    """A text that is make and model and nothing else: all behind the make is the model."""
    line = one_line(raw)[:_LONGEST_TEXT]
    group = path.partition(".")[0]
    make, _ = vehicles.make_and_model(line)
    if make is None or not line.startswith(make):
        make = line.partition(" ")[0]
    yield f"{group}.title", line
    yield f"{group}.make", make
    yield f"{group}.model", line[len(make) :].strip() or None


def _make(path: str, raw: str, _locale: Locale) -> Values:
    line = one_line(raw)[:_LONGEST_TEXT]
    make, model = vehicles.make_and_model(line)
    if make and model and not vehicles.is_make(line):  # "Marke: VW Golf"
        group = path.partition(".")[0]
        yield path, make
        yield f"{group}.model", model
    else:
        yield path, line


def _model(path: str, raw: str, _locale: Locale) -> Values:
    line = one_line(raw)[:_LONGEST_TEXT]
    make, model = vehicles.make_and_model(line)
    group = path.partition(".")[0]
    if make and model:  # the make in the model's field
        yield f"{group}.title", line
        yield f"{group}.make", make
        yield path, model
    else:
        yield path, line


def _identifier(path: str, raw: str, _locale: Locale) -> Values:
    value = one_line(raw)[:60].strip(" #")
    if value and accents_folded(value) not in ("-", "keine", "none", "n/a", "k.a.", "unbekannt"):
        yield path, value


def _url(path: str, raw: str, _locale: Locale) -> Values:
    for piece in plain_blanks(raw).replace("<", " ").replace(">", " ").split():
        if piece.lower().startswith(("http://", "https://")):
            yield path, piece.rstrip(".,;)")
            return


def _money(path: str, raw: str, locale: Locale) -> Values:
    group, _, name = path.partition(".")
    if group == "trade_in" and name == "price":
        path = "trade_in.price_expectation"
    money = amounts.money_in(raw, locale.currency)
    if money and money.amount > 0:
        yield path, money


def _month(path: str, raw: str, _locale: Locale) -> Values:
    if month := dates.month_in(raw):
        yield path, month
    elif year := dates.year_in(raw):
        yield path.replace("first_registration", "year"), year


def _year(path: str, raw: str, _locale: Locale) -> Values:
    if month := dates.month_in(raw):
        yield path.replace(".year", ".first_registration"), month
    elif year := dates.year_in(raw):
        yield path, year


def _mileage(path: str, raw: str, locale: Locale) -> Values:
    if found := amounts.mileage_in(raw, locale.region):
        yield path, found[0]
        yield f"{path}_unit", found[1]


def _vin(path: str, raw: str, _locale: Locale) -> Values:
    yield path, vehicles.vin_of(raw)


def _type_key(path: str, raw: str, _locale: Locale) -> Values:
    group, _, name = path.partition(".")
    hsn, tsn = vehicles.hsn_tsn_in(raw)
    if hsn is None:
        hsn = vehicles.hsn_of(raw) if name != "tsn" else None
        tsn = vehicles.tsn_of(raw) if name == "tsn" else None
    yield f"{group}.hsn", hsn
    yield f"{group}.tsn", tsn


def _condition(path: str, raw: str, _locale: Locale) -> Values:
    yield path, vehicles.condition_of(raw)


def _whole_number(path: str, raw: str, _locale: Locale) -> Values:
    yield path, amounts.whole_number_in(raw)


def _months(path: str, raw: str, _locale: Locale) -> Values:
    yield path, amounts.months_in(raw)


def _date(path: str, raw: str, _locale: Locale) -> Values:
    """A wished day: ISO where it is a whole date, else the customer's words; the time beside it goes where it belongs."""
    day = dates.date_in(raw)
    yield path, day or one_line(raw)[:_LONGEST_TEXT]
    if day and (clock := dates.time_in(raw)):
        yield "preferred_time", clock


def _time(path: str, raw: str, _locale: Locale) -> Values:
    line = one_line(raw)[:_LONGEST_TEXT]
    day = dates.date_in(line)
    if day:
        yield "preferred_date", day
    clock = dates.time_in(line)
    # Only a bare time of day is normalised; "werktags zwischen 8 und 10 Uhr" stays the customer's words.
    is_bare = clock is not None and len(dates.without_dates(line).strip(" ,.-–/")) <= len("um 11:00 Uhr")
    yield path, clock if is_bare else (line if not day or len(line) > len(day) + 3 else None)


def _instant(path: str, raw: str, locale: Locale) -> Values:
    if found := dates.instant_in(raw):
        yield path, found
    elif (clock := dates.time_in(raw)) and locale.sent:
        yield path, f"{locale.sent[:10]}T{clock}:00{locale.sent[19:]}"


def _request(_path: str, raw: str, _locale: Locale) -> Values:
    """What is asked for by its own field: a type of ours, or words in any of the five languages."""
    known = {r.value for r in RequestType}
    for piece in raw.replace(";", ",").split(","):
        if piece.strip() in known:
            yield "request_type", RequestType(piece.strip())
    for wish in requests.wishes_in(raw):
        yield "request_type", wish


def _request_flag(path: str, raw: str, _locale: Locale) -> Values:
    """`Probefahrt: ja`, `Finanzierung: nein`, `Inzahlungnahme: VW Golf 2014` (anything but a no is a yes)."""
    wish = RequestType(path.partition(".")[2])
    if requests.is_refusal(raw):
        yield "refused", wish
        return
    yield "request_type", wish
    if wish is RequestType.TRADE_IN and not requests.is_consent(raw):
        make, model = vehicles.make_and_model(raw)
        if make:
            yield "trade_in.title", one_line(raw)[:_LONGEST_TEXT]
            yield "trade_in.make", make
            yield "trade_in.model", model
    elif wish in (RequestType.TEST_DRIVE, RequestType.VIEWING, RequestType.CALL_BACK) and not requests.is_consent(raw):
        if day := dates.date_in(raw):
            yield "preferred_date", day
        if clock := dates.time_in(raw):
            yield "preferred_time", clock


def _subject_words(_path: str, raw: str, _locale: Locale) -> Values:
    """The subject a form carries in its body: a field of its own for what is wanted."""
    yield "subject", one_line(raw)[:_LONGEST_TEXT]
    for wish in requests.wishes_in(raw):
        yield "request_type", wish


def _flag(path: str, raw: str, _locale: Locale) -> Values:
    yield path, requests.is_consent(raw) or accents_folded(raw).strip() == "resend"


def _channel(path: str, raw: str, _locale: Locale) -> Values:
    folded = accents_folded(raw)
    if folded in ("mail", "phone", "chat"):
        yield path, folded


_VEHICLE_READERS: dict[str, Reader] = {
    "title": _vehicle_title,
    "make": _make,
    "model": _model,
    "variant": _text,
    "internal_number": _identifier,
    "offer_number": _identifier,
    "ad_id": _identifier,
    "url": _url,
    "price": _money,
    "price_expectation": _money,
    "year": _year,
    "first_registration": _month,
    "mileage": _mileage,
    "vin": _vin,
    "hsn": _type_key,
    "tsn": _type_key,
    "hsn_tsn": _type_key,
    "license_plate": _identifier,
    "condition": _condition,
    "fuel": _text,
    "gearbox": _text,
    "power": _text,
    "damage": _text,
    "owners": _whole_number,
}
_READERS: dict[str, Reader] = {
    "contact.salutation": _salutation,
    "contact.title": _text,
    "contact.first_name": _one_name,
    "contact.last_name": _one_name,
    "contact.name": _name,
    "contact.company": _text,
    "contact.email": _email,
    "contact.relay_email": _email,
    "contact.phone": _phone,
    "contact.fax": _phone,
    "contact.street": _text,
    "contact.house_number": _text,
    "contact.zip": _zip_city,
    "contact.city": _zip_city,
    "contact.zip_city": _zip_city,
    "contact.country": _country,
    "contact.address": _address,
    "title_of_person_or_ad": _title_of_person_or_ad,
    "finance.down_payment": _money,
    "finance.monthly": _money,
    "finance.final_payment": _money,
    "finance.term_months": _months,
    "proposed_price": _money,
    "preferred_date": _date,
    "preferred_time": _time,
    "message": _message,
    "request_type": _request,
    "subject": _subject_words,
    "source_lead_id": _identifier,
    "source_provider": _text,
    "dealer_customer_number": _identifier,
    "conversation_id": _identifier,
    "buyer_id": _identifier,
    "channel": _channel,
    "requested_at": _instant,
    "resend": _flag,
    "language": _text,
}


def _retyped(reader: Reader, stand_in: str) -> Reader:
    """A reader used for another target than its own: its main value under the target's path."""

    def read(path: str, raw: str, locale: Locale) -> Values:
        for found, value in reader(stand_in, raw, locale):
            yield (path if found == stand_in else found), value

    return read


def in_currency(locale: Locale, currency: str | None, region: str | None) -> Locale:
    """Return `locale` with what a definition says of a field's currency and region."""
    return replace(locale, currency=currency or locale.currency, region=region or locale.region)


_TYPES: dict[str, Reader] = {
    "text": _text,
    "email": _retyped(_email, "contact.email"),
    "phone": _retyped(_phone, "contact.fax"),
    "name": _name,
    "money": _money,
    "km": _mileage,
    "month": _month,
    "date": _date,
    "time": _time,
    "instant": _instant,
    "number": _whole_number,
    "vin": _vin,
    "url": _url,
    "request": _request,
    "id": _identifier,
    "message": _message,
    "make_model": _whole_make_and_model,
}
