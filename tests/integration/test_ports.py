"""An address that cannot be listened at, in words that say what to do."""

import asyncio

import pytest

from leadmaild.clock import SystemClock
from leadmaild.errors import Unavailable
from leadmaild.inbound.smtp_server import start_smtp
from tests.integration.fake_door import FakeDoor


@pytest.mark.asyncio
async def test_a_low_port_without_the_right_to_it_says_what_gives_the_right(monkeypatch):
    async def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(asyncio.get_running_loop(), "create_server", refuse)
    with pytest.raises(Unavailable) as told:
        await start_smtp(listen=["127.0.0.1:25"], hostname="mx.example", door=FakeDoor(), clock=SystemClock())
    assert str(told.value) == (
        "cannot listen at 127.0.0.1:25: this user may not open a port below 1024; enable leadmaild.socket, "
        "or give the service AmbientCapabilities=CAP_NET_BIND_SERVICE"
    )
