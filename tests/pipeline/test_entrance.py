"""The entrance takes mail before the house behind it is there, and hands over to it."""

import asyncio
import smtplib
import subprocess
import sys

import pytest

from leadmaild.config.load import load
from leadmaild.entrance import entrance_of
from leadmaild.errors import Unavailable
from leadmaild.foundation import Outside
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate
from leadmaild.wiring import Gateway
from tests.dealership import MAILBOX, enquiry, write_settings
from tests.integration.loopback import free_port
from tests.pipeline.steps import Bench, FakeClock, SameProcessReader, ScriptedTransport

# What takes long to load and no 250 needs.
_FOR_LATER = ("sqlalchemy.orm", "jinja2", "reportlab", "phonenumbers", "alembic", "mailparser", "re2", "pebble")


def test_what_a_250_does_not_need_is_loaded_later() -> None:
    asked = f"import sys, leadmaild.cli.serve, leadmaild.daemon; print(*(m for m in {_FOR_LATER} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


@pytest.mark.asyncio
async def test_mail_taken_before_the_house_is_there_becomes_a_lead(tmp_path, sources) -> None:
    port, transport, clock = free_port(), ScriptedTransport(), FakeClock()
    settings = load(write_settings(tmp_path, port=port))
    await asyncio.to_thread(migrate, database_url(settings.gateway.database, tmp_path))
    outside = Outside(clock=clock, reader=SameProcessReader(sources), transports={"default": transport})
    entrance = await entrance_of(settings, outside)
    await entrance.open()

    await asyncio.to_thread(_hand_in, port, enquiry())
    await entrance.first_comers()
    await entrance.drain()
    bench = Bench(Gateway(entrance), clock, transport)
    await bench.run()

    assert len(await bench.leads()) == 1
    await bench.gateway.close()


@pytest.mark.asyncio
async def test_an_address_that_is_taken_closes_the_others_again(tmp_path) -> None:
    port, taken = free_port(), free_port()
    path = write_settings(tmp_path, port=port)
    text = path.read_text()
    assert text.count(f'"127.0.0.1:{port}"') == 1
    path.write_text(text.replace(f'"127.0.0.1:{port}"', f'"127.0.0.1:{port}", "127.0.0.1:{taken}"'))
    settings = load(path)
    await asyncio.to_thread(migrate, database_url(settings.gateway.database, tmp_path))
    other = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", taken)
    entrance = await entrance_of(settings)

    with pytest.raises(Unavailable):
        await entrance.open()

    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    other.close()
    await entrance.database.close()


def _hand_in(port: int, mail: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="kunden.example", timeout=30) as smtp:
        smtp.sendmail("absender@kunden.example", [MAILBOX], mail)
