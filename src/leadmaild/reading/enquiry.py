"""Turns an enquiry mail into prospects: by ADF, by its source's definition, by common labels, or by its text."""

import itertools
import re
from dataclasses import dataclass, replace

from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.reading import CarrierClass, RedirectClass, RequestType
from leadmaild.reading import adf, freetext, targets
from leadmaild.reading.announced import announced_message
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.customer import Customer
from leadmaild.reading.definitions import SourceDefinition, SourceSet
from leadmaild.reading.fields.addresses import emails_in, is_robot, normal_email
from leadmaild.reading.fields.requests import wishes_in
from leadmaild.reading.findings import (
    FREE_TEXT,
    HEADER,
    LABEL,
    REPAIRED_CAP,
    SIGNATURE,
    STRUCTURED,
    Findings,
    Locale,
)
from leadmaild.reading.imprint import is_imprint, names_of_sender, without_imprint
from leadmaild.reading.labelled import labelled_fields
from leadmaild.reading.labels import common_targets, ends_words, in_trade_in
from leadmaild.reading.locale import locale_of
from leadmaild.reading.machine_text import is_of_machine
from leadmaild.reading.merge import Merged, Origin, merge
from leadmaild.reading.own_numbers import his_phones_of
from leadmaild.reading.quoting import new_words, new_words_and_signature
from leadmaild.reading.recognise import Mail, Recognised, is_of_house
from leadmaild.reading.selectors import apply_definition, common_findings
from leadmaild.reading.text import document_of_text

_SELLS = re.compile(
    r"ankauf|(?:auto|fahrzeug|wagen|pkw)\w* (?:zu )?verkaufen|(?:fahrzeug|auto)-?bewertung|sell (?:my|your) car|"
    r"car valuation|(?:vendre|estimation de) (?:ma|mon|votre) (?:voiture|vehicule|véhicule)|"
    r"vend(?:ere|i) (?:la (?:mia|tua) )?auto|auto verkopen",
    re.IGNORECASE,
)
# The path of a page that shows one car, in five languages; the front page of a firm's site has none of these.
_AD_LINK = re.compile(
    r"//[^/]+/(?:.*/)?(?:fahrzeug|auto|gebrauchtwagen|neuwagen|angebot|inserat|anzeige|vehicle|car|stock|inventory|listing"
    r"|offre|annonce|voiture|occasion|annunci|veicol|aanbod|voertuig|advertentie)[^/]*/.",
    re.IGNORECASE,
)
# What ties a vehicle to the dealer's stock.
_DEALERS_OWN = ("internal_number", "offer_number", "ad_id", "url")
# A portal's mail with more labels than that is a form whose message was left empty.
_MOST_LABELS_OF_FREE_MAIL = 2
# What of a text is searched for fields; nobody writes more before he says what he wants.
_LONGEST_READ = 20_000
_GENERIC_CERTAINTY = 0.3
_DIRECT_CERTAINTY = 0.9
_DOUBTFUL_SENDER = 0.8


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What an enquiry mail came to: its source and its prospects. `is_recognised`: a definition or ADF explains it."""

    source: str
    source_name: str
    redirect_class: RedirectClass
    carrier: CarrierClass
    prospects: tuple[Merged, ...] = ()
    is_recognised: bool = False
    review_reasons: tuple[str, ...] = ()


def enquiry_in(
    mail: Mail, recognised: Recognised | None, sources: SourceSet, context: ReadingContext, *, is_machine: bool
) -> Enquiry:
    """Return the enquiry in this mail. `is_machine`: the mail says of itself that no person wrote it."""
    locale = locale_of(mail, recognised.definition if recognised else None, context)
    reader = _Reader(mail, sources, context, locale)
    if prospects := adf.prospects_in(mail.message, locale):
        return reader.of_adf(prospects, recognised)
    if recognised is not None:
        return reader.of_source(recognised.definition)
    if is_machine or is_robot(mail.sender.email or "") or reader.names_another_customer():
        return reader.generic()
    return reader.direct()


class _Reader:
    """Reads one enquiry mail; holds what all its ways have in common."""

    def __init__(self, mail: Mail, sources: SourceSet, context: ReadingContext, locale: Locale) -> None:
        self._mail = mail
        self._context = context
        self._locale = locale
        self._customer = Customer(mail, sources, context, locale)

    # ---- the four ways ----

    def of_adf(self, found: tuple[adf.AdfProspect, ...], recognised: Recognised | None) -> Enquiry:
        """ADF: its prospects, under the id of a source that names the sender's domain, else of `adf`."""
        known = recognised.definition if recognised and is_of_house(self._mail, recognised.definition) else None
        merged = []
        for prospect in found:
            certainty = REPAIRED_CAP if prospect.is_guessed else STRUCTURED
            findings = self._customer.without_others(prospect.findings)
            merged.append(
                merge(findings, self._origin(known.id if known else "adf", certainty, known, expects_vehicle=False))
            )
        reasons = ("ADF could only be read in parts",) if any(p.is_guessed for p in found) else ()
        return Enquiry(
            known.id if known else "adf", known.name if known else "ADF",
            known.redirect_class if known else RedirectClass.MARKETPLACE, CarrierClass.B, tuple(merged), True, reasons,
        )  # fmt: skip

    def of_source(self, definition: SourceDefinition) -> Enquiry:
        """A known source: its definition, then Reply-To and From as it allows, then the customer's words."""
        findings = apply_definition(definition, self._mail, self._locale)
        self._customer.add_from_header(findings, definition.reply_to)
        findings = self._customer.without_others(findings, definition)
        if definition.redirect_class is RedirectClass.GENERAL:
            self._move_car_for_sale(findings)
            self._cut_imprint(findings)
        if not findings.has("message") and definition.channel == "mail":
            self._free_message(findings, definition)
        self._customer_words(findings)
        is_portal = definition.redirect_class is RedirectClass.MARKETPLACE
        origin = self._origin(definition.id, 1.0, definition, expects_vehicle=is_portal)
        return Enquiry(
            definition.id, definition.name, definition.redirect_class, CarrierClass.B, (merge(findings, origin),), True
        )

    def generic(self) -> Enquiry:
        """A machine nobody described: common labels, else whatever address its text holds; always for review."""
        findings = self._common_labels()
        has_labels = any(f.confidence >= LABEL for f in findings if f.path.startswith("contact."))
        self._customer.add_from_header(findings, ("header:reply-to",))
        findings = self._customer.without_others(findings)
        self._cut_imprint(findings)
        text = self._mail.documents[0].plain if self._mail.documents else ""
        if not has_labels:
            freetext.add_unlabelled(findings, text, self._locale, self._customer.may_be)
        self._customer_words(findings)
        if not findings.has("message"):
            targets.put(findings, "message", text, self._locale, where="text", rule="whole text", confidence=FREE_TEXT)
        origin = self._origin("generic", _GENERIC_CERTAINTY, None, expects_vehicle=True)
        return Enquiry(
            "generic", "", RedirectClass.GENERAL, CarrierClass.B, (merge(findings, origin),), False,
            ("no source definition knows this mail",),
        )  # fmt: skip

    def direct(self) -> Enquiry:
        """A person's own mail: he is the sender, his words are the message."""
        findings = Findings()
        document = self._mail.documents[0] if self._mail.documents else None
        words = (new_words(document) or document.plain)[:_LONGEST_READ] if document else ""
        self._customer.add_from_header(findings, ("header:reply-to", "header:from"), HEADER)
        if words:
            targets.put(findings, "message", words, self._locale, where="text", rule="own words", confidence=HEADER)
        self._labels_in_words(findings, words)
        own = (new_words_and_signature(document) or document.plain)[:_LONGEST_READ] if document else ""
        freetext.add_signature(findings, own)
        for path, e164, raw in his_phones_of(own, self._locale):
            findings.add(path, e164, raw, "message", "free text", SIGNATURE)
        freetext.add_message_words(findings, words, self._locale, confidence=SIGNATURE)
        freetext.add_vehicle_words(findings, self._mail.subject, words)
        self._links(findings)
        origin = self._origin("direct_email", _DIRECT_CERTAINTY, None, expects_vehicle=False)
        return Enquiry(
            "direct_email", "E-Mail", RedirectClass.GENERAL, CarrierClass.A, (merge(findings, origin),), False
        )

    # ---- what they share ----

    def names_another_customer(self) -> bool:
        """Whether labels in the text name a customer who is not the sender: then a machine wrote it."""
        if self._mail.known_labels < 3:
            return self._names_stranger_by_unknown_keys()
        findings = self._common_labels()
        email = findings.best("contact.email")
        if email is not None:
            return normal_email(str(email.value)) != normal_email(self._mail.sender.email or "")
        return findings.has("contact.name") and findings.has("contact.phone") and findings.has("message")

    def _names_stranger_by_unknown_keys(self) -> bool:
        """A machine's list of keys and values nobody described, with an address in it that is not the sender's."""
        document = self._mail.documents[0] if self._mail.documents else None
        if document is None or "@" not in document.plain or not is_of_machine(document):
            return False
        return any(map(self._customer.may_be, emails_in(document.plain[:_LONGEST_READ])))

    def _common_labels(self) -> Findings:
        return common_findings(self._mail, self._locale)

    def _origin(
        self, source: str, certainty: float, definition: SourceDefinition | None, *, expects_vehicle: bool
    ) -> Origin:
        language = self._mail.message.get("content-language") or (definition.language if definition else "")
        sender = self._mail.sender
        doubtful = (
            sender.is_ambiguous
            or sender.name_shows_other_address
            or self._context.authentication.verdict is SenderVerdict.FAILED
        )
        return Origin(
            source, certainty, expects_vehicle,
            channel=definition.channel if definition else "mail",
            reply_to=self._customer.reply_to(definition),
            language=language.split(",")[0].split("-")[0].strip().lower() or None,
            sender_factor=_DOUBTFUL_SENDER if doubtful else 1.0,
            subject=self._mail.subject,
        )  # fmt: skip

    def _customer_words(self, findings: Findings) -> None:
        """Add what message and subject say where labels were silent."""
        best = findings.best("message")
        message = str(best.value) if best else ""
        if message:
            freetext.add_message_words(findings, message, self._locale)
        subject = findings.best("subject")
        freetext.add_vehicle_words(findings, f"{self._mail.subject}\n{subject.value if subject else ''}", message)

    def _free_message(self, findings: Findings, definition: SourceDefinition) -> None:
        """The words of a portal's mail without message label, such as a relay's follow-up: all that is no label, no
        footer and no quote."""
        if findings.has("channel") or not self._mail.documents:
            return
        document = self._mail.documents[0]
        if words := announced_message(document):
            targets.put(findings, "message", words, self._locale, where="text", rule="announced", confidence=LABEL)
            return
        if self._mail.known_labels > _MOST_LABELS_OF_FREE_MAIL:
            if words := announced_message(document, may_be_quoted=True):
                targets.put(findings, "message", words, self._locale, where="text", rule="announced", confidence=LABEL)
            return
        portal = definition.labels.portal
        shown = itertools.takewhile(
            lambda line: not (ends_words(line.text) or is_imprint(line.text, portal)), document.lines
        )
        lines = [line for line in shown if line.label is None or not common_targets(line.label)]
        words = new_words(replace(document, lines=tuple(lines)))
        if words:
            targets.put(findings, "message", words, self._locale, where="text", rule="own words", confidence=SIGNATURE)

    def _cut_imprint(self, findings: Findings) -> None:
        """What a sender whose names no definition tells signs with below the message is not the customer's."""
        names = names_of_sender(self._mail.sender.name, self._mail.sender.email)
        findings.items[:] = [
            replace(f, value=without_imprint(str(f.value), names)) if f.path == "message" else f for f in findings
        ]

    def _move_car_for_sale(self, findings: Findings) -> None:
        """A form for selling one's car: its vehicle is the customer's, unless it names one of the dealer's (R43)."""
        said = [self._mail.subject, *(f.raw for f in findings if f.path in ("request_type", "subject"))]
        is_dealers = any(findings.has(f"vehicle.{name}") for name in _DEALERS_OWN)
        if is_dealers or findings.has("trade_in.make") or not any(map(_SELLS.search, said)):
            return
        findings.items[:] = [
            replace(f, path=in_trade_in(f.path)) if f.path.startswith("vehicle.") or f.path == "proposed_price" else f
            for f in findings
        ]
        findings.add("request_type", RequestType.TRADE_IN, self._mail.subject, "subject", "form for selling", LABEL)

    def _labels_in_words(self, findings: Findings, words: str) -> None:
        """What a person lists under labels: his address, his car (in a trade-in), the car he wants."""
        labelled = Findings()
        for field in labelled_fields(document_of_text(words)):
            if not field.path.startswith(("contact.email", "message", "subject")):
                targets.put(
                    labelled,
                    field.path,
                    field.raw,
                    self._locale,
                    where="text",
                    rule=f"label:{field.label}",
                    confidence=LABEL,
                )
        offers_car = RequestType.TRADE_IN in wishes_in(f"{self._mail.subject}\n{words}")
        if offers_car and not any(labelled.has(f"vehicle.{name}") for name in _DEALERS_OWN):
            labelled.items[:] = [
                replace(f, path=in_trade_in(f.path)) if f.path.startswith("vehicle.") else f for f in labelled
            ]
        findings.items.extend(labelled)

    def _links(self, findings: Findings) -> None:
        """A direct mail that points at an ad: the link is the reference."""
        for link in self._mail.carriers.links:
            if _AD_LINK.search(link):
                findings.add("vehicle.url", link, link, "link", "link of an ad", FREE_TEXT)
                return
