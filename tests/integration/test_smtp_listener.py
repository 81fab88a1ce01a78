"""What a script cannot say: many connections, slow ones, broken ones, and the end of the day."""

import asyncio
import socket
import ssl
import struct
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from leadmaild.clock import SystemClock
from leadmaild.errors import Unavailable
from leadmaild.inbound.limits import Limits
from leadmaild.inbound.smtp_server import Listener, server_tls, start_lmtp, start_smtp
from leadmaild.model.envelope import Channel
from tests.components import require_component
from tests.integration.certificates import Certificate, certificate
from tests.integration.dialogue import PATIENCE, Peer
from tests.integration.fake_door import TAKEN, FakeDoor

__all__ = ["certificate"]

LIMITS = Limits(greet_delay=timedelta(0))
STRANGERS = ()
EVERYBODY = ("127.0.0.0/8",)
MAIL = b"Subject: hello\r\n\r\nbody\r\n"


@pytest.fixture
def door():
    return FakeDoor()


@pytest_asyncio.fixture
async def start(door):
    """Start listeners that are closed in the end."""
    listeners = []

    async def _start(*, trusted=EVERYBODY, limits=LIMITS, **more) -> Listener:
        settings = {"listen": ["127.0.0.1:0"], "hostname": "mx.dealer.example", "door": door, "clock": SystemClock()}
        listener = await start_smtp(limits=limits, trusted_networks=trusted, **{**settings, **more})
        listeners.append(listener)
        return listener

    yield _start
    door.opened.set()
    for listener in listeners:
        await listener.close()


async def until(fact, patience: float = PATIENCE) -> None:
    """Wait until `fact()` holds."""
    async with asyncio.timeout(patience):
        while not fact():  # noqa: ASYNC110 - facts of the product have no event to wait for
            await asyncio.sleep(0.005)


def seconds(**fields: float) -> Limits:
    return replace(LIMITS, **{name: timedelta(seconds=value) for name, value in fields.items()})


async def send_content(peer: Peer, content: bytes = MAIL) -> None:
    assert (await peer.ask("DATA")).startswith("354")
    await peer.send(content + b".\r\n")


# -- a peer that drops -----------------------------------------------------------------------------------------------


@pytest.mark.rule("BI-18")
@pytest.mark.asyncio
async def test_a_drop_in_mid_content_leaves_nothing(start, door):
    listener = await start()
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin()
    assert (await peer.ask("DATA")).startswith("354")
    await peer.send(b"Subject: half\r\n")
    peer.close()
    await until(lambda: listener.connections == 0)
    assert not door.entered.is_set()
    assert not door.mails


@pytest.mark.rule("BI-19")
@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.asyncio
async def test_a_drop_after_the_final_dot_does_not_stop_the_commit(start, door, how):
    listener = await start()
    door.opened.clear()
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin()
    await send_content(peer)
    await door.entered.wait()
    if how == "reset":
        linger = struct.pack("ii", 1, 0)
        peer.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    peer.close()
    if how == "reset":  # a FIN alone may be half a close: the session goes on to give its reply
        await until(lambda: listener.connections == 0)
    door.opened.set()
    await asyncio.wait_for(door.committed.wait(), PATIENCE)
    await until(lambda: listener.connections == 0)
    assert [content for _, content in door.mails] == [MAIL]


@pytest.mark.asyncio
async def test_a_client_that_writes_all_and_shuts_its_side_gets_every_reply(start, door):
    listener = await start()
    peer = await Peer.connect(listener.addresses[0])
    await peer.send(
        b"EHLO script\r\nMAIL FROM:<kim@customer.example>\r\nRCPT TO:<sales@dealer.example>\r\nDATA\r\n"
        + MAIL
        + b".\r\n"
    )
    peer.writer.write_eof()
    codes = [(await peer.reply())[:3] for _ in range(6)]
    assert codes == ["220", "250", "250", "250", "354", "250"]
    assert await peer.is_closed()
    assert len(door.mails) == 1
    peer.close()


# -- failures of ours ------------------------------------------------------------------------------------------------


@pytest.mark.rule("PF17")
@pytest.mark.asyncio
async def test_a_bug_behind_the_door_is_temporary_for_the_peer(start, door):
    listener = await start()
    door.replies = [RuntimeError("secret detail"), TAKEN]
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin()
    await send_content(peer)
    assert await peer.reply() == "451 4.3.0 Temporary failure, please try again later"
    await peer.ask("MAIL FROM:<kim@customer.example>")
    await peer.ask("RCPT TO:<sales@dealer.example>")
    await send_content(peer)
    assert (await peer.reply()).startswith("250")
    peer.close()


@pytest.mark.rule("PF17")
@pytest.mark.asyncio
async def test_a_bug_in_the_look_up_of_a_recipient_is_temporary_too(start, door, monkeypatch):
    listener = await start()
    monkeypatch.setattr(door, "refusal_for", lambda path: 1 / 0)
    peer = await Peer.connect(listener.addresses[0])
    await peer.reply()
    await peer.ask("EHLO client.example")
    await peer.ask("MAIL FROM:<kim@customer.example>")
    assert (await peer.ask("RCPT TO:<sales@dealer.example>")).startswith("451 4.3.0")
    peer.close()


@pytest.mark.asyncio
async def test_a_commit_longer_than_the_idle_timeout_is_waited_for(start, door):
    listener = await start(limits=seconds(idle_timeout=0.1, session_timeout=0.3))
    door.opened.clear()
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin()
    await send_content(peer)
    await door.entered.wait()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await peer.reader.read(1)
    door.opened.set()
    assert (await peer.reply()).startswith("250")
    peer.close()


@pytest.mark.asyncio
async def test_the_envelope_says_who_handed_the_mail_in(start, door):
    listener = await start(trusted=STRANGERS)
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin(("sales@dealer.example", "info@dealer.example", "sales@dealer.example"))
    await send_content(peer)
    assert (await peer.reply()).startswith("250")
    envelope, content = door.mails[0]
    assert content == MAIL
    assert envelope.channel is Channel.SMTP
    assert str(envelope.reverse_path) == "<kim@customer.example>"
    assert envelope.forward_paths == ("sales@dealer.example", "info@dealer.example")
    assert (envelope.peer, envelope.helo, envelope.is_trusted_client) == ("127.0.0.1", "client.example", False)
    peer.close()


# -- too many, too slow ----------------------------------------------------------------------------------------------


@pytest.mark.rule("BI-15")
@pytest.mark.rule("SP-11")
@pytest.mark.asyncio
async def test_idle_connections_of_one_address_do_not_shut_out_another(start, door):
    listener = await start(trusted=STRANGERS)
    crowd = [await Peer.connect(listener.addresses[0], "127.0.0.2") for _ in range(300)]
    greetings = [(await peer.reply())[:3] for peer in crowd]
    assert greetings.count("220") == 10
    assert greetings.count("421") == 290
    async with asyncio.timeout(1):
        other = await Peer.connect(listener.addresses[0], "127.0.0.3")
        await other.begin()
        await send_content(other)
        assert (await other.reply()).startswith("250")
    for peer in [*crowd, other]:
        peer.close()


@pytest.mark.asyncio
async def test_who_leaves_makes_room(start):
    listener = await start(trusted=STRANGERS, limits=replace(LIMITS, max_connections_per_ip=1))
    for _ in range(5):
        peer = await Peer.connect(listener.addresses[0])
        assert (await peer.reply()).startswith("220")
        assert (await peer.ask("QUIT")).startswith("221")
        peer.close()
        await until(lambda: listener.connections == 0)


@pytest.mark.rule("BI-16")
@pytest.mark.asyncio
async def test_a_byte_at_a_time_does_not_keep_a_session_alive(start):
    listener = await start(limits=seconds(idle_timeout=0.3))
    peer = await Peer.connect(listener.addresses[0])
    await peer.reply()
    drip = asyncio.create_task(_drip(peer))
    assert (await peer.reply()).startswith("421 4.4.2")
    await until(lambda: listener.connections == 0)
    await drip


@pytest.mark.rule("BI-16")
@pytest.mark.asyncio
async def test_content_slower_than_the_minimum_rate_is_cut_off(start, door):
    listener = await start(limits=seconds(idle_timeout=0.3))
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin()
    await peer.ask("DATA")
    drip = asyncio.create_task(_drip(peer))
    assert (await peer.reply()).startswith("421 4.4.2")
    await until(lambda: listener.connections == 0)
    await drip
    assert not door.mails


@pytest.mark.asyncio
async def test_content_faster_than_the_minimum_rate_may_take_its_time(start, door):
    listener = await start(limits=replace(seconds(idle_timeout=0.3), data_min_rate=100))
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin()
    await peer.ask("DATA")
    for _ in range(8):
        await peer.send(b"x" * 98 + b"\r\n")
        await asyncio.sleep(0.1)  # the pace is what is tested
    await peer.send(b".\r\n")
    assert (await peer.reply()).startswith("250")
    peer.close()


@pytest.mark.rule("BI-17")
@pytest.mark.asyncio
async def test_a_session_ends_at_its_time_however_lively_it_is(start):
    listener = await start(limits=seconds(session_timeout=0.4))
    peer = await Peer.connect(listener.addresses[0])
    await peer.reply()
    replies = []
    while not replies or replies[-1].startswith(("250", "252")):
        replies.append(await peer.ask(("NOOP", "VRFY x", "EHLO x", "RSET")[len(replies) % 4]))
        await asyncio.sleep(0.05)  # the pace is what is tested
    assert replies[-1].startswith("421 4.4.2")
    peer.close()


@pytest.mark.rule("SP-11")
@pytest.mark.asyncio
async def test_many_large_mails_at_once_do_not_fill_the_memory(start, door):
    listener = await start(limits=replace(LIMITS, max_content_held=300_000, small_content=100_000))
    large = (b"x" * 98 + b"\r\n") * 2_500
    hoarder, late, modest = [await Peer.connect(listener.addresses[0]) for _ in range(3)]
    for peer in (hoarder, late, modest):
        await peer.begin()
        await peer.ask("DATA")
    await hoarder.send(large)
    await until(lambda: sum(session.held for session in listener._reception.sessions) == len(large))
    await late.send(large + b".\r\n")
    assert (await late.reply()).startswith("452 4.3.1")
    await modest.send(MAIL + b".\r\n")
    assert (await modest.reply()).startswith("250")
    await hoarder.send(b".\r\n")
    assert (await hoarder.reply()).startswith("250")
    for peer in (hoarder, late, modest):
        peer.close()


async def _drip(peer: Peer) -> None:
    try:
        while not peer.reader.at_eof():
            await peer.send(b"x")
            await asyncio.sleep(0.02)  # the pace is what is tested
    except ConnectionError:
        pass
    peer.close()


@pytest.mark.rule("BI-10")
@pytest.mark.asyncio
async def test_a_hundred_megabytes_in_one_line_are_not_read(start, door):
    listener = await start()
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin()
    await peer.ask("DATA")
    sent = await _send_until_cut(peer, 100 * 1024**2)
    assert sent < 20 * 1024**2  # what fits into the sockets' buffers at most
    await until(lambda: listener.connections == 0)
    assert not door.mails
    peer.close()


async def _send_until_cut(peer: Peer, octets: int) -> int:
    for sent in range(0, octets, 65_536):
        try:
            await peer.send(b"x" * 65_536)
        except ConnectionError:
            return sent
    return octets


# -- TLS -------------------------------------------------------------------------------------------------------------


@pytest.mark.rule("BI-23")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.asyncio
async def test_an_old_tls_version_is_closed_and_the_house_lives(start, door, certificate: Certificate):
    tls = server_tls(certificate.certificate, certificate.key)
    listener = await start(tls=tls)
    old = certificate.for_client()
    old.minimum_version, old.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    peer = await Peer.connect(listener.addresses[0])
    await peer.reply()
    assert (await peer.ask("STARTTLS")).startswith("220")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await peer.writer.start_tls(old, server_hostname="localhost")
    peer.close()
    await until(lambda: listener.connections == 0)

    good = await Peer.connect(listener.addresses[0])
    await good.begin()
    await send_content(good)
    assert (await good.reply()).startswith("250")
    good.close()


@pytest.mark.asyncio
async def test_a_handshake_that_never_comes_is_cut_off(start, certificate: Certificate):
    listener = await start(tls=certificate.for_server(), limits=seconds(idle_timeout=0.3))
    peer = await Peer.connect(listener.addresses[0])
    await peer.reply()
    assert (await peer.ask("STARTTLS")).startswith("220")
    await until(lambda: listener.connections == 0)
    peer.close()


# -- the end of the day ----------------------------------------------------------------------------------------------


@pytest.mark.rule("SP-14")
@pytest.mark.asyncio
async def test_draining_lets_content_come_in_and_sends_the_idle_away(start, door):
    listener = await start()
    idle, busy, storing = [await Peer.connect(listener.addresses[0]) for _ in range(3)]
    await idle.begin()
    await busy.begin()
    assert (await busy.ask("DATA")).startswith("354")
    await busy.send(b"Subject: half\r\n")
    door.opened.clear()
    await storing.begin()
    await send_content(storing)
    await door.entered.wait()

    draining = asyncio.create_task(listener.drain())
    assert (await idle.reply()).startswith("421 4.3.2")
    with pytest.raises(OSError, match="Connect"):
        await Peer.connect(listener.addresses[0])
    assert not draining.done()
    await busy.send(b"\r\n.\r\n")
    door.opened.set()
    for peer in (storing, busy):
        assert (await peer.reply()).startswith("250")
        assert (await peer.reply()).startswith("421 4.3.2")
        assert await peer.is_closed()
    await asyncio.wait_for(draining, PATIENCE)
    assert len(door.mails) == 2
    for peer in (idle, busy, storing):
        peer.close()


@pytest.mark.rule("SP-14")
@pytest.mark.asyncio
async def test_draining_ends_though_a_peer_never_finishes(start, door):
    listener = await start()
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin()
    await peer.ask("DATA")
    await asyncio.wait_for(listener.drain(timedelta(milliseconds=100)), PATIENCE)
    assert (await peer.reply()).startswith("421 4.3.2")
    assert not door.mails
    peer.close()


@pytest.mark.rule("SP-14")
@pytest.mark.asyncio
async def test_closing_waits_for_the_commit_that_has_begun(start, door):
    listener = await start()
    door.opened.clear()
    peer = await Peer.connect(listener.addresses[0])
    await peer.begin()
    await send_content(peer)
    await door.entered.wait()
    closing = asyncio.create_task(listener.close())
    done, _ = await asyncio.wait({closing}, timeout=0.2)
    assert not done
    door.opened.set()
    await asyncio.wait_for(closing, PATIENCE)
    assert (await peer.reply()).startswith("250")
    assert len(door.mails) == 1
    peer.close()


# -- where we listen -------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_an_inherited_socket_wins_over_the_settings(start, door):
    inherited = socket.create_server(("127.0.0.1", 0))
    address = "{}:{}".format(*inherited.getsockname())
    listener = await start(listen=["127.0.0.1:1"], sockets=[inherited])
    assert listener.addresses == (address,)
    peer = await Peer.connect(address)
    assert (await peer.reply()).startswith("220 mx.dealer.example")
    peer.close()


@pytest.mark.parametrize("place", ["nonsense", "127.0.0.1:smtp"])
@pytest.mark.asyncio
async def test_a_place_that_is_none_is_told(start, place):
    with pytest.raises(Unavailable, match=place):
        await start(listen=[place])


@pytest.mark.asyncio
async def test_a_port_in_use_is_told(start):
    first = await start()
    with pytest.raises(Unavailable, match="cannot listen at 127"):
        await start(listen=["127.0.0.1:0", first.addresses[0]])


@pytest.mark.asyncio
async def test_lmtp_listens_on_a_unix_socket_and_takes_it_away_again(door, tmp_path: Path):
    place = tmp_path / "lmtp.sock"
    listener = await start_lmtp(
        listen=f"unix:{place}", hostname="mx.dealer.example", door=door, clock=SystemClock(), limits=LIMITS
    )
    assert listener.addresses == (f"unix:{place}",)
    peer = await Peer.connect(listener.addresses[0])
    await peer.reply()
    assert (await peer.ask("LHLO postfix")).startswith("250")
    await peer.ask("MAIL FROM:<kim@customer.example>")
    await peer.ask("RCPT TO:<sales@dealer.example>")
    await send_content(peer)
    assert (await peer.reply()).startswith("250")
    peer.close()
    await listener.close()
    assert not place.exists()
    envelope = door.mails[0][0]
    assert (envelope.channel, envelope.is_trusted_client) == (Channel.LMTP, True)


@pytest.mark.component
@pytest.mark.asyncio
async def test_swaks_delivers_over_starttls(start, door, certificate: Certificate):
    swaks = require_component("swaks")
    listener = await start(tls=certificate.for_server())
    command = [swaks, "--server", listener.addresses[0], "--tls", "--from", "kim@customer.example"]
    sending = asyncio.to_thread(
        subprocess.run, [*command, "--to", "sales@dealer.example"], capture_output=True, check=False, timeout=30
    )
    result = await sending
    assert result.returncode == 0, result.stdout
    assert door.mails[0][0].forward_paths == ("sales@dealer.example",)
