"""`explain` shows who sent a mail and why we think so; it asks DNS only where it is told to."""

import json

import pytest
from click.testing import CliRunner

from leadmaild.cli.main import leadmaild
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate
from tests.dealership import MAILBOX, enquiry, write_settings
from tests.integration.name_server import name_server, resolver_of

REPORTED = b"Authentication-Results: mx.dein.auto; dmarc=fail (p=none) header.from=kunden.example\r\n"
ZONE = {
    "kunden.example": {"TXT": ["v=spf1 ip4:192.0.2.7 -all"]},
    "_dmarc.kunden.example": {"TXT": ["v=DMARC1; p=reject"]},
}


@pytest.fixture
def settings(tmp_path):
    path = write_settings(tmp_path, smtp='authserv_id = "mx.dein.auto"')
    migrate(database_url("sqlite:///leadmaild.db", tmp_path))
    return path


def explain(settings, mail, *more):
    arguments = ["-c", str(settings), "explain", "--to", MAILBOX, *more, "-"]
    return CliRunner().invoke(leadmaild, arguments, input=mail, standalone_mode=False)


@pytest.mark.rule("AR-14")
def test_the_verdict_of_our_own_server_is_shown_with_its_evidence(settings):
    done = explain(settings, REPORTED + enquiry(1), "--json")
    document = json.loads(done.stdout)
    assert document["verdicts"]["sender"] == {
        "value": "failed",
        "evidence": ["dmarc=fail header.from=kunden.example"],
    }
    (answer,) = [mail for mail in document["mails"] if mail["kind"] == "autoresponse"]
    assert answer["withheld_by"] == "AR-14"
    assert "sender: failed\n  dmarc=fail" in explain(settings, REPORTED + enquiry(1)).stdout


@pytest.mark.rule("AR-14")
@pytest.mark.parametrize(("client", "verdict"), [("192.0.2.7", "authenticated"), ("203.0.113.1", "failed")])
def test_a_delivery_to_our_mx_can_be_tried_out(settings, client, verdict, monkeypatch):
    with name_server(ZONE) as server:
        monkeypatch.setattr("leadmaild.cli.explain.Resolver", lambda: resolver_of(server))
        done = explain(settings, enquiry(1), "--json", "--from", "a@kunden.example", "--client", client)
    assert json.loads(done.stdout)["verdicts"]["sender"]["value"] == verdict


@pytest.mark.parametrize(
    ("more", "told"),
    [(["--client", "192.0.2.7"], "--client needs --from"), (["--from", "<>", "--client", "mx.example"], "not an IP")],
)
def test_half_a_delivery_is_a_wrong_call(settings, more, told):
    done = explain(settings, enquiry(1), *more)
    assert told in str(done.exception)
