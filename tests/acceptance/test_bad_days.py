"""Whatever is thrown at the daemon gets a clear answer, and the next good mail becomes a lead."""

import json
import smtplib
import socket
import sqlite3
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.acceptance.daemon import PATIENCE_S, SHORT_LEASES, Daemon, House, run_command
from tests.acceptance.mails import CUSTOMER, portal_enquiry
from tests.components import missing
from tests.dealership import MAILBOX, enquiry, write_settings
from tests.integration.loopback import wait_until
from tests.integration.postgres import PostgresCluster
from tests.integration.sink import MODES

_numbers = count(1)


@pytest.fixture(scope="module")
def lasting_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with ExitStack() as stack:
        yield House(tmp_path_factory.mktemp("house"), stack)


@pytest.fixture(scope="module")
def running(lasting_house: House) -> Daemon:
    """One daemon for all of these: what one test does to it must not harm the next."""
    return lasting_house.daemon().start()


def assert_lives(daemon: Daemon) -> None:
    """The next good mail is a lead within 2 s."""
    seen = len(daemon.lines)
    assert daemon.send(enquiry(next(_numbers)))[0] == 250
    daemon.wait_for("lead_opened", since=seen)
    assert not daemon.events("bug")


_UNREADABLE = {
    "empty": b"",
    "only line ends": b"\r\n\r\n\r\n",
    "no header, no words": b"\x00\xff\xfe\x80" * 100,
    "header only": b"Subject: \xff\xfe\r\n",
    "broken everything": b"From: <<<>>\r\nContent-Type: multipart/mixed; boundary=\r\n"
    b"Content-Transfer-Encoding: base64\r\nDate: never\r\nMessage-ID: <[>\r\n\r\n--\r\n!!!!\r\n",
}  # fmt: skip


@pytest.mark.rule("BI-25")
@pytest.mark.rule("PF69")
@pytest.mark.parametrize("name", _UNREADABLE)
def test_a_mail_nobody_can_read_is_kept_and_has_an_outcome(running: Daemon, name: str):
    seen = len(running.lines)
    raw = _UNREADABLE[name]
    assert running.send(raw)[0] == 250
    (verdict,) = running.wait_for("verdict", since=seen)
    assert verdict["outcome"] in ("unparsed", "manual_review", "lead", "no_lead", "duplicate")
    exported = running.run("journal", "export", str(verdict["journal_id"]))
    assert exported.stdout.rstrip(b"\r\n") == raw.rstrip(b"\r\n")
    assert_lives(running)


@pytest.mark.rule("BI-11")
@pytest.mark.rule("PF14")
def test_a_mail_of_26_mb_is_refused_before_and_after_it_is_sent(running: Daemon):
    with smtplib.SMTP("127.0.0.1", running.port, timeout=PATIENCE_S) as smtp:
        smtp.ehlo("portal.example")
        code, reply = smtp.docmd("MAIL FROM:<a@portal.example> SIZE=27262976")
        assert (code, reply[:5]) == (552, b"5.3.4")
    line = b"x" * 998 + b"\r\n"
    code, reply = running.send(enquiry(1) + line * (26 * 1024**2 // len(line)))
    assert (code, reply[:5]) == (552, "5.3.4")
    assert_lives(running)


@pytest.mark.rule("BI-03")
@pytest.mark.rule("SP-05")
@pytest.mark.parametrize(("recipient", "code"), [("nobody@dein.auto", "5.1.1"), ("sales@elsewhere.example", "5.7.1")])
def test_a_recipient_that_is_not_ours_is_refused(running: Daemon, recipient: str, code: str):
    got, reply = running.send(enquiry(1), to=recipient)
    assert got == 550
    assert reply.startswith(code)
    assert_lives(running)


@pytest.mark.rule("BI-18")
def test_a_peer_that_drops_in_mid_mail_leaves_nothing(running: Daemon):
    before = len(running.json("journal", "list"))
    with smtplib.SMTP("127.0.0.1", running.port, timeout=PATIENCE_S) as smtp:
        smtp.ehlo("portal.example")
        smtp.mail("a@portal.example")
        smtp.rcpt(MAILBOX)
        smtp.docmd("DATA")
        smtp.send(enquiry(next(_numbers))[:-20])
        smtp.close()
    assert len(running.json("journal", "list")) == before
    assert_lives(running)


@pytest.mark.rule("BI-19")
@pytest.mark.rule("SP-03")
def test_a_peer_that_drops_after_the_dot_and_sends_again_makes_one_lead(running: Daemon):
    mail, seen = enquiry(next(_numbers)), len(running.lines)
    with smtplib.SMTP("127.0.0.1", running.port, timeout=PATIENCE_S) as smtp:
        smtp.ehlo("portal.example")
        smtp.mail("a@portal.example")
        smtp.rcpt(MAILBOX)
        smtp.docmd("DATA")
        smtp.send(mail + b".\r\n")
        smtp.close()  # before our 250
    running.wait_for("mail_accepted", since=seen)
    assert running.send(mail)[0] == 250
    outcomes = {line["outcome"] for line in running.wait_for("verdict", 2, since=seen)}
    assert outcomes == {"lead", "duplicate"}
    assert len(running.events("lead_opened", since=seen)) == 1
    assert_lives(running)


@pytest.mark.rule("SP-04")
@pytest.mark.rule("BI-46")
def test_another_mail_with_a_stolen_message_id_is_a_lead_of_its_own(running: Daemon):
    first, second = next(_numbers), next(_numbers)
    seen = len(running.lines)
    running.send(enquiry(first, message_id="<stolen@kunden.example>"))
    running.send(enquiry(second, message_id="<stolen@kunden.example>"))
    running.wait_for("lead_opened", 2, since=seen)


def test_a_settings_file_with_three_faults_names_all_three_and_exits_78(tmp_path: Path):
    path = write_settings(tmp_path, gateway='databse = "x"', smtp='max_message_size = "lots"', location='zone = "Mars"')
    done = run_command("serve", "-c", str(path))
    assert done.returncode == 78
    told = done.stderr.decode()
    assert "databse" in told
    assert "database" in told  # the nearest known key
    assert "smtp.max_message_size" in told
    assert "location" in told
    assert len([line for line in told.splitlines() if line.startswith("  ")]) >= 3
    assert "Traceback" not in told


def test_a_port_in_use_is_one_clear_line_and_exit_69(running: Daemon, tmp_path: Path):
    path = write_settings(tmp_path, port=running.port)
    done = run_command("serve", "-c", str(path))
    assert done.returncode == 69
    assert f"127.0.0.1:{running.port}" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert_lives(running)


@pytest.mark.rule("PF17")
def test_the_pipe_takes_refuses_or_says_try_again(running: Daemon, tmp_path: Path):
    seen = len(running.lines)
    taken = running.run("deliver", "--to", MAILBOX, "--from", "a@portal.example", stdin=portal_enquiry(900))
    assert taken.returncode == 0, taken.stderr
    running.wait_for("lead_opened", since=seen)  # the daemon finds what another process handed in

    unknown = running.run("deliver", "--to", "nobody@dein.auto", stdin=enquiry(1))
    assert unknown.returncode == 67
    large = running.run("deliver", "--to", MAILBOX, stdin=b"x" * (26 * 1024**2))
    assert large.returncode == 65
    wrong = tmp_path / "wrong.toml"
    wrong.write_text("[gatewy]\n")
    later = run_command("-c", str(wrong), "deliver", "--to", MAILBOX, stdin=enquiry(1))
    assert later.returncode == 75
    with _locked(running.settings.parent / "leadmaild.db"):
        locked = running.run("deliver", "--to", MAILBOX, stdin=enquiry(1))
    assert locked.returncode == 75
    for done in (unknown, large, later, locked):
        assert len(done.stderr.decode().strip().splitlines()) == 1, done.stderr
    assert_lives(running)


@pytest.mark.rule("SP-16")
@pytest.mark.rule("BI-76")
@pytest.mark.parametrize("seconds", [13, pytest.param(30, marks=pytest.mark.long)])
def test_a_locked_database_is_451_within_ten_seconds_and_nothing_is_lost(running: Daemon, seconds: int):
    mails = [enquiry(next(_numbers)) for _ in range(8)]
    seen = len(running.lines)
    with _locked(running.settings.parent / "leadmaild.db"):
        until = time.monotonic() + seconds
        refusals: list[tuple[int, float]] = []

        def insist(mail: bytes) -> None:
            while time.monotonic() < until:
                started = time.monotonic()
                refusals.append((running.send(mail)[0], time.monotonic() - started))

        clients = [threading.Thread(target=insist, args=(mail,)) for mail in mails]
        for client in clients:
            client.start()
        lags = _lags(running.port, until)
        for client in clients:
            client.join()
    assert {code for code, _ in refusals} == {451}
    assert max(took for _, took in refusals) < 10
    print(f"{len(refusals)} answers 451 after {max(t for _, t in refusals):.1f} s at most; loop: {max(lags):.3f} s")
    assert statistics.median(lags) < 0.2

    for mail in mails:  # the peers try again, as mail servers do
        assert running.send(mail)[0] == 250
    running.wait_for("lead_opened", len(mails), since=seen)
    running.wait_for("verdict", len(running.events("mail_accepted", since=seen)), since=seen)
    assert len(running.events("lead_opened", since=seen)) == len(mails)
    assert_lives(running)


@pytest.mark.rule("SP-15")
@pytest.mark.rule("BI-76")
def test_a_full_disk_is_452_and_mail_flows_again_once_there_is_room(tmp_path: Path):
    with _small_disk(tmp_path / "disk") as disk, ExitStack() as stack:
        daemon = House(disk, stack).daemon().start()
        assert_lives(daemon)
        filler = disk / "filler"
        filler.write_bytes(b"x" * 40 * 1024**2)
        code, reply = daemon.send(enquiry(1))
        assert (code, reply[:5]) == (452, "4.3.1")
        filler.unlink()
        assert_lives(daemon)
        assert daemon.stop() == 0


@contextmanager
def _small_disk(at: Path) -> Iterator[Path]:
    at.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=130m", "tmpfs", str(at)], capture_output=True)
    if mounted.returncode != 0:
        missing("a small disk of its own needs root")
    try:
        yield at
    finally:
        subprocess.run(["umount", str(at)], check=True)


@pytest.mark.component
@pytest.mark.rule("SP-16")
@pytest.mark.rule("BI-76")
def test_while_postgresql_is_down_mail_is_451_and_afterwards_everything_goes_on(
    house: House, postgres_cluster: PostgresCluster, postgres_url: str
):
    daemon = house.daemon(database=postgres_url.replace("postgresql+psycopg://", "postgresql://")).start()
    assert_lives(daemon)
    postgres_cluster.crash()
    try:
        for number in range(1001, 1004):
            started = time.monotonic()
            assert daemon.send(enquiry(number))[0] == 451
            assert time.monotonic() - started < 10
        assert max(_lags(daemon.port, time.monotonic() + 2)) < 2
    finally:
        postgres_cluster.start()
    seen = len(daemon.lines)
    for number in range(1001, 1004):
        assert daemon.send(enquiry(number))[0] == 250
    daemon.wait_for("lead_opened", 3, since=seen)
    daemon.wait_for("mail_sent", 3, since=seen)
    assert not daemon.events("bug")
    assert daemon.stop() == 0


def _lags(port: int, until: float) -> list[float]:
    """How long the daemon takes to answer a NOOP while the database does not answer it."""
    lags = []
    while time.monotonic() < until:
        with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE_S) as smtp:
            for _ in range(8):
                started = time.monotonic()
                assert smtp.noop()[0] == 250
                lags.append(time.monotonic() - started)
                time.sleep(0.05)
    return lags


@contextmanager
def _locked(database: Path) -> Iterator[None]:
    connection = sqlite3.connect(database, isolation_level=None, timeout=PATIENCE_S)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@pytest.mark.rule("SP-14")
@pytest.mark.rule("BI-79")
def test_sigterm_lets_mails_under_way_come_in_and_says_421_to_the_others(house: House):
    daemon = house.daemon().start()
    idle = smtplib.SMTP("127.0.0.1", daemon.port, timeout=PATIENCE_S)
    idle.ehlo("portal.example")
    under_way = []
    for number in range(20):
        smtp = smtplib.SMTP("127.0.0.1", daemon.port, timeout=PATIENCE_S)
        smtp.ehlo("portal.example")
        smtp.mail("a@portal.example")
        smtp.rcpt(MAILBOX)
        assert smtp.docmd("DATA")[0] == 354
        smtp.send(enquiry(number)[:-10])
        under_way.append(smtp)
    daemon.signal(15)
    daemon.wait_for("draining")
    assert idle.getreply()[0] == 421
    for number, smtp in enumerate(under_way):
        smtp.send(enquiry(number)[-10:] + b".\r\n")
    answers = [smtp.getreply()[0] for smtp in under_way]
    assert daemon.wait() == 0
    assert set(answers) == {250}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", daemon.port), timeout=5).close()
    for smtp in (*under_way, idle):
        smtp.close()

    assert len(daemon.json("journal", "list")) == 20
    daemon.start()
    wait_until(lambda: len(daemon.events("lead_opened")) == 20, PATIENCE_S, "a lead of each mail")
    assert daemon.stop() == 0
    assert {json.loads(line)["event"] for line in daemon.lines} >= {"draining", "stopped"}


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.rule("SP-14")
@pytest.mark.rule("PF53")
@pytest.mark.rule("BI-79")
def test_sigterm_while_the_relay_says_nothing_ends_in_time_and_the_customer_gets_no_second_mail(house: House):
    house.sink.set_fault(MODES["dot-then-silence"])
    daemon = house.daemon(program=SHORT_LEASES).start()
    assert daemon.send(portal_enquiry(1))[0] == 250
    wait_until(lambda: sum(session.saw_dot for session in house.sink.sink.sessions) == 2, PATIENCE_S, "two dots")
    started = time.monotonic()
    assert daemon.stop() == 0
    took = time.monotonic() - started
    print(f"ended within {took:.1f} s")
    assert took < 30

    house.sink.set_fault(None)
    daemon.start()
    daemon.wait_for("mail_in_doubt")
    daemon.wait_for("mail_sent")
    states = {m["kind"]: m["state"] for m in daemon.json("queue", "list")}
    assert states == {"autoresponse": "in_doubt", "new_lead": "sent"}
    assert house.sink.to(CUSTOMER) == []  # in doubt is not sent again
    assert daemon.stop() == 0
