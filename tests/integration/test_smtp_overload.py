"""SP-11: the figures under attack. A proof of minutes, on request."""

import asyncio
import resource
import time
from datetime import timedelta

import pytest

from leadmaild.clock import SystemClock
from leadmaild.inbound.limits import Limits
from leadmaild.inbound.smtp_server import start_smtp
from tests.integration.dialogue import Peer
from tests.integration.fake_door import FakeDoor

IDLE, DRIPPING, HONEST, ROUNDS = 1_000, 100, 20, 20
MAIL = b"Subject: hello\r\n\r\n" + (b"x" * 76 + b"\r\n") * 40 + b".\r\n"


@pytest.mark.long
@pytest.mark.rule("SP-11")
@pytest.mark.asyncio
async def test_honest_senders_are_served_while_a_crowd_sits_and_drips():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    door = FakeDoor()
    limits = Limits(greet_delay=timedelta(milliseconds=300))
    listener = await start_smtp(
        listen=["127.0.0.1:0"], hostname="mx.dealer.example", door=door, clock=SystemClock(), limits=limits
    )
    address = listener.addresses[0]
    crowd = [await Peer.connect(address, "127.0.0.2") for _ in range(IDLE)]
    drippers = [await Peer.connect(address, "127.0.0.3") for _ in range(DRIPPING)]
    dripping = [asyncio.create_task(_drip(peer)) for peer in drippers]
    took = [t for times in await asyncio.gather(*(_send(address, n) for n in range(HONEST))) for t in times]
    for task in dripping:
        task.cancel()
    await asyncio.gather(*dripping, return_exceptions=True)
    for peer in (*crowd, *drippers):
        peer.close()
    await listener.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    took.sort()
    p99 = took[int(len(took) * 0.99)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(took)} mails, p99 {p99:.3f} s, {memory:.0f} MiB with the clients in the same process")
    assert len(door.mails) == HONEST * ROUNDS
    assert p99 < 2
    assert memory < 250


async def _send(address: str, number: int) -> list[float]:
    """One honest sender: a new connection a mail, as small senders do. Returns how long each mail took, in seconds."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        peer = await Peer.connect(address, f"127.0.1.{number + 1}")
        await peer.begin()
        await peer.ask("DATA")
        await peer.send(MAIL)
        assert (await peer.reply()).startswith("250")
        took.append(time.perf_counter() - began)
        peer.close()
    return took


async def _drip(peer: Peer) -> None:
    try:
        await peer.reply()
        while True:
            await peer.send(b"x")
            await asyncio.sleep(0.2)  # the drip is the attack
    except ConnectionError:
        pass
