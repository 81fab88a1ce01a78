"""The `leadmaild` command: finds the subcommand, turns what goes wrong into one line and a sysexits code."""

import errno
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from leadmaild import __version__
from leadmaild.errors import ConfigError, NotFound, Refused, Unavailable, UnknownRecipient
from leadmaild.loading import loading

EX_OK, EX_USAGE, EX_DATAERR, EX_NOUSER, EX_UNAVAILABLE, EX_CONFIG = 0, 64, 65, 67, 69, 78
EX_DIFFERENCE = 1  # `audit`: something does not add up

# Where each command is, and what `--help` says of it. Imported only when called: a pipe from an MTA must not wait for
# the whole house, nor must somebody who asks for help.
_COMMANDS = {
    "audit": ("leadmaild.cli.audit:audit", "Draw up the balance: does everything taken in and sent add up?"),
    "calendar": ("leadmaild.cli.calendar:calendar", "When a location is open; import, take out, restore days off."),
    "check-config": ("leadmaild.cli.check_config:check_config", "Check the settings: every error and warning at once."),
    "contacts": ("leadmaild.cli.contacts:contacts", "Contacts: who enquires, with all their leads."),
    "deliver": ("leadmaild.cli.deliver:deliver", "Hand one mail to the journal, as a pipe from an MTA does."),
    "doctor": ("leadmaild.cli.doctor:doctor", "Look at DNS, relays, mailboxes, disk, clock, secrets: what to mend."),
    "distribution": ("leadmaild.cli.distribution:distribution", "Who gets new leads: turns, warnings, what-if."),
    "explain": ("leadmaild.cli.explain:explain", "Say what the gateway would do with a mail now, and why."),
    "gdpr": ("leadmaild.cli.gdpr:gdpr", "What is kept about people: export, erase, retention."),
    "journal": ("leadmaild.cli.journal:journal", "Mails taken in."),
    "leads": ("leadmaild.cli.leads:leads", "Leads."),
    "mailbox": ("leadmaild.cli.mailbox:mailbox", "Look into an IMAP mailbox before it is watched."),
    "migrate": ("leadmaild.cli.migrate:migrate", "Bring the database to this version (serve does it too)."),
    "parse": ("leadmaild.cli.parse:parse", "Read mails and print what is found in them."),
    "people": ("leadmaild.cli.people:people", "Users: flags, groups, absences, who gets leads now."),
    "queue": ("leadmaild.cli.queue:queue", "Outgoing mail."),
    "reload": ("leadmaild.cli.reload:reload", "Have the daemon take its settings files anew."),
    "serve": ("leadmaild.cli.serve:serve", "Run the gateway until it is told to stop."),
    "settings": ("leadmaild.cli.settings_log:settings", "What was changed in the settings, by whom, when."),
    "sources": ("leadmaild.cli.sources:sources", "Source definitions: how the mails of each portal are read."),
    "status": ("leadmaild.cli.status:status", "Show on one screen whether mail flows."),
    "stock": ("leadmaild.cli.stock:stock", "The dealer's vehicles: import, list, show."),
    "suppression": ("leadmaild.cli.suppression:suppression", "Addresses that get no automatic mail."),
    "template": ("leadmaild.cli.template:template", "See how mails to customers look."),
    "timeline": ("leadmaild.cli.timeline:timeline", "Show the escalation timeline a lead or a follow-up would have."),
}


class _LazyGroup(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        if module not in sys.modules:
            with loading():
                import_module(module)
        command: click.Command = getattr(sys.modules[module], attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, _COMMANDS[name][1]) for name in sorted(_COMMANDS)])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="leadmaild")
@click.option("-c", "--config", type=click.Path(path_type=Path), help="The settings file.")
@click.pass_context
def leadmaild(ctx: click.Context, config: Path | None) -> None:
    """Mail gateway that turns car dealers' enquiry mail into leads, answers at once and watches the clock."""
    ctx.obj = config


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code. Never a traceback for what the caller can mend."""
    try:
        result = leadmaild.main(list(arguments), prog_name="leadmaild", standalone_mode=False)
        sys.stdout.flush()  # here, where what goes wrong with it is still told in one line
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        return 130
    except click.ClickException as wrong:
        return _say(_one_line(wrong), EX_USAGE)
    except ConfigError as wrong:
        return _say(
            "\n".join(f"  {problem}" for problem in wrong.problems), EX_CONFIG, "the settings cannot be used:\n"
        )
    except UnknownRecipient as wrong:
        return _say(str(wrong), EX_NOUSER)
    except (Refused, NotFound) as wrong:
        return _say(str(wrong), EX_DATAERR)
    except Unavailable as wrong:
        return _say(str(wrong), EX_UNAVAILABLE)
    except BrokenPipeError:
        # Whoever read our output has gone, `| head` for instance; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EX_OK
    except OverflowError:
        return _say("a number is too large", EX_DATAERR)
    except OSError as failure:
        if failure.errno not in (errno.ENOSPC, errno.EIO):
            raise
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  # what could not be written is lost; do not try again at exit
        return _say(f"the output cannot be written: {failure.strerror}", EX_UNAVAILABLE)
    return result if isinstance(result, int) else EX_OK


def _one_line(wrong: click.ClickException) -> str:
    message = " ".join(wrong.format_message().split())
    if isinstance(wrong, click.UsageError) and wrong.ctx is not None:
        return f"{message} (see: {wrong.ctx.command_path} --help)"
    return message


def _say(message: str, code: int, before: str = "") -> int:
    click.echo(f"leadmaild: {before}{message}", err=True)
    return code
