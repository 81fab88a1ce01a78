"""Turns a mail that is an enquiry into prospects: by ADF, by its source's definition, by common labels, or by its text.

Who the customer is: a labelled value in the body, then Reply-To, then From, the last only for direct mail and relays;
never a robot, never an address of the dealer's own (lead-formats 0.3, 0.4).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from leadmaild.model.reading import CarrierClass, RedirectClass, RequestType
from leadmaild.reading import adf, freetext, targets
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import SourceDefinition, SourceSet
from leadmaild.reading.fields.addresses import emails_in, is_robot, is_under, normal_email
from leadmaild.reading.findings import (
    FREE_TEXT,
    HEADER,
    LABEL,
    REPAIRED_CAP,
    REPLY_TO,
    SIGNATURE,
    STRUCTURED,
    Findings,
    Locale,
)
from leadmaild.reading.labels import common_targets, ends_words, in_trade_in
from leadmaild.reading.locale import locale_of
from leadmaild.reading.merge import Merged, Origin, merge
from leadmaild.reading.message import Document, Line
from leadmaild.reading.quoting import new_words
from leadmaild.reading.recognise import Mail, Recognised, is_of_house
from leadmaild.reading.selectors import apply_definition, common_findings
from leadmaild.reading.sender import read_mailboxes

_SELLS = re.compile(
    r"ankauf|(?:auto|fahrzeug|wagen|pkw)\w* (?:zu )?verkaufen|(?:fahrzeug|auto)-?bewertung|sell (?:my|your) car|"
    r"car valuation|(?:vendre|estimation de) (?:ma|mon|votre) (?:voiture|vehicule|véhicule)|"
    r"vend(?:ere|i) (?:la (?:mia|tua) )?auto|auto verkopen",
    re.IGNORECASE,
)
_THROUGH_PORTAL = re.compile(
    r"\s+(?:über|ueber|via|per|durch|through|op|sur|su|tramite)\s+\S+(?:\s\S+)?$", re.IGNORECASE
)
# What ties a vehicle to the dealer's stock.
_DEALERS_OWN = ("internal_number", "offer_number", "ad_id", "url")
# A portal's mail with more labels than that is a form whose message was left empty.
_MOST_LABELS_OF_FREE_MAIL = 2
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
    if is_machine or mail.sender.email is None or is_robot(mail.sender.email) or reader.names_another_customer():
        return reader.generic()
    return reader.direct()


def own_addresses(mail: Mail, context: ReadingContext) -> frozenset[str]:
    """The dealer's own addresses: mailbox, aliases, forwarders, and those the mail is addressed to."""
    own = {normal_email(a) for a in (context.recipient, *context.aliases, *context.forwarders) if "@" in a}
    addressed = {
        normal_email(email)
        for name in ("to", "delivered-to", "x-original-to")
        for value in mail.message.get_all(name)
        for email in emails_in(value)
    }
    # Who writes to himself, the dealer in Bcc, is still the customer.
    return frozenset(own | (addressed - {normal_email(mail.sender.email or "")}))


def relay_domains(sources: SourceSet) -> tuple[str, ...]:
    """The domains of every known source under which an address is a relay."""
    return tuple(d for definition in sources.enabled for d in definition.relay_domains)


class _Reader:
    """Reads one enquiry mail; holds what all its ways have in common."""

    def __init__(self, mail: Mail, sources: SourceSet, context: ReadingContext, locale: Locale) -> None:
        self._mail = mail
        self._relays = relay_domains(sources)
        self._context = context
        self._locale = locale
        self._ours = own_addresses(mail, context)

    # ---- the four ways ----

    def of_adf(self, found: tuple[adf.AdfProspect, ...], recognised: Recognised | None) -> Enquiry:
        """ADF: its prospects, under the id of a source that names the sender's domain, else of `adf`."""
        known = recognised.definition if recognised and is_of_house(self._mail, recognised.definition) else None
        merged = []
        for prospect in found:
            certainty = REPAIRED_CAP if prospect.is_guessed else STRUCTURED
            findings = self._without_ours(prospect.findings)
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
        self._header_contact(findings, definition.reply_to)
        findings = self._without_ours(findings)
        if definition.redirect_class is RedirectClass.GENERAL:
            self._move_car_for_sale(findings)
        if not findings.has("message") and definition.channel == "mail":
            self._free_message(findings)
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
        self._header_contact(findings, ("header:reply-to",))
        findings = self._without_ours(findings)
        text = self._mail.documents[0].plain if self._mail.documents else ""
        if not has_labels:
            house = (self._mail.sender.email or "").rpartition("@")[2]
            unlabelled = Findings()
            freetext.add_unlabelled(unlabelled, text, self._locale, self._ours)
            for finding in unlabelled:
                # An address of the sender's own house is its support, not a customer; a number alone proves nothing.
                if finding.path != "contact.email" or not is_under(str(finding.value), (_house(house),)):
                    findings.items.append(finding)
            if not (findings.has("contact.email") or findings.has("contact.relay_email")):
                findings.items[:] = [f for f in findings if f.path not in ("contact.phone", "contact.fax")]
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
        words = (new_words(document) or document.plain) if document else ""
        self._header_contact(findings, ("header:reply-to", "header:from"), HEADER)
        if words:
            targets.put(findings, "message", words, self._locale, where="text", rule="own words", confidence=HEADER)
        freetext.add_signature(findings, document.plain if document else "")
        freetext.add_message_words(findings, words, self._locale, confidence=SIGNATURE)
        if document and not findings.has("contact.phone"):
            signature = Findings()
            freetext.add_message_words(signature, _unquoted(document), self._locale, confidence=SIGNATURE)
            findings.items.extend(f for f in signature if f.path in ("contact.phone", "contact.fax"))
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
            return False
        findings = self._common_labels()
        email = findings.best("contact.email")
        if email is not None:
            return normal_email(str(email.value)) != normal_email(self._mail.sender.email or "")
        return findings.has("contact.name") and findings.has("contact.phone") and findings.has("message")

    def _common_labels(self) -> Findings:
        return common_findings(self._mail, self._locale)

    def _origin(
        self, source: str, certainty: float, definition: SourceDefinition | None, *, expects_vehicle: bool
    ) -> Origin:
        language = self._mail.message.get("content-language") or (definition.language if definition else "")
        doubtful = self._mail.sender.is_ambiguous or self._mail.sender.name_shows_other_address
        return Origin(
            source, certainty, expects_vehicle,
            channel=definition.channel if definition else "mail",
            relay_domains=self._relays,
            reply_to=self._good_reply_to(definition),
            language=language.split(",")[0].split("-")[0].strip().lower() or None,
            sender_factor=_DOUBTFUL_SENDER if doubtful else 1.0,
            subject=self._mail.subject,
        )  # fmt: skip

    def _good_reply_to(self, definition: SourceDefinition | None) -> str | None:
        """Reply-To as the way back to the customer; a relay's From where there is none."""
        if self._mail.reply_to and self._is_customers(self._mail.reply_to):
            return self._mail.reply_to
        sender = self._mail.sender.email
        if definition is not None and sender and is_under(sender, self._relays) and self._is_customers(sender):
            return sender
        return None

    def _is_customers(self, email: str) -> bool:
        """Whether a header address may be the customer's: no robot, not ours, not of the sending form's own house."""
        sender = self._mail.sender.email or ""
        if is_robot(email) or normal_email(email) in self._ours:
            return False
        if is_under(email, self._relays) or normal_email(email) == normal_email(sender):
            return True
        return not is_robot(sender) or not _is_same_house(email, sender)

    def _header_contact(self, findings: Findings, order: tuple[str, ...], sure: float = REPLY_TO) -> None:
        """Add the customer from Reply-To and From, as far as `order` names them."""
        for name, email, where in self._header_mailboxes(order):
            if not self._is_customers(email):
                continue
            is_relay = is_under(email, self._relays)
            path = "contact.relay_email" if is_relay else "contact.email"
            confidence = HEADER if is_relay else sure
            findings.add(path, email, email, where, where, confidence)
            name = _THROUGH_PORTAL.sub("", name)
            if name and "@" not in name and not findings.has("contact.name") and not findings.has("contact.last_name"):
                targets.put(findings, "contact.name", name, self._locale, where=where, rule=where, confidence=REPLY_TO)
            if not is_relay:
                return

    def _header_mailboxes(self, order: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
        for place in order:
            if place == "header:reply-to" and self._mail.reply_to:
                raw = next(h.raw for h in self._mail.message.headers if h.name == "reply-to")
                name = next((m.name for m in read_mailboxes(raw).mailboxes), "")
                yield name, self._mail.reply_to, place
            elif place == "header:from" and self._mail.sender.email:
                yield self._mail.sender.name or "", self._mail.sender.email, place

    def _without_ours(self, findings: Findings) -> Findings:
        """Drop addresses of the dealer's and of robots; move relays to their own field."""
        kept = Findings()
        for finding in findings:
            if finding.path in ("contact.email", "contact.relay_email"):
                email = str(finding.value)
                if is_robot(email) or normal_email(email) in self._ours:
                    continue
                if is_under(email, self._relays):
                    finding = replace(finding, path="contact.relay_email")
            kept.items.append(finding)
        return kept

    def _customer_words(self, findings: Findings) -> None:
        """Add what message and subject say where labels were silent."""
        best = findings.best("message")
        message = str(best.value) if best else ""
        if message:
            freetext.add_message_words(findings, message, self._locale)
        subject = findings.best("subject")
        freetext.add_vehicle_words(findings, f"{self._mail.subject}\n{subject.value if subject else ''}", message)

    def _free_message(self, findings: Findings) -> None:
        """The words of a portal's mail without message label, such as a relay's follow-up: all that is no label, no
        footer and no quote."""
        if self._mail.known_labels > _MOST_LABELS_OF_FREE_MAIL or findings.has("channel") or not self._mail.documents:
            return
        document = self._mail.documents[0]
        lines: list[Line] = []
        for line in document.lines:
            if ends_words(line.text):
                break
            if line.label is None or not common_targets(line.label):
                lines.append(line)
        words = new_words(replace(document, lines=tuple(lines)))
        if words:
            targets.put(findings, "message", words, self._locale, where="text", rule="own words", confidence=SIGNATURE)

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

    def _links(self, findings: Findings) -> None:
        """A direct mail that points at an ad: the link is the reference."""
        for link in self._mail.carriers.links:
            if "/fahrzeug" in link or "/auto" in link or "/vehicle" in link or "/angebot" in link or "/inserat" in link:
                findings.add("vehicle.url", link, link, "link", "link of an ad", FREE_TEXT)
                return


def _unquoted(document: Document) -> str:
    return "\n".join(line.text for line in document.lines if not line.is_quoted)


def _house(domain: str) -> str:
    """The part of a sender's domain below which all is his: without the host in front, where there is one."""
    labels = domain.lower().split(".")
    return ".".join(labels[1:]) if len(labels) > 2 else domain.lower()


def _is_same_house(email: str, sender: str) -> bool:
    own, theirs = email.rpartition("@")[2].lower(), sender.rpartition("@")[2].lower()
    return own == theirs or is_under(own, (_house(theirs),)) or is_under(theirs, (own,))
