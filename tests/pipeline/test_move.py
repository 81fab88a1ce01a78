"""`leadmaild migrate --to`: everything goes to another database, SQLite to PostgreSQL or back; work goes on there."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Connection, create_engine, make_url, select, text

from leadmaild.cli.main import leadmaild
from leadmaild.commands.audit import balance_of
from leadmaild.errors import Refused, Unavailable
from leadmaild.model.user import Absence
from leadmaild.storage.copy import copy_database
from leadmaild.storage.copy_tables import RowSum, tables
from leadmaild.storage.engine import database_url, sync_url
from leadmaild.storage.presence import presence_on
from tests.dealership import HOURS, enquiry, write_settings
from tests.pipeline.steps import Bench, open_bench

SQLITE, OTHER_SQLITE = "sqlite:///leadmaild.db", "sqlite:///elsewhere/other.db"


@pytest.fixture(
    params=[
        pytest.param(("sqlite", "postgres"), marks=pytest.mark.component),
        pytest.param(("postgres", "sqlite"), marks=pytest.mark.component),
        ("sqlite", "sqlite"),
    ],
    ids="-to-".join,
)
def settings_of_both(request) -> tuple[str, str]:
    """The `database` settings of where it is and of where it shall be."""
    source, target = request.param
    postgres = request.getfixturevalue("postgres_url") if "postgres" in request.param else ""
    postgres = postgres.replace("postgresql+psycopg://", "postgresql://")
    return postgres if source == "postgres" else SQLITE, postgres if target == "postgres" else OTHER_SQLITE


async def lived_in(folder: Path, sources, database: str) -> Bench:
    """A dealership after a morning of work: leads, answers, notices held, an absence, a mail not read yet."""
    bench = await open_bench(write_settings(folder, database=database, tables=HOURS), sources)
    for number in (1, 2, 3):
        await bench.take(enquiry(number, subject=f"Anfrage für {number} € – schön"))
    await bench.take(enquiry(3, subject="Anfrage für 3 € – schön"))
    await bench.run()
    now = bench.clock.now()
    async with bench.gateway.database.transaction() as tx:
        await tx.people.add_absence(Absence("schmidt", now, now + timedelta(days=2), "mueller"))
        await tx.calendar.take_out("MUC", now.date(), now)
        await tx.installation.keep("octets", bytes(range(256)), now)
        await tx.commit()
    bench.clock.advance(timedelta(hours=12))
    await bench.take(enquiry(4))
    await bench.run()
    await bench.take(enquiry(5))
    return bench


def everything_in(url) -> dict[str, tuple[int, int]]:
    engine = create_engine(sync_url(url))
    with engine.connect() as connection:
        found = {table.name: _sum(connection, table) for table in tables()}
    engine.dispose()
    return found


def _sum(connection: Connection, table) -> tuple[int, int]:
    seen = RowSum(table)
    for row in connection.execute(select(table)):
        seen.add(tuple(row))
    return seen.result


@pytest.mark.asyncio
async def test_everything_is_there_and_work_goes_on(settings_of_both, tmp_path, sources):
    source, target = settings_of_both
    bench = await lived_in(tmp_path, sources, source)
    path = bench.gateway.world.settings.path
    before = everything_in(database_url(source, tmp_path))
    known = [await bench.journal(), await bench.leads(), await bench.queue()]
    now = bench.clock.now()
    await bench.gateway.close()

    result = CliRunner().invoke(leadmaild, ["-c", str(path), "migrate", "--to", target])
    assert result.exit_code == 0, result.output
    assert f'gateway.database = "{target}"' in result.output
    assert result.stderr == ""
    assert everything_in(database_url(source, tmp_path)) == before
    assert everything_in(database_url(target, tmp_path)) == before
    assert sum(count for count, _ in before.values()) > 50

    write_settings(tmp_path, database=target, tables=HOURS)
    moved = await open_bench(path, sources)
    moved.clock.advance(now - moved.clock.now())
    assert [await moved.journal(), await moved.leads(), await moved.queue()] == known
    await moved.run()  # the mail that waited
    await moved.take(enquiry(6))
    await moved.run_until(now + timedelta(hours=14))  # what was held leaves in the morning
    assert [lead.number for lead in await moved.leads()] == [100001, 100002, 100003, 100004, 100005, 100006]
    assert (await balance_of(moved.gateway.database, moved.gateway.world.settings)).differences == ()
    assert {line.state for line in await moved.queue("new_lead")} == {"sent"}
    assert moved.transport.sent
    await moved.gateway.close()


@pytest.mark.asyncio
async def test_a_number_that_was_given_is_not_given_again(settings_of_both, tmp_path, sources):
    source, target = settings_of_both
    bench = await open_bench(write_settings(tmp_path, database=source), sources)
    await bench.gateway.close()
    engine = create_engine(sync_url(database_url(source, tmp_path)))
    with engine.begin() as connection:
        values = "'MUC', '2026-03-02 09:00:00'"
        connection.execute(text(f"INSERT INTO contact (id, location, created_at) VALUES (1, {values})"))
        statement = (
            "INSERT INTO lead (location, received_location, contact_id, source, types, assignee, assignment_reason,"
            " state, needs_review, cycle, arrived_at, last_active_at) VALUES ('MUC', 'MUC', 1, 'phone', '[]',"
            " 'mueller', 'manual', 'open', false, 1, '2026-03-02 09:00:00', '2026-03-02 09:00:00')"
        )
        for _ in range(3):
            connection.execute(text(statement))
        connection.execute(text("DELETE FROM lead WHERE number = 100003"))
    engine.dispose()
    copy_database(database_url(source, tmp_path), database_url(target, tmp_path))
    engine = create_engine(sync_url(database_url(target, tmp_path)))
    with engine.begin() as connection:
        connection.execute(text(statement))
        numbers = connection.execute(text("SELECT number FROM lead ORDER BY number")).scalars().all()
    engine.dispose()
    assert numbers == [100001, 100002, 100004]


@pytest.mark.asyncio
async def test_an_interrupted_run_leaves_nothing_and_can_be_started_anew(settings_of_both, tmp_path, sources):
    source, target = (database_url(setting, tmp_path) for setting in settings_of_both)
    bench = await lived_in(tmp_path, sources, settings_of_both[0])
    await bench.gateway.close()
    before = everything_in(source)

    class Interrupted(BaseException):
        pass

    def after_half(_what: str, done: int, of: int) -> None:
        if done > of // 2:
            raise Interrupted

    with pytest.raises(Interrupted):
        copy_database(source, target, after_half)
    assert {count for count, _ in everything_in(target).values()} == {0}
    copied = copy_database(source, target)
    assert everything_in(target) == everything_in(source) == before
    assert copied.rows == {name: count for name, (count, _) in before.items()}


@pytest.mark.asyncio
async def test_a_target_that_is_not_empty_is_left_alone(settings_of_both, tmp_path, sources):
    bench = await lived_in(tmp_path, sources, settings_of_both[0])
    await bench.gateway.close()
    source, target = (database_url(setting, tmp_path) for setting in settings_of_both)
    copy_database(source, target)
    with pytest.raises(Refused, match="the target is not empty: there are rows in"):
        copy_database(source, target)
    with pytest.raises(Refused, match="the settings have already"):
        copy_database(source, source)
    engine = create_engine(sync_url(source))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE a_shop (id integer)"))
    engine.dispose()
    with pytest.raises(Refused, match="it has the table a_shop"):
        copy_database(target, source)


@pytest.mark.asyncio
async def test_while_a_daemon_is_present_nothing_is_moved_and_while_it_is_moved_none_starts(
    settings_of_both, tmp_path, sources
):
    bench = await lived_in(tmp_path, sources, settings_of_both[0])
    await bench.gateway.close()
    source, target = (database_url(setting, tmp_path) for setting in settings_of_both)
    one, other = presence_on(source), presence_on(source)
    assert one.take()
    assert other.take()  # several nodes
    with pytest.raises(Refused, match=r"a daemon runs on (sqlite|postgresql)://"):
        copy_database(source, target)
    one.release()
    with pytest.raises(Refused, match="a daemon runs on"):
        copy_database(source, target)
    other.keep()
    other.release()
    seen = []
    copy_database(source, target, lambda *_: seen.append(presence_on(source).take() or presence_on(target).take()))
    assert set(seen) == {False}
    assert one.take()
    one.release()


@pytest.mark.component
def test_a_presence_comes_back_after_its_connection_was_lost(postgres_url):
    url = make_url(postgres_url)
    daemon, mover = presence_on(url), presence_on(url)
    assert daemon.take()
    engine = create_engine(url)
    with engine.connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        connection.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    engine.dispose()
    daemon.keep()
    assert not mover.take(alone=True)
    daemon.release()
    while not mover.take(alone=True):  # until the server has seen that the session is over
        pass
    mover.release()


@pytest.mark.asyncio
async def test_nobody_writes_behind_the_copy(tmp_path, sources):
    """A mail that is handed in meanwhile must not be acknowledged into the old database."""
    bench = await lived_in(tmp_path, sources, SQLITE)
    await bench.gateway.close()
    path = bench.gateway.world.settings.path
    codes = []

    def hand_in(_what: str, _done: int, _of: int) -> None:
        if not codes:
            deliver = ["-c", str(path), "deliver", "--to", "autohaus-beispiel@dein.auto"]
            codes.append(CliRunner().invoke(leadmaild, deliver, input=enquiry(9)).exit_code)

    source, target = database_url(SQLITE, tmp_path), database_url(OTHER_SQLITE, tmp_path)
    await asyncio.to_thread(copy_database, source, target, hand_in)
    assert codes == [75]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "is not a database URL"),
        ("mysql://u@h/d", "is not a database URL"),
        ("postgresql://u@h", "is not a database URL"),
        ("postgresql://u:hunter2@h/d", "holds a password"),
    ],
)
def test_a_url_that_cannot_be_meant_is_a_wrong_call(tmp_path, url, words):
    path = write_settings(tmp_path)
    result = CliRunner().invoke(leadmaild, ["-c", str(path), "migrate", "--to", url])
    assert result.exit_code == 2  # click's own; 64 in `leadmaild`
    assert words in result.output


def test_without_a_database_there_is_nothing_to_move(tmp_path):
    path = write_settings(tmp_path)
    result = CliRunner().invoke(leadmaild, ["-c", str(path), "migrate", "--to", OTHER_SQLITE])
    assert isinstance(result.exception, Unavailable)
    assert not (tmp_path / "elsewhere").exists()


def test_the_sum_of_rows_knows_no_order_and_sees_every_value():
    (timer,) = [table for table in tables() if table.name == "rotation"]
    rows = [("MUC", "", '["a", "b"]', "x"), ("BER", "", "[1.0]", "x")]

    def sum_of(*some) -> tuple[int, int]:
        seen = RowSum(timer)
        for row in some:
            seen.add(row)
        return seen.result

    assert sum_of(*rows) == sum_of(*reversed(rows))
    assert sum_of(rows[0]) == sum_of(("MUC", "", '["a","b"]', "x"))  # the way JSON is written is no value
    assert sum_of(rows[1]) == sum_of(("BER", "", "[1]", "x"))
    others = [
        ("MUC", "", '["b", "a"]', "x"),
        ("MUC", "", None, "x"),
        ("MUC", None, '["a", "b"]', "x"),
        ("MU", "C", '["a", "b"]', "x"),
    ]
    assert len({sum_of(rows[0]), *(sum_of(other) for other in others)}) == 5
