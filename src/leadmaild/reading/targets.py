"""The targets: every field a definition, label or carrier may fill, and the reader of its values (values.py).

One table for all readers, so that a price is read the same way whether ADF, a portal's label or a form brought it.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from leadmaild.model.reading import RequestType
from leadmaild.reading import contact_values, values
from leadmaild.reading.findings import Findings, Locale

Reader = Callable[[str, str, Locale], values.Values]


def put(findings: Findings, path: str, raw: str, locale: Locale, *, where: str, rule: str, confidence: float) -> bool:
    """Read `raw` as the target `path` and keep what comes of it; whether anything did.

    Raises KeyError for a path that is no target (definitions are checked at load).
    """
    before = len(findings.items)
    for target, value in _values_of(path, raw, locale):
        # What was taken out of another field (make out of a title) is a shade less sure than the field itself.
        shade = 0.0 if target == path else 0.01
        findings.add(target, value, raw, where, rule, confidence - shade)
    return len(findings.items) > before


@lru_cache(maxsize=64)  # the other alternative of a mail says most of it again
def _values_of(path: str, raw: str, locale: Locale) -> tuple[tuple[str, object], ...]:
    return tuple(reader_of(path)(path, raw, locale))


def reader_of(path: str) -> Reader:
    """Return the reader of a target; raises KeyError if `path` is none."""
    if path in _READERS:
        return _READERS[path]
    group, _, name = path.partition(".")
    if group in ("vehicle", "trade_in") and name in _VEHICLE_READERS:
        return _VEHICLE_READERS[name]
    if group == "request" and name in {r.value for r in RequestType}:
        return values.request_flag_of
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


def _retyped(reader: Reader, stand_in: str) -> Reader:
    """A reader used for another target than its own: its main value under the target's path."""

    def read(path: str, raw: str, locale: Locale) -> values.Values:
        for found, value in reader(stand_in, raw, locale):
            yield (path if found == stand_in else found), value

    return read


def in_currency(locale: Locale, currency: str | None, region: str | None) -> Locale:
    """Return `locale` with what a definition says of a field's currency and region."""
    if not currency and not region:
        return locale
    return replace(locale, currency=currency or locale.currency, region=region or locale.region)


_VEHICLE_READERS: dict[str, Reader] = {
    "title": values.vehicle_title_of,
    "make": values.make_of,
    "model": values.model_of,
    "variant": values.text_of,
    "internal_number": values.identifier_of,
    "offer_number": values.identifier_of,
    "ad_id": values.identifier_of,
    "url": values.url_of,
    "price": values.money_of,
    "price_expectation": values.money_of,
    "year": values.year_of,
    "first_registration": values.month_of,
    "mileage": values.mileage_of,
    "vin": values.vin_of,
    "hsn": values.type_key_of,
    "tsn": values.type_key_of,
    "hsn_tsn": values.type_key_of,
    "license_plate": values.identifier_of,
    "condition": values.condition_of,
    "fuel": values.text_of,
    "gearbox": values.text_of,
    "power": values.text_of,
    "damage": values.text_of,
    "owners": values.whole_number_of,
}
_READERS: dict[str, Reader] = {
    "contact.salutation": contact_values.salutation_of,
    "contact.title": values.text_of,
    "contact.first_name": contact_values.one_name_of,
    "contact.last_name": contact_values.one_name_of,
    "contact.name": contact_values.name_of,
    "contact.company": values.text_of,
    "contact.email": values.email_of,
    "contact.relay_email": values.email_of,
    "caller": contact_values.caller_of,
    "contact.phone": values.phone_of,
    "contact.fax": values.phone_of,
    "contact.street": values.text_of,
    "contact.house_number": values.text_of,
    "contact.zip": contact_values.zip_city_of,
    "contact.city": contact_values.zip_city_of,
    "contact.zip_city": contact_values.zip_city_of,
    "contact.country": contact_values.country_of,
    "contact.address": contact_values.address_of,
    "title_of_person_or_ad": values.title_of_person_or_ad_of,
    "finance.down_payment": values.money_of,
    "finance.monthly": values.money_of,
    "finance.final_payment": values.money_of,
    "finance.term_months": values.months_of,
    "proposed_price": values.money_of,
    "preferred_date": values.date_of,
    "preferred_time": values.time_of,
    "message": values.message_of,
    "request_type": values.request_of,
    "subject": values.subject_words_of,
    "source_lead_id": values.identifier_of,
    "source_provider": values.text_of,
    "dealer_customer_number": values.identifier_of,
    "conversation_id": values.identifier_of,
    "buyer_id": values.identifier_of,
    "channel": values.channel_of,
    "requested_at": values.instant_of,
    "resend": values.flag_of,
    "language": values.text_of,
}
_TYPES: dict[str, Reader] = {
    "text": values.text_of,
    "email": _retyped(values.email_of, "contact.email"),
    "phone": _retyped(values.phone_of, "contact.fax"),
    "name": contact_values.name_of,
    "money": values.money_of,
    "km": values.mileage_of,
    "month": values.month_of,
    "date": values.date_of,
    "time": values.time_of,
    "instant": values.instant_of,
    "number": values.whole_number_of,
    "vin": values.vin_of,
    "url": values.url_of,
    "request": values.request_of,
    "id": values.identifier_of,
    "message": values.message_of,
    "make_model": values.whole_make_and_model_of,
}
