"""Mail comes in through a real Postfix and out of a real Dovecot, and leaves through a real Postfix to the sink."""

import re
import smtplib
import time
from collections import Counter

import pytest

from tests.acceptance.daemon import PATIENCE_S, SHORT_LEASES, Daemon, House
from tests.dealership import MAILBOX, enquiry
from tests.integration.certificates import Certificate
from tests.integration.dovecot import USER, Dovecot, dovecot, running_dovecot
from tests.integration.loopback import free_port, server_folder, wait_until
from tests.integration.postfix import Postfix

__all__ = ["dovecot", "running_dovecot"]

pytestmark = [pytest.mark.component, pytest.mark.timeout(180)]

_SELLER = re.compile(r"(mueller|schmidt)@autohaus-beispiel\.example")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """The `database` setting of each kind."""
    if request.param == "sqlite":
        return "sqlite:///leadmaild.db"
    return request.getfixturevalue("postgres_url").replace("postgresql+psycopg://", "postgresql://")


def customer(number: int) -> str:
    return f"kunde@k{number}.example"


def mail_of(number: int) -> bytes:
    return enquiry(number, **{"from": f"Kunde Nummer{number} <{customer(number)}>"})


def post(dovecot: Dovecot, number: int) -> None:
    """Let the dealer's mail server put the customer's mail into the mailbox."""
    with smtplib.LMTP("127.0.0.1", dovecot.lmtp) as lmtp:
        assert lmtp.sendmail(customer(number), [USER], mail_of(number)) == {}


@pytest.mark.rule("SP-01")
@pytest.mark.parametrize("way", ["smtp", "lmtp over tcp", "lmtp over a unix socket"])
def test_mail_arrives_and_leaves_through_postfix(house: House, postfix: Postfix, database: str, way: str):
    with server_folder("lmtp") as folder:
        lmtp = f"127.0.0.1:{free_port()}" if way == "lmtp over tcp" else f"unix:{folder}/lmtp.sock"
        table = f'[lmtp]\nlisten = "{lmtp}"\n' if way != "smtp" else ""
        daemon = house.daemon(relay=postfix.port, database=database, more=table)
        hop = f"smtp:[127.0.0.1]:{daemon.port}" if way == "smtp" else f"lmtp:{'inet:' if 'tcp' in way else ''}{lmtp}"
        postfix.set_routes({"dein.auto": hop, "*": f"smtp:[127.0.0.1]:{house.sink.port}"})
        daemon.start()
        with smtplib.SMTP("127.0.0.1", postfix.port, local_hostname="portal.example", timeout=PATIENCE_S) as portal:
            for number in (1, 2, 3):
                assert portal.sendmail(customer(number), [MAILBOX], mail_of(number)) == {}
        daemon.wait_for("lead_opened", 3)
        assert {e["channel"] for e in daemon.events("mail_accepted")} == {way[:4]}
        _assert_each_answered_once(house, daemon, 3)
        assert daemon.stop() == 0


@pytest.mark.rule("PF1")
@pytest.mark.rule("AR-20")
def test_mail_comes_out_of_dovecot_and_leaves_through_postfix(
    house: House, postfix: Postfix, dovecot: Dovecot, certificate: Certificate, database: str
):
    post(dovecot, 100)  # it lay there before we came: a lead, but no automatic answer
    daemon = _watching(house, dovecot, certificate, database, relay=postfix.port)
    postfix.set_routes({"*": f"smtp:[127.0.0.1]:{house.sink.port}"})
    daemon.start()
    daemon.wait_for("lead_opened", 1)
    for number in (1, 2, 3):
        post(dovecot, number)
    daemon.wait_for("lead_opened", 4)
    assert {e["channel"] for e in daemon.events("mail_accepted")} == {"imap"}
    _assert_each_answered_once(house, daemon, 3)
    assert house.sink.to(customer(100)) == []
    wait_until(lambda: len(dovecot.messages("Processed")) == 4, PATIENCE_S, "all mails in the processed folder")
    assert dovecot.messages() == []
    assert daemon.stop() == 0


@pytest.mark.rule("PF6")
@pytest.mark.rule("BI-69")
@pytest.mark.rule("BI-70")
@pytest.mark.rule("BI-75")
@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.long)], indirect=True)
def test_whatever_dies_between_dovecot_and_us_no_mail_is_lost_and_none_comes_twice(
    house: House, dovecot: Dovecot, certificate: Certificate, database: str
):
    daemon = _watching(house, dovecot, certificate, database, program=SHORT_LEASES).start()
    daemon.wait_for("mailbox_connected")

    dovecot.kill()  # in IDLE
    daemon.wait_for("mailbox_lost")
    dovecot.start()
    for number in range(1, 41):
        post(dovecot, number)
    daemon.wait_for("mail_accepted", 3)
    dovecot.kill()  # in FETCH, or between FETCH and MOVE
    dovecot.start()
    daemon.wait_for("mail_accepted", 10)
    daemon.kill()  # between commit and MOVE, most likely
    daemon.spawn()
    wait_until(lambda: len(daemon.events("lead_opened")) >= 40, PATIENCE_S, "40 leads")
    wait_until(lambda: len(dovecot.messages("Processed")) == 40, PATIENCE_S, "all mails in the processed folder")

    dovecot.kill()
    dovecot.forget_uids()  # UIDVALIDITY changes
    dovecot.start()
    post(dovecot, 41)
    wait_until(lambda: len(daemon.events("lead_opened")) >= 41, PATIENCE_S, "the lead after the change")

    contacts = Counter(lead["contact"]["email"] for lead in daemon.json("leads", "list"))
    assert contacts == {customer(number): 1 for number in range(1, 42)}
    answers = Counter(r for mail in house.sink.mails for r in mail.recipients if not _SELLER.fullmatch(r))
    assert {c: n for c, n in answers.items() if n > 1} == {}
    assert daemon.stop() == 0
    assert not daemon.events("bug")


@pytest.mark.rule("BI-75")
def test_two_nodes_watch_a_mailbox_in_turn(house: House, dovecot: Dovecot, certificate: Certificate, postgres_url: str):
    database = postgres_url.replace("postgresql+psycopg://", "postgresql://")
    first = _watching(house, dovecot, certificate, database, name="first", program=SHORT_LEASES).start()
    first.wait_for("mailbox_connected")
    second = _watching(house, dovecot, certificate, database, name="second", program=SHORT_LEASES).start()
    post(dovecot, 1)
    first.wait_for("mail_accepted")
    assert second.events("mailbox_connected") == []

    first.kill()  # its lease runs out
    second.wait_for("mailbox_connected")
    post(dovecot, 2)
    second.wait_for("mail_accepted")
    first.start()
    assert second.stop() == 0  # gives the lease back
    started = time.monotonic()
    first.wait_for("mailbox_connected", 2)
    assert time.monotonic() - started < PATIENCE_S
    post(dovecot, 3)
    first.wait_for("lead_opened", since=len(first.lines) - 1)
    assert len(first.json("leads", "list")) == 3
    assert first.stop() == 0


def _watching(house: House, dovecot: Dovecot, certificate: Certificate, database: str, **more: object) -> Daemon:
    """A daemon that watches the mailbox; it believes in Dovecot's throw-away certificate."""
    secret = certificate.certificate.with_name("password")
    secret.write_text("secret")
    secret.chmod(0o600)
    mailbox = (
        f'[[imap]]\nname = "muc"\nhost = "localhost"\nport = {dovecot.imaps}\nuser = "{USER}"\n'
        f'password = "file:{secret}"\ndeliver_to = "{MAILBOX}"\n'
    )
    return house.daemon(database=database, more=mailbox, **more).with_environment(
        SSL_CERT_FILE=str(certificate.certificate)
    )


def _assert_each_answered_once(house: House, daemon: Daemon, customers: int) -> None:
    for number in range(1, customers + 1):
        assert len(house.sink.wait_for(1, customer(number))) == 1
    wait_until(lambda: len(_notices(house)) >= customers, PATIENCE_S, "a notice of each lead")
    contacts = Counter(lead["contact"]["email"] for lead in daemon.json("leads", "list"))
    assert all(contacts[customer(number)] == 1 for number in range(1, customers + 1))


def _notices(house: House) -> list[str]:
    return [r for mail in house.sink.mails for r in mail.recipients if _SELLER.fullmatch(r)]
