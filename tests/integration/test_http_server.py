"""The HTTP listener on real sockets: what it answers to whom, and that nobody can make it a burden."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from leadmaild.deciding.health import judge
from leadmaild.errors import Unavailable
from leadmaild.inbound import http_server
from leadmaild.inbound.http_pages import HttpPages
from leadmaild.inbound.http_request import LONGEST_HEAD
from leadmaild.inbound.http_server import HttpServer
from leadmaild.model.health import Facts, Health
from tests.integration.http import connected, exchange_of, get, send

pytestmark = pytest.mark.asyncio
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Site:
    """A listener whose health, token and openness the test chooses."""

    def __init__(self) -> None:
        self.facts = Facts(started_at=NOW, standing=None)
        self.token = ""
        self.is_local = True
        self.bug: Exception | None = None
        pages = HttpPages(self._look, lambda _health: "leadmaild_up 1.0\n", self._token, lambda: self.is_local)
        self.server = HttpServer("127.0.0.1:0", pages.answer)

    async def _look(self) -> Health:
        if self.bug:
            raise self.bug
        return Health(NOW, self.facts, judge(self.facts, NOW))

    def _token(self) -> str:
        if self.token == "missing":
            raise Unavailable("the secret does not exist")
        return self.token

    async def get(self, path: str, **more):
        return await get(self.server.address, path, **more)


@pytest_asyncio.fixture
async def site():
    site = Site()
    await site.server.start()
    yield site
    await site.server.close()


async def test_health_is_one_page_and_its_status_is_for_load_balancers(site):
    answer = await site.get("/health")
    assert (answer.status, answer.json["status"]) == (503, "failing")
    assert {"name": "database", "status": "failing", "why": "the database is not to be had"} in answer.json["checks"]
    assert answer.fields["connection"] == "close"


async def test_a_gateway_that_is_only_behind_stays_in_service(site):
    from tests.unit.deciding.test_health import IDLE

    site.facts = Facts(NOW, IDLE, unreachable={"default": NOW - timedelta(hours=1)})
    answer = await site.get("/health")
    assert (answer.status, answer.json["status"]) == (200, "degraded")


async def test_head_is_get_without_the_body(site):
    answer = await site.get("/health", method="HEAD")
    assert (answer.status, answer.body) == (503, "")
    assert int(answer.fields["content-length"]) > 0


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/", "GET", 404), ("/metrics/", "GET", 404), ("/api/leads", "GET", 404), ("/health", "POST", 405),
     ("/metrics", "DELETE", 405)],
)  # fmt: skip
async def test_there_is_nothing_else(site, path, method, status):
    assert (await site.get(path, method=method)).status == status


async def test_without_a_token_metrics_are_for_this_machine(site):
    assert (await site.get("/metrics")).body == "leadmaild_up 1.0\n"
    site.is_local = False
    assert (await site.get("/metrics")).status == 403
    answer = await site.get("/health")
    assert answer.json == {"status": "failing"}  # the one word is for everybody


@pytest.mark.parametrize("shown", ["", "wrong", "s3cret-toke", "s3cret-tokens", "s\u00e4cret"])
async def test_with_a_token_only_who_shows_it_gets_more_than_one_word(site, shown):
    site.token = "s3cret-token"
    answer = await site.get("/metrics", extra=f"Authorization: Bearer {shown}\r\n" if shown.isascii() else "")
    assert (answer.status, answer.fields["www-authenticate"]) == (401, "Bearer")
    assert list((await site.get("/health")).json) == ["status"]
    assert (await site.get("/metrics", token="s3cret-token")).status == 200
    assert "checks" in (await site.get("/health", token="s3cret-token")).json


async def test_a_token_that_is_not_to_be_had_opens_nothing(site):
    site.token = "missing"
    assert (await site.get("/metrics", token="missing")).status == 403
    assert (await site.get("/health")).status == 503


async def test_a_head_that_is_too_long_or_no_http_is_refused(site):
    address = site.server.address
    assert exchange_of(await send(address, b"GET /" + b"x" * LONGEST_HEAD + b" HTTP/1.1\r\n\r\n")).status == 431
    assert exchange_of(await send(address, b"EHLO mx.example\r\n\r\n")).status == 400
    assert (await site.get("/health")).status == 503  # it lives


async def test_who_never_finishes_asking_is_let_go(site, monkeypatch):
    monkeypatch.setattr(http_server, "HEAD_WITHIN", timedelta(milliseconds=50))
    assert exchange_of(await send(site.server.address, b"GET /health HTT")).status == 408


async def test_many_at_once_are_told_to_come_again(site, monkeypatch):
    monkeypatch.setattr(http_server, "MOST_CONNECTIONS", 2)
    idle = [await connected(site.server.address) for _ in range(2)]
    try:
        while len(site.server._connections) < 2:  # noqa: ASYNC110  # the server says nothing of it
            await asyncio.sleep(0)
        assert (await site.get("/health")).fields["retry-after"] == "5"
    finally:
        for _, writer in idle:
            writer.close()
    while site.server._connections:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert "retry-after" not in (await site.get("/health")).fields


async def test_a_bug_of_ours_ends_one_answer_and_not_the_listener(site):
    site.bug = RuntimeError("kaputt")
    assert (await site.get("/health")).status == 500
    site.bug = None
    assert (await site.get("/health")).status == 503


async def test_an_address_that_is_taken_is_said_in_words(site):
    with pytest.raises(Unavailable, match=r"cannot listen at 127\.0\.0\.1"):
        await HttpServer(site.server.address, site.server._answer).start()


async def test_it_also_listens_at_a_unix_socket_which_goes_with_it(tmp_path, site):
    path = tmp_path / "http.sock"
    server = HttpServer(f"unix:{path}", site.server._answer)
    await server.start()
    assert server.is_local
    assert (await get(server.address, "/health")).status == 503
    await server.close()
    assert not path.exists()


@pytest.mark.parametrize(("place", "is_local"), [("127.0.0.1:0", True), ("[::1]:0", True), ("0.0.0.0:0", False)])
async def test_it_knows_whether_others_can_reach_it(site, place, is_local):
    server = HttpServer(place, site.server._answer)
    await server.start()
    assert server.is_local is is_local
    await server.close()
