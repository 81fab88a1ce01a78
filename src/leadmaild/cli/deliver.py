"""`leadmaild deliver`: hands one mail to the journal, the pipe from an MTA. 0 only when it is durable (PF17)."""

from pathlib import Path

import click

from leadmaild.cli.mail_file import read_mail
from leadmaild.cli.main import EX_DATAERR, EX_NOUSER, EX_OK
from leadmaild.cli.options import config_option
from leadmaild.cli.session import require_database, run_async, settings
from leadmaild.config.model import Settings
from leadmaild.errors import LeadmaildError, Refused, UnknownRecipient
from leadmaild.model.address import ReversePath
from leadmaild.model.envelope import Channel, Envelope

EX_TEMPFAIL = 75


@click.command()
@click.option("--to", "forward_path", required=True, metavar="ADDR", help="The mailbox the mail is for.")
@click.option("--from", "reverse_path", metavar="ADDR", help='The envelope sender; "<>" = null; unknown if left out.')
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@config_option
@click.pass_context
def deliver(ctx: click.Context, forward_path: str, reverse_path: str | None, file: Path) -> None:
    """Hand one mail (FILE or standard input) to the journal. 0: taken; 67, 65: refused; 75: try again."""
    if str(file) != "-" and not file.is_file():
        raise click.UsageError(f"there is no file {file}", ctx)
    try:
        code = run_async(_deliver(settings(), forward_path, reverse_path, file))
    except UnknownRecipient as refusal:
        code = _say(str(refusal), EX_NOUSER)
    except LeadmaildError as failure:
        # Whatever is wrong with us, wrong settings included: the MTA keeps the mail and tries again.
        code = _say(f"try again later: {failure}", EX_TEMPFAIL)
    except Exception as failure:  # noqa: BLE001  # a bug of ours must not bounce a customer's mail
        code = _say(f"try again later: {type(failure).__name__}", EX_TEMPFAIL)
    ctx.exit(code)


async def _deliver(chosen: Settings, forward_path: str, reverse_path: str | None, file: Path) -> int:
    try:
        content = read_mail(file, chosen.smtp.max_message_size)
    except Refused as too_large:
        return _say(str(too_large), EX_DATAERR)
    require_database(chosen)
    from leadmaild.foundation import build_door  # after the cheap refusals

    async with build_door(chosen) as (door, clock):
        if door.refusal_for(forward_path) is not None:
            raise UnknownRecipient(f"no mailbox here: {forward_path}")
        envelope = Envelope(Channel.PIPE, parsed_reverse_path(reverse_path), (forward_path,), clock.now())
        reply = await door.accept(envelope, content)
    if reply.is_positive:
        return EX_OK
    return _say(f"try again later: {reply.text}", EX_TEMPFAIL)


def parsed_reverse_path(text: str | None) -> ReversePath | None:
    """What --from says: None = unknown, "<>" or "" = the null reverse-path (AR-01)."""
    return None if text is None else ReversePath(text.strip().removeprefix("<").removesuffix(">"))


def _say(message: str, code: int) -> int:
    click.echo(f"leadmaild: {message}", err=True)
    return code
