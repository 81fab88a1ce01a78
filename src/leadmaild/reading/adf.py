"""ADF prospects to findings (lead-formats 2): one Findings a prospect; vendor and provider are never the customer."""

import re
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

import re2

from leadmaild.reading.adf_prospect import ProspectElement, text_of
from leadmaild.reading.adf_text import adf_texts, parsed
from leadmaild.reading.fields import addresses, amounts
from leadmaild.reading.findings import REPAIRED_CAP, Findings, Locale
from leadmaild.reading.message import Message
from leadmaild.reading.targets import put

# What is not the customer in a text no parser takes.
_OTHERS = re2.compile(r"(?is)<vendor\b.*?</vendor\s*>|<provider\b.*?</provider\s*>")
_FLAT = re.compile(
    r"<(email|phone|comments?|vin|stock|make|model|year|vendorname|odometer|price)\b([^>]*)>([^<]{1,2000})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class AdfProspect:
    """One prospect of an ADF text; `is_guessed`: only the regex reader got through, so a person must look."""

    findings: Findings
    is_guessed: bool = False


def is_in(message: Message) -> bool:
    """Whether the mail holds ADF, in whatever state: like a recognised source it explains the mail."""
    return next(adf_texts(message), None) is not None


def prospects_in(message: Message, locale: Locale) -> tuple[AdfProspect, ...]:
    """Return the prospects of all ADF in a mail; the same one in body and attachment counts once."""
    found: dict[tuple[object, ...], AdfProspect] = {}
    for adf in adf_texts(message):
        root = parsed(adf.text)
        elements = _prospects_of(root) if root is not None else []
        if root is None or not elements:
            flat = _flat_fields(adf.text, adf.where, locale)
            if flat.items:
                found.setdefault(_identity(flat), AdfProspect(flat, is_guessed=True))
            continue
        for number, element in enumerate(elements, 1):
            findings = ProspectElement(
                element, _locale_of(element, root, locale), f"adf {adf.where}, prospect {number}"
            ).read()
            if findings.items:
                found.setdefault(_identity(findings), AdfProspect(findings))
    sure = [p for p in found.values() if not p.is_guessed]
    return tuple(sure or found.values())


def _prospects_of(root: Element) -> list[Element]:
    """The prospects of an ADF text; where nobody wrote the element, the one that holds a customer."""
    return list(root.iter("prospect")) or [e for e in root.iter("adf") if e.find("customer") is not None][:1]


def _identity(findings: Findings) -> tuple[object, ...]:
    """What makes two prospects the same: the provider's id, customer and vehicle."""
    paths = (
        "source_lead_id", "contact.email", "contact.phone", "contact.name", "vehicle.vin", "vehicle.internal_number",
        "vehicle.make", "vehicle.model", "trade_in.model",
    )  # fmt: skip
    return tuple(best.value if (best := findings.best(p)) else None for p in paths)


def _locale_of(prospect: Element, root: Element, locale: Locale) -> Locale:
    """National numbers belong to the customer's country, else the vendor's, else ours."""
    for path in ("customer//country", "vendor//country"):
        element = prospect.find(f".//{path}")
        code = addresses.country_of(text_of(element)) if element is not None else None
        if code is None and path.startswith("vendor") and (outside := root.find(".//vendor//country")) is not None:
            code = addresses.country_of(text_of(outside))
        if code:
            return replace(locale, region=code, currency=amounts.currency_of_region(code))
    return locale


def _flat_fields(text: str, where: str, locale: Locale) -> Findings:
    """The last resort where no parser gets through: flat fields of the customer's part, never above 0.6."""
    findings = Findings()
    paths = {
        "email": "contact.email", "phone": "contact.phone", "comment": "message", "comments": "message",
        "vin": "vehicle.vin", "stock": "vehicle.internal_number", "make": "vehicle.make", "model": "vehicle.model",
        "year": "vehicle.year", "odometer": "vehicle.mileage", "price": "vehicle.price",
    }  # fmt: skip
    body = _OTHERS.sub("", text[:200_000])
    for element, attributes, value in _FLAT.findall(body)[:200]:
        path = paths.get(element.lower())
        if path == "contact.phone" and "fax" in attributes.lower():
            path = "contact.fax"
        if path and not findings.has(path):
            put(findings, path, value, locale, where=where, rule=f"adf text:{element.lower()}", confidence=REPAIRED_CAP)
    for part, path in (("first", "contact.first_name"), ("last", "contact.last_name"), ("full", "contact.name")):
        found = re.search(rf"<name[^>]{{0,80}}part\s*=\s*[\"']?{part}[^>]{{0,80}}>([^<]{{1,120}})", body, re.IGNORECASE)
        if found:
            put(findings, path, found[1], locale, where=where, rule="adf text:name", confidence=REPAIRED_CAP)
    return findings
