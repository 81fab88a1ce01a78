"""`leadmaild mailbox inspect` against a real Dovecot: it counts, and leaves everything as it was."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from leadmaild.cli.main import leadmaild
from leadmaild.errors import NotFound, Refused, Unavailable
from tests.acceptance.mails import portal_enquiry
from tests.dealership import MAILBOX, enquiry, write_settings
from tests.integration.certificates import certificate
from tests.integration.dovecot import USER, Dovecot, dovecot, running_dovecot

__all__ = ["certificate", "dovecot", "running_dovecot"]

pytestmark = [pytest.mark.component, pytest.mark.timeout(60)]

NEWSLETTER = (
    b"From: news@teile.example\r\nTo: autohaus-beispiel@dein.auto\r\nSubject: Angebote der Woche\r\n"
    b"List-Unsubscribe: <https://teile.example/x>\r\nList-Id: <news.teile.example>\r\nPrecedence: bulk\r\n"
    b"Content-Type: text/plain\r\n\r\nNur diese Woche: Winterreifen.\r\n"
)


def settings_of(place: Path, server: Dovecot, **changed: object) -> Path:
    secret = place / "imap.password"
    secret.write_text("secret\n", "utf-8")
    secret.chmod(0o600)
    box = {
        "name": "muc", "enabled": True, "host": "127.0.0.1", "port": server.imap, "tls": "none", "user": USER,
        "password": "file:imap.password", "deliver_to": MAILBOX,
    } | changed  # fmt: skip
    return write_settings(place, more="[[imap]]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in box.items()))


def inspect(path: Path, *arguments: str):
    return CliRunner().invoke(leadmaild, ["-c", str(path), "mailbox", "inspect", "muc", *arguments])


def state_of(server: Dovecot) -> dict[str, bytes]:
    return {str(file.relative_to(server.folder())): file.read_bytes() for file in server.files()}


@pytest.mark.rule("PF1")
def test_it_counts_mails_leads_and_the_oldest_and_changes_nothing(dovecot: Dovecot, tmp_path):
    for content in (enquiry(1), portal_enquiry(), NEWSLETTER):
        dovecot.deliver(content)
    before = state_of(dovecot)
    path = settings_of(tmp_path, dovecot, enabled=False)  # before it is watched
    result = inspect(path, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["mails"], found["read"], found["leads"], found["too_large"]) == (3, 3, 2, 0)
    assert found["classifications"] == {"lead": 2, "newsletter": 1}
    assert found["sources"]["mobile.de"] == 1
    assert found["oldest_at"] <= found["newest_at"]
    assert found["oldest_at"].startswith("20")
    assert result.stderr == ""
    assert state_of(dovecot) == before
    assert all(name.startswith("new/") for name in before)  # nobody has read them
    assert not (tmp_path / "leadmaild.db").exists()


def test_the_newest_mails_can_be_read_alone_and_large_ones_are_only_counted(dovecot: Dovecot, tmp_path):
    for number in (1, 2, 3):
        dovecot.deliver(enquiry(number))
    path = settings_of(tmp_path, dovecot)
    found = json.loads(inspect(path, "--limit", "2", "--json").stdout)
    assert (found["mails"], found["read"]) == (3, 2)
    path.write_text(path.read_text("utf-8").replace("[smtp]", '[smtp]\nmax_message_size = "1KiB"'), "utf-8")
    dovecot.deliver(enquiry(4, text="Guten Tag. " * 200))
    found = json.loads(inspect(path, "--json").stdout)
    assert (found["mails"], found["read"], found["too_large"]) == (4, 3, 1)


def test_an_empty_folder_has_no_oldest_mail(dovecot: Dovecot, tmp_path):
    result = inspect(settings_of(tmp_path, dovecot))
    assert result.exit_code == 0
    assert "mails: 0" in result.output
    assert "oldest_at: -" in result.output


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"name": "other"}, NotFound, 'there is no mailbox "muc"; the settings have: other'),
        ({"enabled": False, "password": ""}, Refused, "has no password yet"),
        ({"folder": "Nowhere"}, Refused, "no folder 'Nowhere'"),
        ({"user": "nobody@dealer.example"}, Refused, "refuses the log-in"),
        ({"port": 1}, Unavailable, "no connection: Connection refused"),
    ],
)
def test_what_cannot_be_looked_into_is_said_in_words(dovecot: Dovecot, tmp_path, changed, error, words):
    result = inspect(settings_of(tmp_path, dovecot, **changed))
    assert isinstance(result.exception, error)
    assert words in str(result.exception)
