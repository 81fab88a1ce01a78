"""The cluster the storage tests stand on."""

import psycopg
import pytest

from tests.integration.postgres import PostgresCluster

pytestmark = pytest.mark.component


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)


def make_leads(url: str) -> None:
    with connect(url) as connection:
        connection.execute("CREATE TABLE lead (number int)")


def test_each_database_is_fresh_and_prepared_only_once(postgres_cluster: PostgresCluster):
    first, second = (postgres_cluster.fresh_database(make_leads) for _ in range(2))
    with connect(first) as one, connect(second) as two:
        one.execute("INSERT INTO lead VALUES (1)")

        assert two.execute("SELECT count(*) FROM lead").fetchone() == (0,)


def test_a_commit_outlives_a_crash_of_the_server(postgres_cluster: PostgresCluster, postgres_url: str):
    make_leads(postgres_url)
    with connect(postgres_url) as connection:
        connection.execute("INSERT INTO lead VALUES (7)")
        postgres_cluster.crash()
    postgres_cluster.start()

    with connect(postgres_url) as connection:
        assert connection.execute("SELECT number FROM lead").fetchone() == (7,)
