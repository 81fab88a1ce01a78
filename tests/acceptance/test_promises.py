"""What scripts are written against is there: each command, option, value, exit code and JSON key that was promised."""

import json

import click
import pytest

from leadmaild.cli.main import _COMMANDS, leadmaild, run
from leadmaild.escalation.colour import Colour
from leadmaild.maillog import Event
from leadmaild.model.decision import MailKind
from leadmaild.model.lead import AssignmentReason, LeadState, Outcome, TimerKind
from leadmaild.model.outgoing import OutboxState
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate
from tests.acceptance import promises
from tests.acceptance.daemon import House
from tests.dealership import MAILBOX, enquiry, write_settings

MAIL = "mail.eml"  # stands for an enquiry in a file


def _command(name: str) -> click.Command:
    found: click.Command = leadmaild
    for word in name.split():
        assert isinstance(found, click.Group)
        inner = found.get_command(click.Context(found), word)
        assert inner is not None, name
        found = inner
    return found


def _words_of(command: click.Command) -> set[str]:
    context = click.Context(command)
    options = {word for one in command.params if isinstance(one, click.Option) for word in one.opts}
    return options | {one.make_metavar(context) for one in command.params if isinstance(one, click.Argument)}


def _every_command(command: click.Command, path: tuple[str, ...] = ()) -> list[str]:
    if not isinstance(command, click.Group):
        return [" ".join(path)]
    context = click.Context(command)
    inner = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [found for name, one in inner if one is not None for found in _every_command(one, (*path, name))]


@pytest.mark.parametrize("name", promises.COMMANDS)
def test_a_command_takes_what_was_promised(name):
    has = {word.strip("[]") for word in _words_of(_command(name))}
    assert {*promises.COMMANDS[name].split(), "-c", "--config"} - has == set()


def test_no_command_is_without_a_promise():
    assert sorted(_every_command(leadmaild)) == sorted(promises.COMMANDS)
    assert {name.split()[0] for name in promises.COMMANDS} == set(_COMMANDS)


@pytest.mark.parametrize(
    ("kinds", "promised"),
    [
        (Outcome, promises.OUTCOMES),
        (MailKind, promises.MAIL_KINDS),
        (OutboxState, promises.QUEUE_STATES),
        (AssignmentReason, promises.ASSIGNMENT_REASONS),
        (TimerKind, promises.TIMER_KINDS),
        (Colour, promises.COLOURS),
        (LeadState, promises.LEAD_STATES),
        (Event, promises.EVENTS),
    ],
)
def test_values_keep_their_names(kinds, promised):
    assert set(promised.split()) - set(kinds) == set()


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (64, ["leads", "nonsense"]),
        (64, ["leads", "close", "1", "--by", "mueller", "--nonsense"]),
        (65, ["leads", "show", "999999"]),
        (65, ["parse", "no-such-file.eml"]),
        (67, ["deliver", "--to", "niemand@dein.auto", MAIL]),
        (69, ["leads", "list"]),
        (75, ["deliver", "--to", MAILBOX, MAIL]),
        (78, ["check-config"]),
        (78, ["leads", "list"]),
        (0, ["check-config"]),
        (0, ["audit"]),
        (0, ["deliver", "--to", MAILBOX, MAIL]),
    ],
    ids=lambda value: value if isinstance(value, int) else " ".join(value[:2]),
)
def test_exit_codes_are_those_of_sysexits(tmp_path, capsys, code, arguments):
    settings = write_settings(tmp_path, location="" if code != 78 else 'nonsense = "x"')
    mail = tmp_path / "mail.eml"
    mail.write_bytes(enquiry(1))
    if code not in (69, 75, 78):
        migrate(database_url("sqlite:///leadmaild.db", tmp_path))
    assert run(["-c", str(settings), *(str(mail) if word == MAIL else word for word in arguments)]) == code
    if code and arguments[0] in ("leads", "deliver"):
        assert capsys.readouterr().err.startswith("leadmaild: ")


def test_json_has_the_keys_that_were_promised(house: House, tmp_path, capsys):
    daemon = house.daemon().start()
    assert daemon.send(enquiry(1))[0] == 250
    daemon.wait_for("mail_sent")

    (lead,) = daemon.json("leads", "list")
    for shown in (lead, daemon.json("leads", "show", str(lead["number"]))):
        assert _missing(promises.LEAD_KEYS, shown) == set()
        assert _missing(promises.CONTACT_KEYS, shown["contact"]) == set()
    (entry,) = daemon.json("journal", "list")
    assert _missing(promises.JOURNAL_KEYS, entry) == set()
    for mail in daemon.json("queue", "list"):
        assert _missing(promises.QUEUE_KEYS, mail) == set()
    timeline = daemon.json("timeline", "--lead", str(lead["number"]))
    assert timeline
    assert [event for event in timeline if _missing(promises.TIMELINE_KEYS, event)] == []

    mail = tmp_path / "mail.eml"
    mail.write_bytes(enquiry(2))
    told = daemon.json("explain", "--to", MAILBOX, str(mail))
    assert _missing(promises.EXPLAIN_KEYS, told) == set()
    for keys, rows in (
        (promises.CANDIDATE_KEYS, told["candidates"]),
        (promises.RULE_KEYS, told["rules"]),
        (promises.EXPLAINED_MAIL_KEYS, told["mails"]),
    ):
        assert rows
        assert [row for row in rows if _missing(keys, row)] == []

    assert run(["parse", "--json", str(mail), str(mail)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["file"] for line in lines] == [str(mail)] * 2
    assert daemon.stop() == 0


def _missing(promised: str, shown: dict) -> set[str]:
    return set(promised.split()) - shown.keys()
