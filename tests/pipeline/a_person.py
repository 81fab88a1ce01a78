"""An invented person who writes to the dealership, and a look at whether anything of her is kept."""

import json

from sqlalchemy import create_engine, make_url

from leadmaild.commands.privacy import Wanted, erase_person, export_person
from leadmaild.pipeline import intake
from leadmaild.storage.schema import metadata
from tests.dealership import enquiry

ADDRESS = "frieda.vogelsang@kunden.example"
WORDS = "Zweitschluesselfrage"
TRACES = ("vogelsang", "frieda", "3920012", WORDS.lower())  # of what is to be found nowhere


def of_frieda(number: int = 1, **fields: str) -> bytes:
    """A mail of hers; every number is another one."""
    hers = {
        "from": f"Frieda Vogelsang <{ADDRESS}>",
        "message_id": f"<{number}.vogelsang@kunden.example>",
        "subject": f"Golf {number}, {WORDS}",
        "text": f"Guten Tag,\r\n\r\nist Golf {number} noch da? {WORDS}!\r\n\r\nFrieda Vogelsang\r\n"
        "Telefon: 0171 3920012\r\n",
    }
    return enquiry(number, **hers | fields)


async def set_aside(bench, mail: bytes, monkeypatch) -> None:
    """Have a mail set aside: a bug of ours stops it from being read."""

    def broken(*_):
        raise RuntimeError("a bug of ours")

    await bench.take(mail)
    with monkeypatch.context() as broken_house:
        broken_house.setattr(intake, "decide", broken)
        broken_house.setattr(intake, "MOST_CLAIMS", 1)
        await bench.run()
    assert [line.outcome for line in await bench.journal()][-1] == "set_aside"


async def erase(bench, who: str = ADDRESS):
    world = bench.gateway.world
    return await erase_person(
        bench.gateway.database, world.settings, Wanted.of(who), world.suppression_key, bench.clock.now()
    )


async def export(bench, who: str = ADDRESS):
    key = bench.gateway.world.suppression_key
    return await export_person(bench.gateway.database, Wanted.of(who), key, bench.clock.now())


def traces_in_tables(database_setting: str, folder) -> list[str]:
    """Which traces of her are in any row of any table."""
    url = make_url(database_setting)
    url = url.set(drivername="postgresql+psycopg") if url.host or "postgres" in database_setting else (
        f"sqlite:///{folder}/leadmaild.db"
    )  # fmt: skip
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            tables = [f'SELECT * FROM "{table.name}"' for table in metadata.sorted_tables]
            rows = [row for select in tables for row in connection.exec_driver_sql(select)]
    finally:
        engine.dispose()
    everything = "\n".join(_text(value) for row in rows for value in row).lower()
    return [trace for trace in TRACES if trace in everything]


def traces_on_disk(folder) -> list[str]:
    """Which traces of her are in the bytes of the SQLite file or of its write-ahead log."""
    everything = b"".join(path.read_bytes() for path in sorted(folder.glob("leadmaild.db*"))).lower()
    return [trace for trace in TRACES if trace.encode() in everything]


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("latin-1")
    return json.dumps(value, ensure_ascii=False, default=str)
