"""A write-ahead log that ends anywhere: what was answered 250 is there, and the database is sound (SP-01, K9)."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.dealership import enquiry
from tests.pipeline.steps import open_bench

# Every frame when proofs are asked for, each fifth in every run.
_EVERY = 1 if os.environ.get("LEADMAILD_LONG") else 5
_MAILS = 6
_HEADER, _FRAME_HEADER = 32, 24
# Where in a frame the log breaks off, beside its very end: nowhere, in its header, in its page.
_INTO_A_FRAME = (0, 10, 2000)


@pytest.mark.rule("SP-01")
@pytest.mark.rule("SP-02")
@pytest.mark.asyncio
@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])
async def test_wherever_the_log_is_torn_every_acknowledged_mail_before_is_there(
    open_dealership, sources, tmp_path: Path
):
    bench = await open_dealership()
    database = tmp_path / "leadmaild.db"
    log = tmp_path / "leadmaild.db-wal"
    acknowledged_at: list[int] = []  # how long the log was when the n-th mail was answered 250
    for number in range(1, _MAILS + 1):
        assert (await bench.take(enquiry(number))).code == 250
        acknowledged_at.append(log.stat().st_size)
        await bench.run()
    whole, page = log.read_bytes(), _page_size(database)
    frames = range(_HEADER, len(whole), (page + _FRAME_HEADER) * _EVERY)
    assert len(frames) > 20
    cuts = {at + into for at in frames for into in _INTO_A_FRAME} | {len(whole) - 1, len(whole)}
    torn = tmp_path / "torn"
    for cut in sorted(cuts):
        _copy(database, whole[:cut], torn)
        assert _sound_mails(torn / "leadmaild.db") >= sum(1 for at in acknowledged_at if at <= cut), cut

    for cut in (*acknowledged_at, acknowledged_at[2] + 100, acknowledged_at[4] - 1):
        _copy(database, whole[:cut] + b"\xa5" * 5000, torn)  # and what a disk may leave behind the end
        shutil.copy(bench.gateway.world.settings.path, torn)
        again = await open_bench(torn / "leadmaild.toml", sources, clock=bench.clock, node="again")
        try:
            await again.run()
            lines = await again.journal()
            assert [line.outcome for line in lines] == ["lead"] * len(lines)
            assert len(await again.leads()) == len(lines) >= sum(1 for at in acknowledged_at if at <= cut)
        finally:
            await again.gateway.close()


def _page_size(database: Path) -> int:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    return size


def _copy(database: Path, log: bytes, into: Path) -> None:
    """The two files as they lie there after a crash; the index of the log is made anew."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir()
    shutil.copy(database, into)
    (into / "leadmaild.db-wal").write_bytes(log)


def _sound_mails(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal'").fetchone():
            return 0
        mails: int = connection.execute("SELECT count(*) FROM journal").fetchone()[0]
    return mails
