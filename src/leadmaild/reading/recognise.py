"""Tells which source a mail came from, by the definitions in force (lead-formats 0.8, 1; rules.md 3.6 step 4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from leadmaild.model.reading import Sender
from leadmaild.reading.carriers import Carriers
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import Notice, Pattern, Recognition, SourceDefinition, SourceSet
from leadmaild.reading.fields.addresses import email_of, emails_in, is_under
from leadmaild.reading.labelled import LabelledField, labelled_fields
from leadmaild.reading.message import Document, Message

_LONGEST_BODY = 200_000


class Mail:
    """One mail as recognition and selectors see it: the message, its documents, its sender, its carriers."""

    def __init__(
        self, message: Message, documents: tuple[Document, ...], sender: Sender, reply_to: str | None = None
    ) -> None:
        self.message = message
        self.documents = documents
        self.sender = sender
        self.reply_to = reply_to
        self.carriers = Carriers(message, documents)

    @cached_property
    def subject(self) -> str:
        """The subject, "" if there is none."""
        return self.message.get("subject") or ""

    @cached_property
    def body(self) -> str:
        """The readable text."""
        return "\n".join(d.plain for d in self.documents)[:_LONGEST_BODY]

    @cached_property
    def known_labels(self) -> int:
        """How many different fields of a lead the common labels find in the richest document."""
        return len({field.path for field in self.common_fields})

    @cached_property
    def names_somebody(self) -> bool:
        """Whether the common labels find a person or his words: a mail of labels of a car alone is a notice."""
        return any(f.path.startswith(("contact.", "message", "caller")) for f in self.common_fields)

    @cached_property
    def common_fields(self) -> tuple[LabelledField, ...]:
        """What the common labels find in the richest document."""
        return tuple(labelled_fields(self.documents[0])) if self.documents else ()

    @cached_property
    def sender_is_customer(self) -> bool:
        """Whether the text names the sender's address under an e-mail label: a script put the customer into From."""
        named = (email_of(field.raw) for field in self.common_fields if field.path == "contact.email")
        return self.sender.email is not None and self.sender.email.casefold() in {e.casefold() for e in named if e}


@dataclass(frozen=True, slots=True)
class Recognised:
    """The source of a mail; `notice` is set where the mail is one of the source's own notices, not an enquiry."""

    definition: SourceDefinition
    notice: Notice | None = None


def recognise(mail: Mail, sources: SourceSet, context: ReadingContext) -> Recognised | None:
    """Return the source of the mail, or None. Definitions that name a sender's domain are asked before the others."""
    sender = mail.sender.email or ""
    candidates = [d for d in sources.enabled if d.id not in context.disabled_sources]
    candidates = [d for d in candidates if _may_be_of(sender, d)]
    candidates.sort(key=lambda d: not d.house)
    for definition in candidates:
        is_known = any(matches(mail, r, context) for r in definition.recognise)
        named = next((n for n in definition.notices if n.rule.patterns and matches(mail, n.rule, context)), None)
        if is_known:
            return Recognised(definition, named)
        if named is not None and is_of_house(mail, definition):
            return Recognised(definition, named)
        # A rule of the sender's domain alone: whatever else this sender writes.
        rest = next((n for n in definition.notices if not n.rule.patterns and matches(mail, n.rule, context)), None)
        if rest is not None:
            return Recognised(definition, rest)
    return None


def matches(mail: Mail, rule: Recognition, context: ReadingContext) -> bool:
    """Whether every group of the rule hits, any entry inside a group, and none of its `not_` groups."""
    if rule.from_domain and not is_under(mail.sender.email or "", rule.from_domain):
        return False
    if rule.min_labels and (mail.known_labels < rule.min_labels or not mail.names_somebody):
        return False
    if (rule.from_dealer and not is_from_dealer(mail, context)) or (
        rule.from_is_customer and not mail.sender_is_customer
    ):
        return False
    if any(not any(p.search(v) for v in mail.message.get_all(name)) for name, p in rule.headers):
        return False
    for group, patterns in rule.patterns.items():
        is_hit = _hits(patterns, _text_for(group.removeprefix("not_"), mail))
        if is_hit == group.startswith("not_"):
            return False
    return not rule.require_dkim or bool(context.authentication.signatures)


def _may_be_of(sender: str, definition: SourceDefinition) -> bool:
    """Whether the sender's domain leaves the definition in question, before any of its expressions is tried."""
    return not all(r.from_domain for r in definition.recognise) or is_under(sender, definition.house)


def is_of_house(mail: Mail, definition: SourceDefinition) -> bool:
    """Whether the sender stands under a domain the definition names."""
    return is_under(mail.sender.email or "", definition.house)


def is_from_dealer(mail: Mail, context: ReadingContext) -> bool:
    """Whether the sender stands under the dealer's own domain: by the settings, or, where there are none, because the
    mailbox is named after the domain (noreply@www.autohaus-x.example to autohaus-x@...)."""
    domain = (mail.sender.email or "").rpartition("@")[2].lower()
    if not domain:
        return False
    if context.form_domains:
        return is_under(domain, context.form_domains)
    house = domain.split(".")[-2] if domain.count(".") else domain
    own = [context.recipient, *context.aliases] if context.recipient else [e for h in ("to", "delivered-to") for e in
           emails_in(mail.message.get(h) or "")]  # fmt: skip
    return any(house == address.partition("@")[0].partition("+")[0].lower() for address in own)


def _hits(patterns: Iterable[Pattern], text: str) -> bool:
    return any(p.search(text) is not None for p in patterns)


def _text_for(group: str, mail: Mail) -> str:
    match group:
        case "from":
            return mail.sender.email or ""
        case "from_name":
            return mail.sender.name or ""
        case "reply_to":
            return mail.reply_to or ""
        case "subject":
            return mail.subject
        case "html":
            return mail.carriers.markup[:_LONGEST_BODY]
        case _:
            return mail.body
