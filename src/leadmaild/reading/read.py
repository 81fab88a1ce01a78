"""The orchestrator: bytes of a mail in, a Reading out; the order of its steps is that of rules.md 3.6.

Total: every byte string has a Reading. What breaks a reader is read again by the simplest means, for a person to see.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC

import re2

from leadmaild.model.reading import (
    Attachment,
    CarrierClass,
    Classification,
    CustomerReply,
    Prospect,
    Reading,
    Sender,
    Thread,
    Verdict,
    Verdicts,
)
from leadmaild.reading import adf, classify
from leadmaild.reading.charset import without_mojibake
from leadmaild.reading.content_key import content_key
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definitions import SourceSet
from leadmaild.reading.enquiry import Enquiry, enquiry_in
from leadmaild.reading.fields.addresses import is_robot
from leadmaild.reading.findings import LABEL
from leadmaild.reading.forwards import Forward, unwrap
from leadmaild.reading.labelled import labelled_fields
from leadmaild.reading.locale import date_of, locale_of
from leadmaild.reading.message import Document, Message
from leadmaild.reading.mime import parse
from leadmaild.reading.own_numbers import phones_of
from leadmaild.reading.quoting import new_words
from leadmaild.reading.recognise import Mail, Recognised, recognise
from leadmaild.reading.sender import addressees_of, reply_to_of, sender_of
from leadmaild.reading.spam import lookalike_of
from leadmaild.reading.text import documents, mojibake_mended
from leadmaild.reading.threading import message_id_of, thread_of
from leadmaild.reading.unreadable import unreadable

_NEEDS_EYES = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted", "application/ms-tnef",
               "application/vnd.ms-tnef", "message/partial", "message/external-body")  # fmt: skip
_OF_NO_SOURCE = ("", "direct_email", "generic")
_LONGEST_SUBJECT = 500
_MOST_LINES = 5_000  # searched for fields; the text itself is kept whole
_FORWARD_SUBJECT = re.compile(
    r"\s*(?:wg|wtrlt|fwd?|tr|i|inoltro|doorst|doorgestuurd|weitergeleitet)\s?:", re.IGNORECASE
)
_FORWARD_MARK = re2.compile(
    r"(?i)weitergeleitete|forwarded|transf(?:é|&eacute;)r|r(?:é|&eacute;)exp|inoltrato|doorgestuurd"
    r"|(?:gesendet|sent|envoyé|inviato|verzonden)(?:<[^>]{0,40}>)*\s?:"
)

_NO_ADDRESS = Verdict(False, ("R112: no address, no answer",))


def read(raw: bytes, context: ReadingContext, sources: SourceSet) -> Reading:
    """Return the Reading of these bytes by the definitions in `sources`. Never raises."""
    message = parse(raw)
    try:
        forward = unwrap(message, context) if _may_be_forward(message) else None
        found = _Reading(message, context, sources, forward).reading()
        # Whom nobody lists may hand on what a source sent him; of anything else that he forwards he is the sender.
        is_his_own = forward is not None and forward.is_guess and found.source in _OF_NO_SOURCE
        return _Reading(message, context, sources, None).reading() if is_his_own else found
    except Exception as error:  # noqa: BLE001 - a bug of ours or a library's must not lose the mail (SP-12)
        return unreadable(raw, f"reading failed: {type(error).__name__}")


class _Reading:
    """One mail on its way through the steps."""

    def __init__(self, message: Message, context: ReadingContext, sources: SourceSet, forward: Forward | None) -> None:
        self._outer = message
        self._context = context
        self._sources = sources
        self._forward: Forward | None = forward if forward and forward.is_trusted else None
        self._message = self._forward.message if self._forward else message
        self._sender = _writable(sender_of(self._message))
        self._documents = self._read_documents(":")
        self._mail = Mail(self._message, self._documents, self._sender, reply_to_of(self._message))
        self._text = self._documents[0].plain if self._documents else ""

    def _read_documents(self, separator: str) -> tuple[Document, ...]:
        found = (mojibake_mended(document) for document in documents(self._message, separator))
        return tuple(replace(d, lines=d.lines[:_MOST_LINES]) if len(d.lines) > _MOST_LINES else d for d in found)

    def reading(self) -> Reading:
        """Take the steps in order; the first that decides ends them."""
        recognised = self._recognised()
        # What only the words tell (absence, mass mail) matters where no source explains the mail.
        is_explained = recognised is not None or adf.is_in(self._message)
        words = "" if is_explained else self._text
        marks = classify.marks_of(self._message, self._sender, words, self._context, _portals(self._sources))
        outer_marks = (
            marks
            if self._forward is None
            else classify.marks_of(self._outer, sender_of(self._outer), "", self._context)
        )
        thread = thread_of(self._outer, self._context, marks.bounce.original if marks.bounce else None)
        loop = Verdict(bool(outer_marks.loop), tuple(map(str, outer_marks.loop)))
        if loop.value:
            return self._no_lead(Classification.NOTIFICATION, "loop", thread, loop, marks)
        if decided := classify.decided_before_source(marks):
            return self._no_lead(decided.classification, decided.reason, thread, loop, marks)
        if recognised is not None and recognised.notice is not None:
            why = f"{recognised.definition.name}: no enquiry"
            return self._no_lead(recognised.notice.kind, why, thread, loop, marks)
        enquiry = None
        if not is_explained or _is_answer(thread, self._mail):
            decided = classify.decided_after_source(marks, thread)
            if decided is not None:
                enquiry = self._enquiry_despite_marks(decided.classification, recognised)
                if enquiry is None:
                    return self._no_lead(decided.classification, decided.reason, thread, loop, marks)
        enquiry = enquiry or enquiry_in(
            self._mail, recognised, self._sources, self._context, is_machine=bool(marks.generated)
        )
        if not _is_reachable(enquiry) and not enquiry.is_recognised and self._is_machine(marks):
            return self._no_lead(
                Classification.NOTIFICATION, "a machine's mail without a customer in it", thread, loop, marks
            )
        return self._lead(enquiry, thread, loop)

    # ---- steps ----

    def _recognised(self) -> Recognised | None:
        found = recognise(self._mail, self._sources, self._context)
        if found is None or found.definition.separator == ":":
            return found
        # The source writes its labels with a separator of its own: read its text again with that.
        self._documents = self._read_documents(found.definition.separator)
        self._mail = Mail(self._message, self._documents, self._sender, self._mail.reply_to)
        return found

    def _enquiry_despite_marks(self, decided: Classification, recognised: Recognised | None) -> Enquiry | None:
        """ADF, or labels that name a customer, in bulk mail of a machine nobody described: still an enquiry (PF21)."""
        if decided is not Classification.NEWSLETTER or recognised is not None:
            return None
        enquiry = enquiry_in(self._mail, None, self._sources, self._context, is_machine=True)
        if enquiry.is_recognised:
            return enquiry
        paths = {f.path for d in self._documents[:1] for f in labelled_fields(d)}
        ways = {
            path
            for merged in enquiry.prospects
            for path, p in merged.prospect.provenance.items()
            if path in ("contact.email", "contact.phone") and p.confidence >= LABEL
        }
        # A number alone is as likely the advertiser's, unless a car is asked for beside it.
        has_way = "contact.email" in ways or (ways and any(path.startswith("vehicle.") for path in paths))
        names_customer = {"contact.name", "contact.last_name"} & paths and {"message", "vehicle.title"} & paths
        return enquiry if has_way and names_customer else None

    def _is_machine(self, marks: classify.Marks) -> bool:
        return bool(marks.generated) or is_robot(self._sender.email or "")

    # ---- results ----

    def _lead(self, enquiry: Enquiry, thread: Thread, loop: Verdict) -> Reading:
        reachable = tuple(m for m in enquiry.prospects if m.prospect.contact.is_reachable)
        reasons = [*enquiry.review_reasons, *self._doubts(), *(r for m in reachable for r in m.review_reasons)]
        confidence = min((m.prospect.confidence for m in reachable), default=0.0)
        if not enquiry.is_recognised and (portal := lookalike_of(self._sender, _portals(self._sources))):
            reasons.append(f"the sender looks like {portal}, and is not")
        if not reachable:
            reasons.insert(0, "no way to reach the customer")
        customers = tuple(self._answerable(enquiry, m.prospect) for m in reachable)
        answerable = next((v for v in customers if v.value), next(iter(customers), _NO_ADDRESS))
        reason = f"source {enquiry.source}" if reachable else "no way to reach the customer"
        return replace(
            self._base(Classification.LEAD, reason, thread),
            prospects=tuple(m.prospect for m in reachable),
            needs_review=bool(reasons),
            review_reasons=tuple(dict.fromkeys(reasons)),
            confidence=confidence,
            source=enquiry.source,
            source_name=enquiry.source_name,
            redirect_class=enquiry.redirect_class,
            carrier=enquiry.carrier,
            verdicts=Verdicts(Verdict(bool(reachable), (reason,)), answerable, loop, customers[1:] and customers),
        )

    def _no_lead(
        self, kind: Classification, reason: str, thread: Thread, loop: Verdict, marks: classify.Marks
    ) -> Reading:
        answerable = Verdict(False, (str(kind),))
        reply = None
        if kind is Classification.CUSTOMER_REPLY:
            reply = self._reply()
            # If no thread of ours confirms it, the answer becomes a new enquiry like any other (PF24).
            answerable = classify.answerable(
                self._message, self._sender, self._context, CarrierClass.A, self._sender.email or ""
            )
        return replace(
            self._base(kind, reason, thread),
            dsn=marks.bounce.status if marks.bounce else None,
            reply=reply,
            confidence=1.0,
            verdicts=Verdicts(Verdict(False, (reason,)), answerable, loop),
        )

    def _base(self, kind: Classification, reason: str, thread: Thread) -> Reading:
        sent = date_of(self._outer.get("date") or "")
        return Reading(
            classification=kind,
            reason=reason,
            subject=without_mojibake(self._mail.subject)[:_LONGEST_SUBJECT],
            sender=self._sender,
            reply_to=self._mail.reply_to,
            addressed_to=addressees_of(self._outer),
            text=self._text,
            thread=thread,
            forwarded_by=self._forward.forwarded_by if self._forward else None,
            attachments=_attachments(self._message),
            message_id=message_id_of(self._outer),
            sent_at=sent.astimezone(UTC) if sent else None,
            original_message_id=message_id_of(self._message),
            repairs=tuple(dict.fromkeys((*self._outer.repairs, *self._message.repairs))),
            broke_reader=any(r.startswith("read by the fallback reader") for r in self._outer.repairs),
            is_empty=not self._text.strip() and not any(p.payload.strip() for p in self._message.parts),
            content_key=content_key(self._outer),
        )

    def _reply(self) -> CustomerReply:
        words = new_words(self._documents[0]) if self._documents else ""
        locale = locale_of(self._mail, None, self._context)
        phones = dict.fromkeys(e164 for path, e164, _ in phones_of(words, locale) if path == "contact.phone")
        return CustomerReply(self._sender.email, self._sender.name, words or None, tuple(phones))

    def _doubts(self) -> Iterable[str]:
        """What makes a person look, whatever was read."""
        if self._message.is_cut or self._outer.is_cut:
            yield "the mail exceeds the limits of reading"
        if any(p.content_type in _NEEDS_EYES for p in self._message.parts) or self._message.content_type in _NEEDS_EYES:
            yield "encrypted, packed or partial content"
        if not self._text.strip():
            yield "no readable text"
        if self._sender.is_ambiguous:
            yield "the sender is ambiguous"
        if self._sender.name_shows_other_address:
            yield "the sender's name shows another address"

    def _answerable(self, enquiry: Enquiry, prospect: Prospect) -> Verdict:
        """May this one of the mail's customers be answered (R112)?"""
        customer = prospect.contact.email or prospect.contact.relay_email
        if customer is None:
            return _NO_ADDRESS
        if enquiry.carrier is CarrierClass.B and not enquiry.is_recognised:
            return Verdict(False, ("R112: no enabled source recognised the mail",))
        found = prospect.provenance.get("contact.email") or prospect.provenance.get("contact.relay_email")
        if enquiry.carrier is CarrierClass.B and found is not None and found.rule == "free text":
            return Verdict(False, ("R112: the address was not found in the expected field",))
        return classify.answerable(self._message, self._sender, self._context, enquiry.carrier, customer)


def _writable(sender: Sender) -> Sender:
    """The sender, his address dropped if it holds bytes that are no text: no row and no JSON takes them (BI-32)."""
    if sender.email is None or not any("\ud800" <= c <= "\udfff" for c in sender.email):
        return sender
    return replace(sender, email=None, is_ambiguous=True)


def _may_be_forward(message: Message) -> bool:
    """Whether anything hints at a forwarded mail; looking closer costs as much as reading the text."""
    if message.nested or _FORWARD_SUBJECT.match(message.get("subject") or ""):
        return True
    return any(_FORWARD_MARK.search(p.text) is not None for p in message.parts if p.text and not p.is_attachment)


def _is_answer(thread: Thread, mail: Mail) -> bool:
    """Whether a portal's mail is an answer to ours: it names our mail, and its labels make no new enquiry."""
    return bool(thread.lead_id or thread.token) and mail.known_labels < 3


def _is_reachable(enquiry: Enquiry) -> bool:
    return any(m.prospect.contact.is_reachable for m in enquiry.prospects)


def _portals(sources: SourceSet) -> tuple[str, ...]:
    found = (d for definition in sources.enabled for rule in definition.recognise for d in rule.from_domain)
    return tuple(dict.fromkeys(found))


def _attachments(message: Message) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(p.filename or "", p.content_type)
        for p in message.parts
        if p.is_attachment and (p.filename or p.payload)
    )
