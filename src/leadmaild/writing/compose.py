"""The Composer: from the facts of one mail to its bytes, for every kind of mail that leaves.

What a kind says is told in customer_mail, notices, redirect and trade_in_pdf; here it gets its header fields.
"""

from collections.abc import Iterator

from leadmaild.errors import Refused
from leadmaild.model.decision import MailKind
from leadmaild.model.outgoing import ComposedMail, MailFacts
from leadmaild.writing.assemble import Body, Enclosure, assemble
from leadmaild.writing.cleaning import mail_address
from leadmaild.writing.customer_mail import Draft, answer, autoresponse
from leadmaild.writing.headers import address_field, bare_id, date_field, field, ids_field, text_field
from leadmaild.writing.notice import Notice
from leadmaild.writing.notices import digest, lead_notice, trade_in_notice, unassigned_notice
from leadmaild.writing.redirect import LOOP_FIELD, redirected
from leadmaild.writing.rows import customer_address
from leadmaild.writing.samples import with_samples
from leadmaild.writing.templates import Templates, Words

PDF_FAILED = "pdf_failed"
LARGEST_AUTORESPONSE = 50 * 1024  # security.md 2.2, without attachments
LARGEST_ORIGINAL = 10 * 1024 * 1024


class MailComposer:
    """The Composer port. `templates` is the operator's own template folder, "" for the shipped ones alone."""

    def __init__(self, templates: str = "") -> None:
        self._templates = Templates(templates)

    def compose(self, facts: MailFacts) -> ComposedMail:
        """Return the mail as bytes. Raises Refused if it must not leave as it is.

        That is: no sender, no recipient or one that is no address, a template block that is not valid (PF57), an
        answer whose file is gone.
        """
        if facts.kind in (MailKind.REDIRECT, MailKind.RELAYED_REPLY):
            return redirected(facts, self._templates.words(facts.location.language))
        draft = self._draft(facts)
        raw = assemble(_header_fields(facts, draft), draft.body)
        return ComposedMail(facts.message_id, draft.subject, raw, draft.notes)

    def _draft(self, facts: MailFacts) -> Draft:
        words = self._templates.words(facts.location.language)
        match facts.kind:
            case MailKind.AUTORESPONSE:
                return _small(autoresponse(facts, self._templates))
            case MailKind.TEMPLATE_TEST:
                return _small(autoresponse(with_samples(facts), self._templates))
            case MailKind.ANSWER:
                return answer(facts, self._templates)
            case MailKind.TRADE_IN_CC:
                return self._trade_in(facts, words)
            case MailKind.UNASSIGNED_NOTICE:
                return self._noticed(unassigned_notice(facts, words), words, original=facts.original)
            case MailKind.DIGEST:
                return self._noticed(digest(facts, words), words)
            case _:
                return self._noticed(lead_notice(facts, words), words, original=_original_to_compare(facts))

    def _trade_in(self, facts: MailFacts, words: Words) -> Draft:
        from leadmaild.writing.trade_in_pdf import trade_in_pdf  # loads reportlab, which few mails need

        try:
            content = trade_in_pdf(facts, words)
        except Exception:  # noqa: BLE001 - whatever the PDF library raises, the mail goes without it (R47, PF62)
            return self._noticed(trade_in_notice(facts, words, has_pdf=False), words, notes=(PDF_FAILED,))
        name = f"{words.say('trade_in', 'title')}-{facts.lead.number if facts.lead else 0}.pdf"
        pdf = Enclosure(name, "application/pdf", content)
        return self._noticed(trade_in_notice(facts, words, has_pdf=True), words, enclosures=(pdf,))

    def _noticed(
        self,
        notice: Notice,
        words: Words,
        *,
        enclosures: tuple[Enclosure, ...] = (),
        original: bytes | None = None,
        notes: tuple[str, ...] = (),
    ) -> Draft:
        shown = {
            "headline": notice.headline,
            "lead_in": notice.lead_in,
            "banners": notice.banners,
            "sections": notice.sections,
        }
        text = self._templates.text_page("notice", **shown)
        html = self._templates.html_page("notice", language=words.language, subject=notice.subject, **shown)
        return Draft(notice.subject, Body(text, html, enclosures, original), words.language, notes)


def _small(draft: Draft) -> Draft:
    if len(draft.body.text.encode()) + len(draft.body.html.encode()) > LARGEST_AUTORESPONSE:
        raise Refused(f"the autoresponse is larger than {LARGEST_AUTORESPONSE // 1024} kB")
    return draft


def _original_to_compare(facts: MailFacts) -> bytes | None:
    """The mail as it came in, where a person has to look at it because reading was not sure."""
    needs_review = facts.original_reading is not None and facts.original_reading.needs_review
    fits = facts.original is not None and len(facts.original) <= LARGEST_ORIGINAL
    return facts.original if needs_review and fits else None


def _header_fields(facts: MailFacts, draft: Draft) -> Iterator[bytes]:
    yield date_field("Date", facts.now)
    # The location's name for the dealer, its mailbox for the answers (R31).
    yield address_field("From", [(facts.location.from_name or facts.location.name, facts.sender_mailbox)])
    # Without display names: a customer's name in To would be an echo (security.md 2.2).
    yield address_field("To", [("", address) for address in facts.to])
    if (reply_to := _reply_to(facts)) is not None:
        yield address_field("Reply-To", [("", reply_to)])
    yield text_field("Subject", draft.subject)
    if not bare_id(facts.message_id):
        raise Refused("the mail has no Message-ID")
    yield ids_field("Message-ID", [facts.message_id])
    yield from _thread(facts)
    yield field("Content-Language", draft.language)
    if facts.kind is not MailKind.ANSWER:  # a person wrote the answer (RFC 3834 5)
        kind = "auto-replied" if facts.kind is MailKind.AUTORESPONSE else "auto-generated"
        yield field("Auto-Submitted", kind)
        yield field("X-Auto-Response-Suppress", "All")
    yield field(LOOP_FIELD, facts.loop_mark)


def _reply_to(facts: MailFacts) -> str | None:
    """Answers of customers come back to us by token; answers to a trade-in go to the customer (Q20)."""
    if facts.kind.is_to_customer:
        return facts.reply_address
    if facts.kind is MailKind.TRADE_IN_CC and (customer := mail_address(customer_address(facts))) is not None:
        return str(customer)
    return None


def _thread(facts: MailFacts) -> Iterator[bytes]:
    """In-Reply-To and References (RFC 5322 3.6.4): what the facts name, else the mail that came in."""
    reading = facts.original_reading if facts.kind.is_to_customer else None
    answered = facts.in_reply_to or (reading.message_id if reading else "") or ""
    yield ids_field("In-Reply-To", [answered])
    earlier = facts.references or ((*reading.thread.references,) if reading else ())
    yield ids_field("References", [*earlier, answered])
