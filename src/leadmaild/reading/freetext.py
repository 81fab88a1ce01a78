"""Running text of a customer: telephone numbers, cars, wishes and the name below the greeting (lead-formats 0.5, 4).

Used where no label tells: in a direct mail, in the message of a relay mail, and for mail no definition knows.
"""

import itertools
import re
from collections.abc import Callable

import re2

from leadmaild.model.reading import RequestType
from leadmaild.reading.fields import addresses, amounts, dates, names, vehicles
from leadmaild.reading.fields.folding import accents_folded, one_line
from leadmaild.reading.fields.references import references_in
from leadmaild.reading.fields.requests import wishes_in
from leadmaild.reading.findings import FREE_TEXT, SIGNATURE, Findings, Locale
from leadmaild.reading.own_numbers import phones_of

_CLOSING = re.compile(
    r"(?:mit )?(?:freundliche[nmr]*|beste[nr]?|viele[n]?|herzliche[nr]?|liebe|schoene|sonnige)(?: \w+)? "
    r"(?:gruesse[n]?|gruss)|mfg|vg|lg|gruss|gruesse|hochachtungsvoll|danke(?: und)? (?:gruss|gruesse)?|"
    r"(?:kind|best|warm) regards|regards|yours (?:sincerely|faithfully|truly)|sincerely|best wishes|cheers|"
    r"thanks|many thanks|thank you|"
    r"(?:bien )?cordialement|sinceres salutations|salutations(?: distinguees)?|bien a vous|merci(?: d'avance)?|"
    r"(?:cordiali|distinti|cari) saluti|saluti|grazie(?: mille)?|"
    r"(?:met )?vriendelijke groet(?:en)?|groeten|groetjes|mvg|hartelijke groet(?:en)?|alvast bedankt"
)
_STREET_LINE = re.compile(r"[^\W\d_][^\d\n]{2,40} \d{1,4}\s?[a-zA-Z]?")
_OFFERED = re2.compile(
    r"(?:\bbiete(?: ihnen)?\b|\bwuerde(?:n)? .{0,30}\bzahlen\b|\bmein (?:angebot|preisvorschlag)\b|"
    r"\bi(?:'d| would| can| could)? (?:offer|pay|give you)\b|\bmein gebot\b|\bbod\b|\bpropongo\b|\bma proposition\b|"
    r"\bmy offer\b|\bje (?:vous )?propose\b|\bje vous offre\b|\bmon offre\b|"
    r"\boffro\b|\bla mia offerta\b|\bik bied\b|\bmijn bod\b)"
)
_LOOKS_FOR = re.compile(
    r"\b(?:suchen?|gesucht|looking for|in search of|cherchons|cherche|recherche|cerco|cerchiamo|zoeken?|op zoek)\b"
)
_OWN_WORDS = (
    r"\b(?:mein(?:en|em|er|es|e)?|unser(?:en|em|er|es|e)?|my|our|mon|ma|notre|mijn|onze|mio|mia|nostra|nostro)\s+"
)
_OWN_BEFORE = re.compile(_OWN_WORDS + r"(?:\w+\s+){0,2}$")
_OWN_UNNAMED = re.compile(
    _OWN_WORDS
    + r"(?:\w+\s+){0,2}(?:auto|altwagen|wagen|fahrzeug|gebrauchten?|pkw|car|vehicle|voiture|vehicule|macchina)\b"
)
_BUILT = re.compile(
    r"(?:\b(?:ez|erstzulassung|bj\.?|baujahr|von|aus|from|del|dal|de|van|uit|année|anno|bouwjaar)\s*:?\s*|\()"
    r"((?:\d{1,2}[./])?(?:19|20)\d{2})\b",
    re.IGNORECASE,
)
# "(Nr. TG-118)" ends no sentence.
_TRADE_IN_SENTENCE = re.compile(r"(?<=[.!?])(?<![Nn]r\.)(?<!\b[Ii]nt\.)(?<!\bNo\.)(?<!\bca\.)(?<!\b[Bb]j\.)\s+|\n+")


def add_message_words(findings: Findings, message: str, locale: Locale, *, confidence: float = FREE_TEXT) -> None:
    """Add what the customer's own words say beside what labels said: phones, his offer, his car in a trade-in."""
    where = "message"
    if not findings.has("contact.phone"):
        for path, e164, raw in phones_of(message, locale):
            findings.add(path, e164, raw, where, "free text", confidence)
    _add_offer(findings, message, locale, where)
    _add_own_car(findings, message, locale, where)


def add_vehicle_words(findings: Findings, subject: str, message: str) -> None:
    """Add the car a customer names in subject or words, where no label named one."""
    if findings.has("vehicle"):
        return
    sought = [s for s in _sentences(message) if _LOOKS_FOR.search(accents_folded(s))]
    wanted = " \n".join(s for s in _sentences(message) if s not in sought)
    only_sought = {(c.make, c.model) for s in sought for c in vehicles.cars_in_text(s)}
    places = [(subject, "subject"), *((sentence, "message") for sentence in _sentences(wanted))]
    for text, where in places:
        cars = [c for c in vehicles.cars_in_text(text) if c.model and not _is_own(c)]
        cars = [c for c in cars if (c.make, c.model) not in only_sought]
        own = _own_car(text) if cars else None
        car = next((c for c in cars if c != own), None)
        if car:
            findings.add("vehicle.make", car.make, text, where, "free text", FREE_TEXT)
            findings.add("vehicle.model", car.model, text, where, "free text", FREE_TEXT)
            findings.add("vehicle.title", f"{car.make} {car.model}", text, where, "free text", FREE_TEXT)
            break
    whole = f"{subject}\n{wanted}"
    for name, number, raw in references_in(whole):
        findings.add(f"vehicle.{name}", number, raw, "text", "free text", FREE_TEXT)
    # Who offers his car and writes a chassis number has read it in his own papers.
    owner = "trade_in" if RequestType.TRADE_IN in wishes_in(message) else "vehicle"
    findings.add(f"{owner}.vin", vehicles.vin_in_text(wanted), "", "text", "free text", FREE_TEXT)


def _own_car(sentence: str) -> vehicles.NamedCar | None:
    """The customer's car in a sentence in which he offers it: the one he calls his, else the first one named."""
    cars = list(vehicles.cars_in_text(sentence))
    if not cars or RequestType.TRADE_IN not in wishes_in(sentence):
        return None
    if own := next((car for car in cars if _is_own(car)), None):
        return own
    # "meinen Wagen in Zahlung geben": his car has no name here, so the one named is another.
    return None if _OWN_UNNAMED.search(accents_folded(sentence)) else next(iter(cars), None)


def _is_own(car: vehicles.NamedCar) -> bool:
    """Whether the words before a car call it the customer's: `meinen alten VW Golf`."""
    return _OWN_BEFORE.search(accents_folded(car.before)) is not None


def add_signature(findings: Findings, text: str) -> None:
    """Add the name and address below the greeting of a direct mail."""
    lines = [one_line(line) for line in text.splitlines()]
    at = next((i for i in range(len(lines) - 1, -1, -1) if is_closing(lines[i])), None)
    # Without a greeting the last lines may still be a firm's; a name there is not told from other words.
    below = [line for line in lines[at + 1 : at + 12] if line] if at is not None else [s for s in lines if s][1:][-8:]
    if at is not None and below and is_person(below[0]):
        parts = names.name_parts(below[0])
        for name in ("salutation", "title", "first_name", "last_name", "name"):
            findings.add(
                f"contact.{name}", getattr(parts, name), below[0], "signature", "name below the greeting", SIGNATURE
            )
    for line in below[:6]:
        if names.is_company(line) and len(line) <= 80:
            findings.add("contact.company", line, line, "signature", "firm below the greeting", SIGNATURE)
            break
    for street, city in itertools.pairwise(below):
        postcode, town, _ = addresses.zip_and_city(city)
        if postcode and town and _STREET_LINE.fullmatch(street):
            findings.add("contact.street", street, street, "signature", "address below the greeting", SIGNATURE)
            findings.add("contact.zip", postcode, city, "signature", "address below the greeting", SIGNATURE)
            findings.add("contact.city", town, city, "signature", "address below the greeting", SIGNATURE)
            break


def add_unlabelled(findings: Findings, text: str, locale: Locale, may_be_his: Callable[[str], bool]) -> None:
    """Add the address out of the text of a mail that neither definition nor label explains, and the number beside it.

    A number alone proves nothing: it is as likely the sender's hotline.
    """
    email = next((e for e in addresses.emails_in(text) if may_be_his(e)), None)
    if email is None:
        return
    findings.add("contact.email", email, email, "text", "free text", FREE_TEXT)
    phone = next(((p, e164, raw) for p, e164, raw in phones_of(text, locale) if p == "contact.phone"), None)
    if phone is not None:
        findings.add(phone[0], phone[1], phone[2], "text", "free text", FREE_TEXT)


def is_closing(line: str) -> bool:
    """Whether a line is a closing phrase such as `Mit freundlichen Grüßen`."""
    return bool(_CLOSING.fullmatch(accents_folded(line).strip(" ,.!-–")))


def is_person(line: str) -> bool:
    """Whether a line below the greeting reads as a person's name: one to four capitalised words."""
    words = line.strip(" ,.").split()
    return (
        1 <= len(words) <= 5
        and len(line) <= 60
        and not any(c.isdigit() or c in "@:/|" for c in line)
        and words[0][:1].isupper()
        and words[-1][:1].isupper()
        and not names.is_company(line)
        and vehicles.make_and_model(line)[0] is None
    )


def _sentences(text: str) -> list[str]:
    return [s for s in _TRADE_IN_SENTENCE.split(text) if s.strip()]


def _add_offer(findings: Findings, message: str, locale: Locale, where: str) -> None:
    """`Ich biete Ihnen 15.000 €`: the customer's own price, only where he says it is one."""
    if findings.has("proposed_price"):
        return
    if _OFFERED.search(accents_folded(message)) is None:
        return
    for sentence in _sentences(message):
        offered = _OFFERED.search(accents_folded(sentence))
        if offered and amounts.currency_in(sentence) and RequestType.TRADE_IN not in wishes_in(sentence):
            findings.add(
                "proposed_price", amounts.money_in(sentence, locale.currency), sentence, where, "free text", FREE_TEXT
            )
            return


def _add_own_car(findings: Findings, message: str, locale: Locale, where: str) -> None:
    """The customer's car in the sentence in which he offers it, and its figures in the sentence after it."""
    if findings.has("trade_in.make") or findings.has("trade_in.title"):
        return
    has_figures = findings.has("trade_in")
    sentences = _sentences(message) if RequestType.TRADE_IN in wishes_in(message) else []
    for at, sentence in enumerate(sentences):
        car = _own_car(sentence)
        if car is None:
            continue
        findings.add("trade_in.make", car.make, sentence, where, "free text", FREE_TEXT)
        findings.add("trade_in.model", car.model, sentence, where, "free text", FREE_TEXT)
        title = f"{car.make} {car.model}" if car.model else car.make
        findings.add("trade_in.title", title, sentence, where, "free text", FREE_TEXT)
        if not has_figures:
            _add_figures(findings, " ".join(sentences[at : at + 2]), locale, where)
        return


def _add_figures(findings: Findings, text: str, locale: Locale, where: str) -> None:
    distance = re.search(
        r"((?:\d{1,3}(?:[.,' ]\d{3})+|\d+(?:,\d)?)\s*(?:tkm|tsd\.? ?km|t ?km|km|mijl|miles))\b", text, re.IGNORECASE
    )
    if distance and (found := amounts.mileage_in(distance[1], locale.region)):
        findings.add("trade_in.mileage", found[0], distance[1], where, "free text", FREE_TEXT)
        findings.add("trade_in.mileage_unit", found[1], distance[1], where, "free text", FREE_TEXT)
    if dated := _BUILT.search(text):
        if month := dates.month_in(dated[1]):
            findings.add("trade_in.first_registration", month, dated[1], where, "free text", FREE_TEXT)
        else:
            findings.add("trade_in.year", dates.year_in(dated[1]), dated[1], where, "free text", FREE_TEXT)
