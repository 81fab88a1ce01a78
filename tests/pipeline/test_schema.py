"""The migrations and the tables in the code are the same database."""

import asyncio
import os

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import ForeignKeyConstraint, create_engine

from leadmaild.storage.engine import database_url, sync_url
from leadmaild.storage.migrate import NEWEST_REVISION, alembic_config, migrate
from leadmaild.storage.schema import metadata


def test_a_migrated_database_has_exactly_the_tables_of_the_code(empty_database_setting, tmp_path):
    url = database_url(empty_database_setting, tmp_path)
    migrate(url)
    engine = create_engine(sync_url(url))
    try:
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []
    finally:
        engine.dispose()


def test_the_revision_we_ask_for_is_the_last_one_there_is():
    assert ScriptDirectory.from_config(alembic_config()).get_current_head() == NEWEST_REVISION


def test_migrating_again_changes_nothing(empty_database_setting, tmp_path):
    url = database_url(empty_database_setting, tmp_path)
    _before, first = migrate(url)

    assert migrate(url) == (first, first)


def test_a_new_database_is_read_by_nobody_else(tmp_path):
    before = os.umask(0o022)
    try:
        migrate(database_url("sqlite:///new/leadmaild.db", tmp_path))
    finally:
        os.umask(before)

    assert (tmp_path / "new/leadmaild.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.asyncio
async def test_nodes_that_start_together_migrate_once(empty_database_setting, tmp_path):
    url = database_url(empty_database_setting, tmp_path)
    revisions = await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(3)))

    assert sum(before is None for before, _now in revisions) == 1
    assert {now for _before, now in revisions} == {"0001"}


def test_every_reference_to_another_table_is_indexed():
    """Without it a row that goes, such as a vehicle of an old stock list, looks through the whole other table."""
    bare = [
        f"{table.name}.{key.parent.name}"
        for table in metadata.tables.values()
        for key in table.foreign_keys
        if key.parent.name not in set(_first_columns(table))
    ]
    assert bare == []


def _first_columns(table):
    uniques = [constraint for constraint in table.constraints if hasattr(constraint, "columns")]
    for group in (*table.indexes, *(u for u in uniques if not isinstance(u, ForeignKeyConstraint))):
        columns = list(group.columns)
        if columns:
            yield columns[0].name
