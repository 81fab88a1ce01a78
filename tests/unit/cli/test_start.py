"""How commands start: what they import, how they name themselves."""

import subprocess
import sys

import pytest
from click.testing import CliRunner

from leadmaild.cli.main import _COMMANDS, leadmaild

# What only the daemon, or only one command, needs.
HEAVY = (
    "jinja2",
    "reportlab",
    "aiosmtplib",
    "aiosmtpd",
    "aioimaplib",
    "selectolax",
    "re2",
    "phonenumbers",
    "icalendar",
    "dkim",
    "dns",
    "publicsuffixlist",
    "spf",
)


def modules_after(code):
    shown = f"{code}\nimport sys; print(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True).stdout.split())


def test_help_lists_every_command_and_imports_none():
    result = CliRunner().invoke(leadmaild, ["--help"])
    assert result.exit_code == 0
    assert all(f"  {name} " in result.output for name in _COMMANDS)
    code = "from leadmaild.cli.main import run\nrun(['--help'])\nimport sys; sys.stdout.write('\\n')"
    assert not modules_after(code) & {"pydantic", "sqlalchemy", *HEAVY}


@pytest.mark.parametrize(("name", "target"), [(name, target) for name, (target, _) in _COMMANDS.items()])
def test_every_command_is_there(name, target):
    result = CliRunner().invoke(leadmaild, [name, "--help"])
    assert result.exit_code == 0
    assert f"leadmaild {name}" in result.output


@pytest.mark.rule("PF17")
def test_a_pipe_does_not_wait_for_what_only_the_daemon_needs():
    assert not modules_after("import leadmaild.cli.deliver, leadmaild.foundation") & set(HEAVY)


def test_the_daemon_asks_no_name_server_before_a_mail_makes_it():
    assert not modules_after("import leadmaild.daemon") & {"dkim", "dns", "publicsuffixlist", "spf"}


@pytest.mark.rule("R182")
def test_what_a_command_logs_never_mixes_with_its_result_nor_shows_foreign_text():
    code = (
        "from leadmaild.maillog import Event, log\n"
        "log(Event.LEAD_CLOSED, lead=1)\n"
        "log(Event.BUG, where='here', exc=ValueError('kunde1@kunden.example'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "leadmaild: bug where=here error=ValueError\n")


@pytest.mark.rule("R182")
def test_the_log_tells_a_problem_of_the_settings_without_the_address_in_it():
    code = (
        "from leadmaild.maillog import Event, log\n"
        "log(Event.CONFIG_REJECTED, path='location MUC', problem='\"chef@haus.example\" is a mailbox of ours')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == 'leadmaild: config_rejected path=location MUC problem="(address)" is a mailbox of ours\n'
