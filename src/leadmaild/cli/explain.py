"""`leadmaild explain`: what the gateway would do with this mail now. The live code path, without the commit."""

from dataclasses import replace
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

from leadmaild.cli.deliver import parsed_reverse_path
from leadmaild.cli.lead_view import timer_row
from leadmaild.cli.mail_file import read_mail
from leadmaild.cli.moments import InstantParameter, in_zone
from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import instant, print_json, print_table
from leadmaild.cli.session import database_of, run_async, settings
from leadmaild.clock import SystemClock
from leadmaild.config.model import Settings
from leadmaild.errors import UnknownRecipient
from leadmaild.foundation import view_world
from leadmaild.inbound.sender_check import SenderCheck
from leadmaild.model.decision import JoinLead, OpenLead
from leadmaild.model.envelope import Channel, Envelope
from leadmaild.model.reading import Prospect
from leadmaild.pipeline.explain import Explanation
from leadmaild.pipeline.explain import explain as explained
from leadmaild.pipeline.reader_pool import ReaderPool
from leadmaild.pipeline.senders import Senders
from leadmaild.reading.sources_folder import load_sources
from leadmaild.resolver import Resolver


@click.command()
@click.option("--to", "forward_path", required=True, metavar="ADDR", help="The mailbox the mail is for.")
@click.option("--from", "reverse_path", metavar="ADDR", help='The envelope sender; "<>" = null; unknown if left out.')
@click.option("--client", metavar="IP", help="As if this host had delivered it to us: its sender is checked in DNS.")
@click.option("--helo", default="", metavar="NAME", help="The name that host gave, with --client.")
@click.option("--at", type=InstantParameter(), help="As if it were this moment.")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@json_option
@config_option
def explain(
    forward_path: str,
    reverse_path: str | None,
    client: str | None,
    helo: str,
    at: datetime | None,
    file: Path,
    as_json: bool,
) -> None:
    """Say what the gateway would do with this mail now, and why; writes nothing."""
    chosen = settings()
    raw = _read(file, chosen.smtp.max_message_size)
    envelope = _envelope(forward_path, reverse_path, client, helo, at or SystemClock().now())
    document = run_async(_explain(chosen, envelope, at, raw))
    if as_json:
        print_json(document)
    else:
        _print(document)


def _read(file: Path, limit: int) -> bytes:
    try:
        return read_mail(file, limit)
    except OSError as problem:
        raise click.UsageError(f"cannot read {file}: {problem.strerror}", click.get_current_context()) from problem


def _envelope(
    forward_path: str, reverse_path: str | None, client: str | None, helo: str, received_at: datetime
) -> Envelope:
    """As SMTP from a trusted network would bring it, or from `client`; an unknown envelope sender only a pipe has."""
    sender = parsed_reverse_path(reverse_path)
    if client is None:
        channel = Channel.PIPE if sender is None else Channel.SMTP
        return Envelope(channel, sender, (forward_path,), received_at)
    if sender is None:
        raise click.UsageError("--client needs --from", click.get_current_context())
    try:
        peer = str(ip_address(client))
    except ValueError:
        raise click.UsageError(f"not an IP address: {client}", click.get_current_context()) from None
    return Envelope(Channel.SMTP, sender, (forward_path,), received_at, peer=peer, helo=helo, is_trusted_client=False)


async def _explain(chosen: Settings, envelope: Envelope, at: datetime | None, raw: bytes) -> dict[str, Any]:
    async with database_of(chosen) as database:
        world = await view_world(chosen, database)
        (forward_path,) = envelope.forward_paths
        destination = world.directory.find(forward_path)
        if destination is None:
            raise UnknownRecipient(f"no mailbox here: {forward_path}")
        location = chosen.locations[destination.location]
        now = in_zone(at, location.opening_hours.zone) if at else envelope.received_at
        envelope = replace(envelope, received_at=now)
        reader = ReaderPool(load_sources(chosen.source_folders))
        check = SenderCheck(Resolver(), lambda: reader)
        senders = Senders(lambda: check)
        try:
            async with database.view() as tx:
                explanation = await explained(tx, world, reader, senders, location, envelope, raw, now)
        finally:
            check.close()
            await reader.close()
    return document_of(explanation)


def document_of(explanation: Explanation) -> dict[str, Any]:
    """The JSON of `explain` (interface.md); the first enquiry's lead stands at the top, further ones in `further`."""
    decision, reading = explanation.decision, explanation.reading
    zone = explanation.location.opening_hours.zone
    steps = [_step(step, zone) for step in decision.steps]
    first = steps[0] if steps else _NO_STEP
    return {
        "outcome": str(decision.outcome),
        "reason": decision.reason,
        "source": reading.source or None,
        "needs_review": decision.needs_review,
        **first,
        "further": steps[1:],
        "verdicts": {
            name: {"value": verdict.value, "evidence": list(verdict.evidence)}
            for name, verdict in (
                ("lead", reading.verdicts.lead),
                ("answerable", reading.verdicts.answerable),
                ("loop", reading.verdicts.loop),
            )
        }
        | {
            "sender": {
                "value": str(explanation.authentication.verdict),
                "evidence": list(explanation.authentication.evidence),
            }
        },
        "rules": [{"rule": r.rule, "matched": r.matched, "value": r.value, "why": r.why} for r in decision.trace],
        "mails": [
            {
                "kind": str(mail.intent.kind),
                "to": list(mail.to),
                "not_before": instant(mail.intent.not_before, zone),
                "withheld_by": mail.withheld_by or None,
                "why": mail.intent.why or None,
            }
            for mail in explanation.mails
        ],
    }


_NO_STEP: dict[str, Any] = {
    "lead": None,
    "location": None,
    "contact": None,
    "vehicle": None,
    "fields": {},
    "assignee": None,
    "assignment_reason": None,
    "candidates": [],
    "timers": [],
}


def _step(step: OpenLead | JoinLead, zone: str) -> dict[str, Any]:
    shown = _NO_STEP | _prospect(step.prospect)
    shown["timers"] = [timer_row(timer, zone) for timer in step.timers]
    if isinstance(step, JoinLead):
        joined = step.lead
        reason = str(joined.assignment_reason)
        return shown | {
            "lead": joined.number, "location": joined.location, "assignee": joined.assignee,
            "assignment_reason": reason,
        }  # fmt: skip
    assignment = step.assignment
    return shown | {
        "location": step.location,
        "assignee": assignment.assignee,
        "assignment_reason": str(assignment.reason),
        "candidates": [{"user": c.user, "eligible": c.eligible, "why": c.why} for c in assignment.candidates],
    }


def _prospect(prospect: Prospect | None) -> dict[str, Any]:
    if prospect is None:
        return {}
    person, vehicle = prospect.contact, prospect.vehicle
    return {
        "contact": {
            "name": person.name,
            "email": person.email,
            "email_is_relay": person.email_is_relay,
            "phones": list(person.phones),
        },
        "vehicle": None
        if vehicle is None
        else {n: getattr(vehicle, n) for n in ("title", "make", "model", "internal_number", "ad_id", "vin", "url")},
        "fields": {
            name: {"value": p.value, "raw": p.raw, "where": p.where, "rule": p.rule, "confidence": p.confidence}
            for name, p in prospect.provenance.items()
        },
    }


def _print(document: dict[str, Any]) -> None:
    click.echo(f"outcome: {document['outcome']}  ({document['reason']})   source: {document['source'] or '-'}")
    sender = document["verdicts"]["sender"]
    click.echo(f"sender: {sender['value']}" + "".join(f"\n  {line}" for line in sender["evidence"]))
    contact = document["contact"] or {}
    if document["assignee"]:
        click.echo(f"customer: {contact.get('name') or '-'}  {contact.get('email') or '-'}")
        click.echo(f"lead at {document['location']} for {document['assignee']} ({document['assignment_reason']})")
    for title, rows, columns in (
        ("what was read", [{"field": k, **v} for k, v in document["fields"].items()],
         ("field", "value", "where", "rule", "confidence")),
        ("rules, in order", document["rules"], ("matched", "rule", "value", "why")),
        ("who was looked at", document["candidates"], ("user", "eligible", "why")),
        ("timers", document["timers"], ("kind", "due_at", "send_at", "state", "why")),
        ("mails that would leave", document["mails"], ("kind", "to", "not_before", "withheld_by")),
    ):  # fmt: skip
        if rows:
            click.echo(f"\n{title}:")
            print_table(rows, columns, "")
