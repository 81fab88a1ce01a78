"""Reading to the JSON object of `leadmaild parse --json` (lead-formats 6, docs/sources.md)."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from leadmaild.model.reading import Classification, Money, Prospect, Reading, VehicleText, Verdict

# Fields of a person that JSON shows in a form of their own.
_NOT_PLAIN = ("phones", "phones_raw", "address")


def as_contract(reading: Reading) -> dict[str, Any]:
    """Return the JSON object of one mail; what is not in the mail is None."""
    return {
        "classification": str(reading.classification),
        "create_lead": bool(reading.prospects),
        "send_auto_response": reading.classification is Classification.LEAD and reading.verdicts.answerable.value,
        "needs_review": reading.needs_review,
        "review_reasons": list(reading.review_reasons),
        "confidence": reading.confidence,
        "reason": reading.reason,
        "subject": reading.subject,
        "from": {"name": reading.sender.name, "email": reading.sender.email},
        "leads": [_lead(prospect, reading) for prospect in reading.prospects],
        "text": reading.text,
        "reply": _reply(reading),
        "thread": {
            "in_reply_to": reading.thread.in_reply_to,
            "lead_id": reading.thread.lead_id,
            "token": reading.thread.token,
        },
        "dsn": asdict(reading.dsn) if reading.dsn else None,
        "forwarded_by": reading.forwarded_by,
        "verdicts": {
            "lead": _verdict(reading.verdicts.lead),
            "answerable": _verdict(reading.verdicts.answerable),
            "loop": _verdict(reading.verdicts.loop),
        },
        "repairs": list(reading.repairs),
    }


def _lead(prospect: Prospect, reading: Reading) -> dict[str, Any]:
    contact = prospect.contact
    return {
        "source": prospect.source,
        "source_provider": prospect.source_provider,
        "source_lead_id": prospect.source_lead_id,
        "dealer_customer_number": prospect.dealer_customer_number,
        "conversation_id": prospect.conversation_id,
        "buyer_id": prospect.buyer_id,
        "channel": prospect.channel,
        "requested_at": prospect.requested_at,
        "received_utc": _utc(reading.sent_at),
        "original_message_id": reading.original_message_id,
        "resend": prospect.resend,
        "confidence": prospect.confidence,
        "language": prospect.language,
        "request_types": [str(kind) for kind in prospect.request_types],
        "contact": {
            **{f.name: getattr(contact, f.name) for f in fields(contact) if f.name not in _NOT_PLAIN},
            "phones": list(contact.phones),
            "phones_raw": list(contact.phones_raw),
            "address": asdict(contact.address) if contact.address else None,
        },
        "message": prospect.message,
        "vehicle": _vehicle(prospect.vehicle),
        "trade_in": _vehicle(prospect.trade_in),
        "finance": {
            f.name: _plain(getattr(prospect.finance, f.name)) for f in fields(prospect.finance)
        } if prospect.finance else None,
        "proposed_price": _plain(prospect.proposed_price),
        "preferred_date": prospect.preferred_date,
        "preferred_time": prospect.preferred_time,
        "attachments": [{"filename": a.filename, "content_type": a.content_type} for a in reading.attachments],
        "provenance": {path: asdict(origin) for path, origin in prospect.provenance.items()},
    }  # fmt: skip


def _vehicle(vehicle: VehicleText | None) -> dict[str, Any] | None:
    return {f.name: _plain(getattr(vehicle, f.name)) for f in fields(vehicle)} if vehicle else None


def _plain(value: object) -> Any:
    """Amounts as JSON numbers: whole ones as integers."""
    if isinstance(value, Money):
        return {"amount": _number(value.amount), "currency": value.currency}
    return value


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _reply(reading: Reading) -> Mapping[str, Any] | None:
    if reading.reply is None or reading.classification is not Classification.CUSTOMER_REPLY:
        return None
    return asdict(reading.reply) | {"phones": list(reading.reply.phones)}


def _utc(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {"value": verdict.value, "evidence": list(verdict.evidence)}
