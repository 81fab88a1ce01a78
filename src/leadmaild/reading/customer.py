"""Who the customer is by the header, and which addresses are nobody's: robots, relays, the dealer's own.

A labelled value in the body comes first, then Reply-To, then From, the last only for direct mail and relays
(lead-formats 0.3, 0.4).
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from leadmaild.model.reading import RedirectClass
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import REPLY_PLACES, SourceDefinition, SourceSet
from leadmaild.reading.fields.addresses import emails_in, is_robot, is_under, normal_email
from leadmaild.reading.findings import HEADER, REPLY_TO, Finding, Findings, Locale
from leadmaild.reading.recognise import Mail, is_from_dealer
from leadmaild.reading.sender import read_mailboxes
from leadmaild.reading.targets import put

_THROUGH_PORTAL = re.compile(
    r"\s+(?:über|ueber|via|per|durch|through|op|sur|su|tramite)\s+\S+(?:\s\S+)?$", re.IGNORECASE
)


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


class Customer:
    """What a mail's header says of the customer, and which addresses cannot be his."""

    def __init__(self, mail: Mail, sources: SourceSet, context: ReadingContext, locale: Locale) -> None:
        self._mail = mail
        self._locale = locale
        self._relays = relay_domains(sources)
        self._ours = own_addresses(mail, context)
        # A form of the dealer's own house that wants its answers there.
        self._is_reply_to_house = is_from_dealer(mail, context) and _is_same_house(
            mail.reply_to or "", mail.sender.email or ""
        )

    def reply_to(self, definition: SourceDefinition | None) -> str | None:
        """Reply-To as the way back to the customer; a relay's From where there is none."""
        if self._mail.reply_to and not self._is_reply_to_house and self._is_customers(self._mail.reply_to):
            return self._mail.reply_to
        sender = self._mail.sender.email
        if definition is not None and sender and is_under(sender, self._relays) and self._is_customers(sender):
            return sender
        return None

    def add_from_header(self, findings: Findings, order: tuple[str, ...], sure: float = REPLY_TO) -> None:
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
                put(findings, "contact.name", name, self._locale, where=where, rule=where, confidence=REPLY_TO)
            if not is_relay:
                if where == "header:reply-to" and "header:from" in order and not findings.has("contact.name"):
                    self._add_senders_name(findings)
                return

    def _add_senders_name(self, findings: Findings) -> None:
        """Who wants his answer at a bare second address is still called what his From says."""
        name = self._mail.sender.name or ""
        if name and "@" not in name:
            put(
                findings,
                "contact.name",
                name,
                self._locale,
                where="header:from",
                rule="header:from",
                confidence=REPLY_TO,
            )

    def without_others(self, findings: Findings, portal: SourceDefinition | None = None) -> Findings:
        """Drop addresses of the dealer's, of robots and of the portal's own people; move relays to their own field."""
        house = portal.house if portal is not None and portal.redirect_class is RedirectClass.MARKETPLACE else ()
        kept = Findings()
        of_house: list[Finding] = []
        for finding in findings:
            if finding.path in ("contact.email", "contact.relay_email"):
                email = str(finding.value)
                if is_robot(email) or normal_email(email) in self._ours:
                    continue
                if is_under(email, self._relays):
                    finding = replace(finding, path="contact.relay_email")
                elif is_under(email, house):
                    of_house.append(finding)
                    continue
            kept.items.append(finding)
        # Where the definition names no other place, its own domain writes for itself.
        if portal is not None and not kept.has("contact.email") and not kept.has("contact.relay_email"):
            kept.items.extend(f for f in of_house if f.where in portal.reply_to)
        return kept

    def may_be(self, email: str) -> bool:
        """Whether an address out of running text may be his: no robot, not ours, not of the sender's own house."""
        house = (self._mail.sender.email or "").rpartition("@")[2]
        return not (is_robot(email) or normal_email(email) in self._ours or is_under(email, (_house(house),)))

    def _is_customers(self, email: str) -> bool:
        """Whether a header address may be the customer's: no robot, not ours, not of the sending form's own house."""
        sender = self._mail.sender.email or ""
        if is_robot(email) or normal_email(email) in self._ours:
            return False
        if is_under(email, self._relays) or normal_email(email) == normal_email(sender):
            return True
        return not is_robot(sender) or not _is_same_house(email, sender)

    def _header_mailboxes(self, order: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
        for place in order:
            if place == "header:reply-to" and self._mail.reply_to and not self._is_reply_to_house:
                raw = next(h.raw for h in self._mail.message.headers if h.name == "reply-to")
                name = next((m.name for m in read_mailboxes(raw).mailboxes), "")
                yield name, self._mail.reply_to, place
            elif place == "header:from" and self._mail.sender.email:
                yield self._mail.sender.name or "", self._mail.sender.email, place
            elif place.startswith("header:") and place not in REPLY_PLACES:
                header = place.removeprefix("header:").lower()
                written = (h.raw for h in self._mail.message.headers if h.name == header)
                mailboxes = (m for raw in written for m in read_mailboxes(raw).mailboxes)
                yield from ((m.name, str(m.address), place) for m in mailboxes if m.address)


def _house(domain: str) -> str:
    """The part of a sender's domain below which all is his: without the host in front, where there is one."""
    labels = domain.lower().split(".")
    return ".".join(labels[1:]) if len(labels) > 2 else domain.lower()


def _is_same_house(email: str, sender: str) -> bool:
    own, theirs = email.rpartition("@")[2].lower(), sender.rpartition("@")[2].lower()
    return own == theirs or is_under(own, (_house(theirs),)) or is_under(theirs, (own,))
