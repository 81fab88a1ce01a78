"""`leadmaild doctor` looks at real servers on loopback, says what to mend, and sends nothing."""

import json
import subprocess
import sys

import pytest

from leadmaild.authentication.signing import read_key
from leadmaild.doctor import domains, machine
from leadmaild.doctor.examine import examine
from leadmaild.doctor.finding import Status
from leadmaild.errors import Problem
from leadmaild.settings_files import load_settings
from tests.dealership import write_settings
from tests.integration.certificates import certificate
from tests.integration.dovecot import USER, dovecot, running_dovecot
from tests.integration.name_server import BROKEN, name_server, resolver_of

__all__ = ["certificate", "dovecot", "running_dovecot"]

DOMAIN, RELAY, HOST = "dein.auto", "relay.example", "mx.dein.auto"
KNOWN = {
    DOMAIN: {"TXT": ["some=thing", "v=spf1 ip4:192.0.2.5 -all"]},
    RELAY: {"A": ["192.0.2.5"]},
    f"_dmarc.{DOMAIN}": {"TXT": ["v=DMARC1; p=none"]},
}
OK, WARNING, FAILED = Status


def looked(look, zone, *about):
    with name_server(zone) as server:
        found = look(resolver_of(server), *about)
    assert found.advice or found.status is OK
    return found


@pytest.mark.rule("SP-20")
@pytest.mark.parametrize(
    ("records", "status"),
    [
        (["v=spf1 ip4:192.0.2.5 -all"], OK),
        (["v=spf1 a:relay.example ~all", "x"], OK),
        (["v=spf1 ip4:198.51.100.1 -all"], WARNING),
        (["x"], FAILED),
        ([], FAILED),
        (["v=spf1 -all", "v=spf1 ip4:192.0.2.5 -all"], FAILED),
        (["v=spf1 +all"], FAILED),
        (["v=spf1 ip4:nonsense -all"], FAILED),
        (BROKEN, FAILED),
    ],
)
def test_the_domain_must_let_the_relay_send_for_it(records, status):
    found = looked(domains.spf, KNOWN | {DOMAIN: {"TXT": records}}, DOMAIN, RELAY, HOST)
    assert (found.check, found.about, found.status) == ("spf", DOMAIN, status)


def test_what_to_publish_is_told_word_for_word(dkim_key):
    key = read_key(dkim_key.path.read_text())
    found = looked(domains.dkim, {}, DOMAIN, "k1", key)
    assert found.status is FAILED
    assert found.advice == f"publish TXT at k1._domainkey.{DOMAIN}: {dkim_key.record}"
    assert "v=spf1 ip4:192.0.2.5 -all" in looked(domains.spf, {}, DOMAIN, "192.0.2.5", HOST).advice


@pytest.mark.rule("SP-20")
def test_the_key_in_dns_must_be_ours(dkim_key):
    key = read_key(dkim_key.path.read_text())
    assert looked(domains.dkim, dkim_key.zone(DOMAIN), DOMAIN, "k1", key).status is OK
    other = {f"k1._domainkey.{DOMAIN}": {"TXT": ["v=DKIM1; p=AAAA"]}}
    assert looked(domains.dkim, other, DOMAIN, "k1", key).status is FAILED


@pytest.mark.parametrize(
    ("zone", "status"),
    [
        ({HOST: {"A": ["8.8.8.8"]}, "8.8.8.8.in-addr.arpa": {"PTR": [HOST]}}, OK),
        ({HOST: {"A": ["8.8.8.8"]}, "8.8.8.8.in-addr.arpa": {"PTR": ["other.example"]}}, WARNING),
        ({HOST: {"A": ["8.8.8.8"]}}, WARNING),
        ({HOST: {"A": ["10.0.0.1"]}}, WARNING),
        ({}, FAILED),
        ({HOST: {"A": BROKEN}}, FAILED),
    ],
)
def test_our_name_must_lead_to_us_and_back(zone, status):
    assert looked(domains.ptr, zone, HOST).status is status


def test_a_policy_of_the_registered_domain_counts():
    assert looked(domains.dmarc, KNOWN, DOMAIN).status is OK
    assert looked(domains.dmarc, KNOWN, f"leads.{DOMAIN}").status is OK
    assert looked(domains.dmarc, KNOWN, "other.example").status is WARNING


@pytest.mark.asyncio
async def test_a_relay_that_lets_us_in_is_told_from_one_that_does_not(tmp_path, sink, dkim_key):
    signed = f'dkim_selector = "k1"\ndkim_key = "file:{dkim_key.path}"'
    outbound = 'host = "127.0.0.1"\nport = {port}\ntls = "none"\n' + signed
    zone = {DOMAIN: {"TXT": ["v=spf1 ip4:127.0.0.1 -all"]}} | dkim_key.zone(DOMAIN)
    with name_server(zone) as server:
        settings = load_settings(write_settings(tmp_path, outbound=outbound.format(port=sink.port)))
        found = {f.check: f for f in await examine(settings, (), resolver_of(server))}
        nobody = load_settings(write_settings(tmp_path, outbound=outbound.format(port=1)))
        alone = {f.check: f for f in await examine(nobody, (), resolver_of(server))}
    assert len(sink.sessions) == 1
    assert sink.mails == []
    assert {check: found[check].status for check in ("relay", "spf", "dkim", "dmarc", "ptr", "database")} == {
        "relay": OK, "spf": OK, "dkim": OK, "dmarc": WARNING, "ptr": FAILED, "database": FAILED,
    }  # fmt: skip
    assert alone["relay"].status is FAILED
    assert "port 1" in alone["relay"].message


@pytest.mark.component
@pytest.mark.asyncio
async def test_a_mailbox_is_logged_in_to(tmp_path, dovecot, monkeypatch):
    monkeypatch.setenv("RIGHT", "secret")
    monkeypatch.setenv("WRONG", "guessed")
    box = (
        '[[imap]]\nname = "{name}"\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nuser = "{user}"\n'
        'password = "env:{secret}"\ndeliver_to = "autohaus-beispiel@dein.auto"\n'
    )
    boxes = [("good", "RIGHT"), ("wrong", "WRONG")]
    more = "".join(box.format(name=name, port=dovecot.imap, user=USER, secret=secret) for name, secret in boxes)
    settings = load_settings(write_settings(tmp_path, more=more))
    with name_server({}) as server:
        found = [f for f in await examine(settings, (), resolver_of(server)) if f.check == "mailbox"]
    assert [(f.about, f.status) for f in found] == [("good", OK), ("wrong", FAILED)]


def test_a_full_disk_and_a_secret_others_read_are_named(tmp_path, monkeypatch):
    secret = tmp_path / "password"
    secret.write_text("x\n")
    secret.chmod(0o600)
    outbound = f'host = "127.0.0.1"\nuser = "u"\npassword = "file:{secret}"'
    settings = load_settings(write_settings(tmp_path, outbound=outbound))
    assert [(f.about, f.status) for f in machine.secrets(settings.written)] == [("outbound default: password", OK)]
    secret.chmod(0o644)
    (found,) = machine.secrets(settings.written)
    assert found.status is FAILED
    assert "chmod 600" in found.message
    assert machine.disk(tmp_path).status in (OK, WARNING, FAILED)
    assert machine.clock().status in (OK, WARNING)


@pytest.mark.asyncio
async def test_wrong_settings_are_told_beside_the_rest(tmp_path):
    settings = load_settings(write_settings(tmp_path))
    with name_server({}) as server:
        found = await examine(settings, (Problem("smtp.listen", "is wrong"),), resolver_of(server))
    assert (found[0].check, found[0].about, found[0].status) == ("settings", "smtp.listen", FAILED)


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "leadmaild", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_prints_a_line_a_check_or_json_and_says_so_by_its_exit_code(tmp_path):
    path = write_settings(tmp_path)
    path.write_text(path.read_text().replace('hostname = "mx.dein.auto"', "").replace('listen = ["127.0.0.1:0"]', ""))
    before = run("doctor", "-c", path)
    assert before.returncode == 69, before
    assert "is not there yet; run `leadmaild migrate`" in before.stdout
    assert run("migrate", "-c", path).returncode == 0
    after = run("doctor", "--json", "-c", path)
    assert after.returncode == 0, after
    assert {"check", "about", "status", "message", "advice"} == set(json.loads(after.stdout)[0])
    path.write_text(path.read_text().replace("[smtp]", "[smtp]\nnonsense = 1"))
    wrong = run("doctor", "-c", path)
    assert wrong.returncode == 78, wrong
    assert wrong.stdout.startswith("failed   settings  smtp.nonsense")
