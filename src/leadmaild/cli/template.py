"""`leadmaild template`: see how mails to customers look, before one does (R109)."""

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import click

from leadmaild.cli.options import config_option
from leadmaild.cli.session import database_of, run_async, settings, view_of
from leadmaild.clock import RandomIds, SystemClock
from leadmaild.commands.templates import TemplateTest, queue_template_test
from leadmaild.config.model import Settings
from leadmaild.pipeline.preview import Addressing, ShownLead, preview_facts, shown_lead
from leadmaild.writing.compose import MailComposer
from leadmaild.writing.template_check import check_templates


@click.group()
def template() -> None:
    """See how mails to customers look."""


@template.command()
@click.option("--location", "code", required=True, metavar="CODE", help="The location.")
@click.option("--group", default="", help="The template of this distribution group.")
@click.option("--language", default="", help="In this language (default: the location's, or the lead's).")
@click.option("--lead", "number", type=int, metavar="N", help="With the facts of this lead; else with stand-ins.")
@click.option("--send-to", "username", metavar="USER", help="Also queue it as a test mail to this user.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=".", help="Where the files go.")
@config_option
def preview(code: str, group: str, language: str, number: int | None, username: str | None, out: Path) -> None:
    """Write the automatic answer as .eml and .html, with stand-ins for what is not there; no lead is made."""
    chosen = settings()
    check_templates(chosen)
    test = TemplateTest(code, group, language, number)
    raw = _composed(chosen, test, run_async(_shown(chosen, number)) if number is not None else None)
    out.mkdir(parents=True, exist_ok=True)
    stem = "-".join(part for part in ("template", code, group, language) if part).replace("/", "_")
    for path, content in ((out / f"{stem}.eml", raw), (out / f"{stem}.html", page_of(raw))):
        path.write_bytes(content)
        click.echo(path)
    if username:
        click.echo(_sent(chosen, test, username))


async def _shown(chosen: Settings, number: int) -> ShownLead:
    async with view_of(chosen) as tx:
        return await shown_lead(tx, number)


def _composed(chosen: Settings, test: TemplateTest, shown: ShownLead | None) -> bytes:
    mailbox = chosen.sender_mailbox(chosen.location(test.location))
    domain = mailbox.rpartition("@")[2] or "localhost"
    addressing = Addressing(f"<out.0.0@leads.{domain}>", mailbox, mailbox, mailbox, "preview")
    facts = preview_facts(chosen, test, shown, addressing, SystemClock().now())
    return MailComposer(str(chosen.gateway.templates or "")).compose(facts).raw


def page_of(raw: bytes) -> bytes:
    """The HTML part of a mail of ours as a page that a browser shows as a mail program would, graphics included."""
    mail = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    body = mail.get_body(("html",))
    html: str = body.get_content() if body else ""
    for part in mail.walk():
        if content_id := str(part.get("Content-ID", "")).strip("<>"):
            content = base64.b64encode(part.get_payload(decode=True) or b"").decode()  # type: ignore[arg-type]
            html = html.replace(f"cid:{content_id}", f"data:{part.get_content_type()};base64,{content}")
    return html.encode()


def _sent(chosen: Settings, test: TemplateTest, username: str) -> str:
    queue_id = run_async(_queue(chosen, test, username))
    if not chosen.location(test.location).send_emails:
        return f"queued as mail {queue_id}; {test.location} sends no e-mails, so it is kept and does not leave (R53)"
    return f"queued as mail {queue_id} to {username}"


async def _queue(chosen: Settings, test: TemplateTest, username: str) -> int:
    async with database_of(chosen) as database:
        now = SystemClock().now()
        return await queue_template_test(database, chosen, test, username, f"template_test:{RandomIds().new()}", now)
