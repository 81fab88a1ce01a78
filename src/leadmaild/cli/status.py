"""`leadmaild status`: one screen that says whether mail flows: what listens, what waits and how old it is (PF67)."""

import socket
from dataclasses import asdict
from datetime import datetime
from typing import Any

import click

from leadmaild import __version__
from leadmaild.cli.main import EX_CONFIG, EX_OK
from leadmaild.cli.options import config_option, json_option
from leadmaild.cli.output import instant, print_json
from leadmaild.cli.session import database_of, run_async, settings_or_what_is_left, zone_of
from leadmaild.clock import SystemClock
from leadmaild.config.endpoints import Endpoint
from leadmaild.config.model import Settings
from leadmaild.config.process import ImapSettings
from leadmaild.errors import Unavailable
from leadmaild.foundation import machine_name, view_world
from leadmaild.model.health import MailboxStanding
from leadmaild.model.listing import Depths
from leadmaild.pipeline.settings_history import Answer, last_answer

_CONNECT_TIMEOUT_S = 0.5


@click.command()
@json_option
@config_option
def status(as_json: bool) -> None:
    """Show on one screen whether mail flows."""
    chosen, wrong = settings_or_what_is_left()
    try:
        depths, mailboxes, answer, learning = run_async(_look(chosen))
    except Unavailable:
        if wrong is not None:  # then this may not be the database that is in use
            raise wrong from None
        raise
    shown = _document(chosen, depths, SystemClock().now()) | {
        "mailboxes": [_mailbox(chosen, box, mailboxes.get(box.name)) for box in chosen.imap],
        "learning": [
            {"location": code, "until": instant(until, zone_of(chosen, code))} for code, until in learning.items()
        ],
        "rejected": asdict(answer) if answer and answer.problems else None,
        "errors": [asdict(problem) for problem in wrong.problems] if wrong else [],
    }
    if as_json:
        print_json(shown)
    else:
        _print(shown)
    click.get_current_context().exit(EX_CONFIG if wrong else EX_OK)


async def _look(
    chosen: Settings,
) -> tuple[Depths, dict[str, MailboxStanding], Answer | None, dict[str, datetime]]:
    async with database_of(chosen) as database:
        async with database.view() as tx:
            depths, mailboxes = await tx.listings.depths(), await tx.standing.mailboxes()
            answer = await last_answer(tx, machine_name())
        world = await view_world(chosen, database)
    ends = {code: world.learning_until(location) for code, location in chosen.locations.items()}
    now = SystemClock().now()
    return depths, mailboxes, answer, {code: until for code, until in ends.items() if until is not None and until > now}


def _document(chosen: Settings, depths: Depths, now: datetime) -> dict[str, Any]:
    others = (("lmtp", chosen.lmtp.listen), ("http", chosen.http.listen))
    endpoints = [
        *(("smtp", endpoint) for endpoint in chosen.smtp.listen),
        *((kind, endpoint) for kind, endpoint in others if endpoint),
    ]
    return {
        "version": __version__,
        "settings": str(chosen.path),
        "listeners": [{"kind": kind, "at": str(at), "answers": _answers(at)} for kind, at in endpoints],
        "last_mail_at": instant(depths.last_received_at),
        "journal": _by_state(depths.journal, now),
        "queue": _by_state(depths.outbox, now),
        "leads_open": depths.leads_open,
        "next_timer_at": instant(depths.next_timer_at),
        "warnings": [{"path": w.path, "message": w.message} for w in (*chosen.warnings, *chosen.not_in_force)],
    }


def _mailbox(chosen: Settings, box: ImapSettings, standing: MailboxStanding | None) -> dict[str, Any]:
    standing = standing or MailboxStanding()
    location = next((place for place in chosen.locations.values() if box.deliver_to in place.mailboxes), None)
    zone = zone_of(chosen, location.code if location else "")
    return {
        "name": box.name,
        "host": box.host,
        "last_success_at": instant(standing.last_success_at, zone),
        "problem": standing.problem or None,
        "lost_at": instant(standing.lost_at, zone),
    }


def _by_state(counted: Any, now: datetime) -> dict[str, Any]:
    return {
        state: {"count": count, "oldest_seconds": int((now - oldest).total_seconds()) if oldest else None}
        for state, (count, oldest) in sorted(counted.items())
    }


def _answers(at: Endpoint) -> bool:
    family = socket.AF_UNIX if at.path else socket.AF_INET6 if ":" in at.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(_CONNECT_TIMEOUT_S)
        try:
            probe.connect(at.path or (at.host, at.port))
        except OSError:
            return False
    return True


def _print(shown: dict[str, Any]) -> None:
    click.echo(f"leadmaild {shown['version']}   settings: {shown['settings']}")
    for listener in shown["listeners"]:
        click.echo(f"{listener['kind']:8} {listener['at']}  {'answers' if listener['answers'] else 'DOES NOT ANSWER'}")
    for mailbox in shown["mailboxes"]:
        last = f"last looked through {mailbox['last_success_at'] or 'never'}"
        lost = f"  LOST since {mailbox['lost_at']}: {mailbox['problem']}" if mailbox["problem"] else ""
        click.echo(f"imap     {mailbox['name']} at {mailbox['host']}  {last}{lost}")
    click.echo(f"last mail: {shown['last_mail_at'] or 'none yet'}   open leads: {shown['leads_open']}")
    for name in ("journal", "queue"):
        waiting = [f"{state} {c['count']} (oldest {_age(c['oldest_seconds'])})" for state, c in shown[name].items()]
        click.echo(f"{name + ':':9}{', '.join(waiting) or 'empty'}")
    click.echo(f"next timer: {shown['next_timer_at'] or 'none'}")
    for span in shown["learning"]:
        click.echo(f"{span['location']} learns until {span['until']}: automatic answers are recorded, not sent (AR-28)")
    for problem in shown["errors"]:
        click.echo(f"error in the settings files: {problem['path']}: {problem['message']}")
    if rejected := shown["rejected"]:
        click.echo(
            f"RELOAD REJECTED at {rejected['at']} on {rejected['machine']}; the settings before it are in force:"
        )
        for problem in rejected["problems"]:
            click.echo(f"  {problem['path']}: {problem['message']}")
    for warning in shown["warnings"]:
        click.echo(f"warning: {warning['path']}: {warning['message']}")


def _age(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    for unit, span in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= span:
            return f"{seconds // span} {unit}"
    return f"{seconds} s"
