"""The IMAP client and watcher against a real Dovecot."""

import asyncio
import os
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from leadmaild.clock import RandomDice, SystemClock
from leadmaild.errors import Refused, Unavailable
from leadmaild.inbound.imap_client import ImapAuth, ImapClient, ImapServer, ImapTls
from leadmaild.inbound.imap_watcher import FirstScan, MailboxWatcher, WatchedMailbox
from leadmaild.model.envelope import Channel
from leadmaild.model.reply import TRY_AGAIN
from tests.integration.certificates import Certificate, certificate, wrong_certificate
from tests.integration.dovecot import (
    ODD_SECRET,
    ODD_USER,
    UMLAUT_SECRET,
    UMLAUT_USER,
    USER,
    Dovecot,
    dovecot,
    running_dovecot,
)
from tests.integration.fake_door import TAKEN
from tests.integration.fake_ledger import LedgerDoor
from tests.integration.test_smtp_listener import until

__all__ = ["certificate", "dovecot", "running_dovecot", "wrong_certificate"]

pytestmark = [pytest.mark.component, pytest.mark.timeout(60)]


def mail(number: int) -> bytes:
    return f"Subject: enquiry {number}\r\n\r\nIs the car still there?\r\n".encode()


def subjects(contents) -> list[int]:
    """The numbers of the enquiries, in the order of `contents`."""
    return [int(content.split(b"enquiry ")[1].split(maxsplit=1)[0]) for content in contents]


class HastyClock(SystemClock):
    """Real time, but nobody sleeps long: pauses are recorded."""

    def __init__(self) -> None:
        self.pauses: list[timedelta] = []

    async def sleep_until(self, when: datetime) -> None:
        self.pauses.append(when - self.now())
        await asyncio.sleep(0.02)


@pytest.fixture
def server(dovecot: Dovecot, certificate: Certificate) -> ImapServer:
    context = certificate.for_client()
    return ImapServer("localhost", USER, lambda: "secret", port=dovecot.imaps, tls_context=context)


@pytest.fixture
def mailbox(server: ImapServer) -> WatchedMailbox:
    return WatchedMailbox("muc", server, "sales@dealer.example")


@pytest.fixture
def door() -> LedgerDoor:
    return LedgerDoor()


@pytest.fixture
def clock() -> HastyClock:
    return HastyClock()


@pytest_asyncio.fixture
async def watch(door: LedgerDoor, clock: HastyClock):
    """Start watchers; they are cancelled in the end."""
    running: list[asyncio.Task[None]] = []

    def _watch(mailbox: WatchedMailbox) -> MailboxWatcher:
        watcher = MailboxWatcher(mailbox, door, door.ledger, clock, RandomDice())
        running.append(asyncio.create_task(watcher.run()))
        watcher.task = running[-1]
        return watcher

    yield _watch
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def begun(watcher: MailboxWatcher) -> None:
    await until(lambda: watcher.last_success_at is not None)


# -- the client ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tls", ImapTls)
@pytest.mark.asyncio
async def test_log_in_fetch_and_move_over_each_kind_of_encryption(dovecot: Dovecot, server: ImapServer, tls):
    dovecot.deliver(mail(1))
    port = dovecot.imaps if tls is ImapTls.IMPLICIT else dovecot.imap
    client = await ImapClient.connect(replace(server, tls=tls, port=port))
    selected = await client.select("INBOX")
    assert (selected.exists, selected.uidnext > 1) == (1, True)
    (uid,) = await client.search("ALL")
    (waiting,) = await client.look_at([uid])
    assert abs(datetime.now(UTC) - waiting.internal_date) < timedelta(minutes=1)
    content = await client.fetch(waiting)
    assert content is not None
    assert content.endswith(mail(1))
    assert len(content) == waiting.size
    await client.move([uid], "Processed")
    assert await client.search("ALL") == []
    assert len(dovecot.messages("Processed")) == 1
    await client.close()


@pytest.mark.rule("PF16")
@pytest.mark.rule("BI-73")
@pytest.mark.parametrize("tls", [ImapTls.IMPLICIT, ImapTls.STARTTLS])
@pytest.mark.asyncio
async def test_a_certificate_that_is_not_good_is_refused(dovecot: Dovecot, server: ImapServer, tls, wrong_certificate):
    port = dovecot.imaps if tls is ImapTls.IMPLICIT else dovecot.imap
    for context in (None, wrong_certificate.for_client()):
        with pytest.raises(Refused, match="certificate"):
            await ImapClient.connect(replace(server, tls=tls, port=port, tls_context=context))


@pytest.mark.rule("BI-73")
@pytest.mark.asyncio
async def test_a_certificate_for_another_name_is_refused(server: ImapServer, certificate: Certificate):
    context = certificate.for_client()
    with pytest.raises(Refused, match="certificate"):
        await ImapClient.connect(replace(server, host="127.0.0.2", tls_context=context))


@pytest.mark.rule("PF16")
@pytest.mark.asyncio
async def test_tls_where_there_is_none_is_an_error(dovecot: Dovecot, server: ImapServer):
    with pytest.raises(Unavailable):
        await ImapClient.connect(replace(server, port=dovecot.imap))


@pytest.mark.rule("BI-74")
@pytest.mark.parametrize(("user", "secret"), [(ODD_USER, ODD_SECRET), (UMLAUT_USER, UMLAUT_SECRET)])
@pytest.mark.asyncio
async def test_odd_names_and_passwords_log_in(server: ImapServer, user, secret):
    client = await ImapClient.connect(replace(server, user=user, password=lambda: secret))
    await client.select("INBOX")
    await client.close()


@pytest.mark.rule("BI-74")
@pytest.mark.parametrize("name", ["Meine Ablage", 'mit "Gänsefüßchen" & mehr', "日本語"])
@pytest.mark.asyncio
async def test_odd_folders_are_made_and_used(dovecot: Dovecot, server: ImapServer, name):
    dovecot.deliver(mail(1))
    client = await ImapClient.connect(server)
    await client.select("INBOX")
    await client.move(await client.search("ALL"), name)
    assert (await client.select(name)).exists == 1
    await client.close()


@pytest.mark.parametrize("secret", ["wrong", "two\r\nlines", "falsch: ü"])
@pytest.mark.asyncio
async def test_a_wrong_password_is_refused(server: ImapServer, secret):
    with pytest.raises(Refused):
        await ImapClient.connect(replace(server, password=lambda: secret))


@pytest.mark.rule("BI-72")
@pytest.mark.asyncio
async def test_a_bad_token_is_refused_and_does_not_hang(server: ImapServer):
    async with asyncio.timeout(10):
        with pytest.raises(Refused):
            await ImapClient.connect(replace(server, auth=ImapAuth.XOAUTH2, password=lambda: "no.such.token"))


@pytest.mark.asyncio
async def test_no_such_folder_is_refused(server: ImapServer):
    client = await ImapClient.connect(server)
    with pytest.raises(Refused, match="no folder"):
        await client.select("Nirgends")
    await client.close()


@pytest.mark.parametrize("missing", [{"MOVE"}, {"MOVE", "UIDPLUS"}])
@pytest.mark.asyncio
async def test_a_server_without_move_gets_copy_and_delete(dovecot: Dovecot, server: ImapServer, missing):
    for n in (1, 2):
        dovecot.deliver(mail(n))
    client = await ImapClient.connect(server)
    client._protocol.capabilities -= missing
    await client.select("INBOX")
    first, second = await client.search("UNDELETED")
    await client.move([first], "Processed")
    assert await client.search("UNDELETED") == [second]
    assert len(dovecot.messages("Processed")) == 1
    assert len(dovecot.messages()) == (2 if "UIDPLUS" in missing else 1)
    await client.close()


@pytest.mark.asyncio
async def test_a_large_mail_comes_whole(dovecot: Dovecot, server: ImapServer):
    content = b"Subject: large\r\n\r\n" + b"".join(b"line (%d) {77}\r\n" % n for n in range(300_000))
    dovecot.deliver(content)
    client = await ImapClient.connect(server)
    await client.select("INBOX")
    (waiting,) = await client.look_at(await client.search("ALL"))
    assert (await client.fetch(waiting) or b"").endswith(content)
    await client.close()


@pytest.mark.rule("BI-71")
@pytest.mark.asyncio
async def test_a_burst_of_untagged_lines_is_survived(dovecot: Dovecot, server: ImapServer):
    """Moving 1,500 mails at once is answered by 1,500 EXPUNGE lines; aioimaplib alone fails beyond a thousand."""
    client = await ImapClient.connect(server)
    await client.select("INBOX")  # makes the folder
    for n in range(1_500):
        (dovecot.folder() / "new" / f"1700000000.M{n}.host").write_bytes(mail(n))
    await client.select("INBOX")
    uids = await client.search("ALL")
    assert len(uids) == 1_500
    await client.move(uids, "Processed")
    assert await client.search("ALL") == []
    await client.close()


# -- the watcher -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("PF1")
@pytest.mark.asyncio
async def test_mail_comes_in_at_the_hint_and_is_moved_after_the_commit(dovecot: Dovecot, mailbox, watch, door):
    watcher = watch(mailbox)
    await begun(watcher)
    door.opened.clear()
    dovecot.deliver(mail(1))
    await asyncio.wait_for(door.entered.wait(), 10)
    assert dovecot.messages("Processed") == []
    door.opened.set()
    await until(lambda: len(dovecot.messages("Processed")) == 1)
    envelope, content = door.mails[0]
    assert content.endswith(mail(1))
    assert envelope.channel is Channel.IMAP
    assert envelope.reverse_path is None
    assert envelope.forward_paths == ("sales@dealer.example",)
    assert not envelope.is_first_scan
    assert b"\\Seen" not in content
    assert not any(path.name.endswith("S") for path in (dovecot.folder("Processed") / "cur").iterdir())


@pytest.mark.rule("PF7")
@pytest.mark.rule("BI-63")
@pytest.mark.rule("AR-20")
@pytest.mark.asyncio
async def test_a_backlog_comes_in_oldest_first_and_is_marked_as_first_scan(dovecot: Dovecot, mailbox, watch, door):
    for n in range(120):
        dovecot.deliver(mail(n))
    watcher = watch(mailbox)
    await begun(watcher)
    assert subjects(content for _, content in door.mails) == list(range(120))
    assert all(envelope.is_first_scan for envelope, _ in door.mails)
    assert len(dovecot.messages("Processed")) == 120
    dovecot.deliver(mail(120))
    await until(lambda: len(door.mails) == 121)
    assert not door.mails[-1][0].is_first_scan


@pytest.mark.rule("AR-20")
@pytest.mark.asyncio
async def test_a_first_scan_cut_short_is_still_a_first_scan_afterwards(dovecot: Dovecot, mailbox, watch, door):
    for n in range(4):
        dovecot.deliver(mail(n))
    door.replies = [TAKEN, TAKEN, TRY_AGAIN]
    watcher = watch(mailbox)
    await begun(watcher)
    assert len(door.mails) == 4
    assert all(envelope.is_first_scan for envelope, _ in door.mails)


@pytest.mark.rule("AR-20")
@pytest.mark.asyncio
async def test_with_skip_what_was_there_is_left_alone(dovecot: Dovecot, mailbox, watch, door):
    dovecot.deliver(mail(1))
    await asyncio.sleep(1.1)  # INTERNALDATE has whole seconds
    watcher = watch(replace(mailbox, first_scan=FirstScan.SKIP))
    await begun(watcher)
    dovecot.deliver(mail(2))
    await until(lambda: len(door.mails) == 1)
    assert subjects(content for _, content in door.mails) == [2]
    await until(lambda: subjects(dovecot.messages()) == [1])


@pytest.mark.rule("PF5")
@pytest.mark.asyncio
async def test_a_mail_read_by_a_person_is_still_taken(dovecot: Dovecot, mailbox, server, watch, door):
    dovecot.deliver(mail(1))
    person = await ImapClient.connect(server)
    await person.select("INBOX")
    await person._answer(person._protocol.store("1", r"+FLAGS (\Seen \Flagged)", by_uid=True))
    await person.close()
    await begun(watch(mailbox))
    assert len(door.mails) == 1


@pytest.mark.rule("PF6")
@pytest.mark.rule("BI-70")
@pytest.mark.asyncio
async def test_after_a_change_of_uidvalidity_what_lies_there_counts_as_first_scan(
    dovecot: Dovecot, mailbox, watch, door
):
    watcher = watch(mailbox)
    await begun(watcher)
    dovecot.kill()
    dovecot.forget_uids()
    dovecot.start()
    dovecot.deliver(mail(1))
    await until(lambda: len(door.mails) == 1 and len(dovecot.messages("Processed")) == 1)
    assert len(door.ledger.openings) == 2
    assert door.mails[0][0].is_first_scan


@pytest.mark.rule("PF6")
@pytest.mark.asyncio
async def test_with_skip_a_change_of_uidvalidity_loses_nothing(dovecot: Dovecot, mailbox, watch, door):
    dovecot.deliver(mail(1))
    await asyncio.sleep(1.1)  # INTERNALDATE has whole seconds
    watcher = watch(replace(mailbox, first_scan=FirstScan.SKIP))
    await begun(watcher)
    dovecot.kill()
    dovecot.forget_uids()
    dovecot.start()
    dovecot.deliver(mail(2))
    await until(lambda: len(door.mails) == 1)
    assert subjects(content for _, content in door.mails) == [2]


@pytest.mark.rule("BI-75")
@pytest.mark.rule("PF8")
@pytest.mark.asyncio
async def test_a_crash_between_commit_and_move_makes_no_second_lead(
    dovecot: Dovecot, mailbox, watch, door, monkeypatch
):
    async def crash(*_):
        raise asyncio.CancelledError

    dovecot.deliver(mail(1))
    with monkeypatch.context() as patched:
        patched.setattr(ImapClient, "move", crash)
        watcher = watch(mailbox)
        with pytest.raises(asyncio.CancelledError):
            await watcher.task
    assert (len(door.mails), len(dovecot.messages())) == (1, 1)

    await begun(watch(mailbox))
    assert len(door.mails) == 1
    assert dovecot.messages() == []
    assert len(dovecot.messages("Processed")) == 1


@pytest.mark.rule("PF8")
@pytest.mark.asyncio
async def test_a_folder_that_cannot_be_moved_to_stops_no_mail(dovecot: Dovecot, mailbox, watch, door):
    watcher = watch(replace(mailbox, processed_folder="a//b"))  # Dovecot refuses such a name
    await begun(watcher)
    for n in (1, 2):
        dovecot.deliver(mail(n))
        await until(lambda n=n: len(door.mails) == n)
    assert subjects(content for _, content in door.mails) == [1, 2]
    assert not watcher.task.done()


@pytest.mark.rule("BI-69")
@pytest.mark.asyncio
async def test_a_server_killed_in_idle_is_found_again(dovecot: Dovecot, mailbox, watch, door, clock):
    watcher = watch(mailbox)
    await begun(watcher)
    await until(lambda: not clock.pauses)
    dovecot.kill()
    await until(lambda: bool(watcher.problem), 5)
    dovecot.start()
    dovecot.deliver(mail(1))
    await until(lambda: len(door.mails) == 1)
    assert timedelta(seconds=4) < clock.pauses[0] < timedelta(seconds=8)
    assert watcher.problem == ""


@pytest.mark.rule("PF2")
@pytest.mark.asyncio
async def test_a_server_killed_in_fetch_loses_nothing(dovecot: Dovecot, mailbox, watch, door, monkeypatch):
    fetch = ImapClient.fetch
    kills = [dovecot.kill]

    async def fetch_from_the_dying(client, message):
        if kills and message.uid == 2:
            asked = asyncio.ensure_future(fetch(client, message))
            await asyncio.sleep(0)
            kills.pop()()
            dovecot.start()
            return await asked
        return await fetch(client, message)

    for n in range(1, 4):
        dovecot.deliver(mail(n))
    monkeypatch.setattr(ImapClient, "fetch", fetch_from_the_dying)
    await begun(watch(mailbox))
    assert subjects(content for _, content in door.mails) == [1, 2, 3]
    assert len(dovecot.messages("Processed")) == 3


@pytest.mark.rule("PF9")
@pytest.mark.asyncio
async def test_a_mail_that_somebody_else_takes_first_is_no_error(dovecot: Dovecot, mailbox, watch, door, monkeypatch):
    search = ImapClient.search

    async def search_then_lose(client, *criteria):
        uids = await search(client, *criteria)
        for path in dovecot.files():
            if b"enquiry 1" in path.read_bytes():
                path.unlink()
        return uids

    for n in (1, 2):
        dovecot.deliver(mail(n))
    monkeypatch.setattr(ImapClient, "search", search_then_lose)
    await begun(watch(mailbox))
    await until(lambda: len(door.mails) == 1)
    assert subjects(content for _, content in door.mails) == [2]


@pytest.mark.rule("PF14")
@pytest.mark.asyncio
async def test_a_mail_over_the_limit_is_told_once_and_left_alone(dovecot: Dovecot, mailbox, watch, door, monkeypatch):
    fetched = []
    fetch = ImapClient.fetch

    async def noting(client, message):
        fetched.append(message.uid)
        return await fetch(client, message)

    monkeypatch.setattr(ImapClient, "fetch", noting)
    dovecot.deliver(mail(1) + b"x\r\n" * 10_000)
    watcher = watch(replace(mailbox, max_message_size=10_000))
    await begun(watcher)
    dovecot.deliver(mail(2))
    await until(lambda: len(door.mails) == 1)
    dovecot.deliver(mail(3))
    await until(lambda: len(door.mails) == 2)
    assert fetched == [2, 3]
    assert len(door.ledger.refused) == 1
    await until(lambda: len(dovecot.messages()) == 1)


@pytest.mark.rule("PF17")
@pytest.mark.asyncio
async def test_while_the_door_is_shut_mail_stays_where_it_is(dovecot: Dovecot, mailbox, watch, door, clock):
    dovecot.deliver(mail(1))
    door.replies = [TRY_AGAIN, TRY_AGAIN]
    await begun(watch(mailbox))
    assert len(clock.pauses) == 2
    assert len(door.mails) == 1
    await until(lambda: len(dovecot.messages("Processed")) == 1)


@pytest.mark.rule("BI-72")
@pytest.mark.rule("PF20")
@pytest.mark.asyncio
async def test_a_wrong_password_waits_five_minutes_and_stops_nobody_else(
    dovecot: Dovecot, mailbox, server, watch, door, clock, caplog
):
    dead = watch(replace(mailbox, name="dead", server=replace(server, password=lambda: "wrong")))
    await until(lambda: caplog.text.count("AUTHENTICATIONFAILED") > 2)  # the alarm, and two times refused
    # A server that is short of time may say "not now" in between; that is no refusal, and waits less.
    lost = [line for line in caplog.text.splitlines() if "mailbox_lost" in line]
    refused = [pause for line, pause in zip(lost, clock.pauses, strict=False) if "AUTHENTICATIONFAILED" in line]
    assert min(refused) > timedelta(minutes=4, seconds=59)
    dovecot.deliver(mail(1))
    await begun(watch(mailbox))
    assert len(door.mails) == 1
    await until(lambda: "AUTHENTICATIONFAILED" in dead.problem)
    assert caplog.text.count("alarm_raised") == 1


@pytest.mark.asyncio
async def test_it_is_noted_when_a_mailbox_was_looked_through_and_why_one_is_lost(
    dovecot: Dovecot, mailbox, server, watch, door
):
    dead = watch(replace(mailbox, name="dead", server=replace(server, password=lambda: "wrong")))
    await until(lambda: "refuses the log-in" in door.ledger.problems.get("dead", ""))
    alive = watch(mailbox)
    await until(lambda: "muc" in door.ledger.looks)
    assert door.ledger.looks["muc"] == alive.last_success_at
    assert set(door.ledger.problems) == {"dead"}
    assert "dead" not in door.ledger.looks
    dead.task.cancel()


@pytest.mark.asyncio
async def test_an_old_mail_found_later_gets_no_automatic_mail(dovecot: Dovecot, mailbox, watch, door):
    watcher = watch(replace(mailbox, max_age=timedelta(hours=48)))
    await begun(watcher)
    path = dovecot.folder() / "tmp" / "1700000000.old.host"
    path.write_bytes(mail(1))
    three_days_ago = datetime.now(UTC).timestamp() - 3 * 86_400
    os.utime(path, (three_days_ago, three_days_ago))
    path.rename(dovecot.folder() / "new" / path.name)
    await until(lambda: len(door.mails) == 1)
    assert door.mails[0][0].is_first_scan


def test_secrets_do_not_show(server: ImapServer):
    assert "secret" not in repr(server)
    assert isinstance(server.context(), ssl.SSLContext)
