"""kill -9 under load: every mail that was answered 250 is a lead exactly once, and no customer is answered twice."""

import os
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.acceptance.daemon import PATIENCE_S, SHORT_LEASES, Daemon, House, SinkBeside
from tests.dealership import enquiry
from tests.integration.loopback import greeting_at, wait_until

_ARCHIVE = "archiv@autohaus-beispiel.example"
_CLIENTS = 8

# How many kills, and how many mails each round of load is allowed: few in every run, many when proofs are asked for.
_ROUNDS = int(os.environ.get("LEADMAILD_KILLS", "100" if os.environ.get("LEADMAILD_LONG") else "6"))
_MAILS_A_ROUND = 200 if os.environ.get("LEADMAILD_LONG") else 30
_SEED = os.environ.get("LEADMAILD_SEED")


class Load:
    """Clients that hand in mail after mail, each again and again until it is answered 250."""

    def __init__(self, nodes: list[Daemon], rng: random.Random) -> None:
        self.acknowledged: set[int] = set()
        self._nodes = nodes
        self._rng = rng
        self._next = 1
        self._allowed = 0
        self._is_over = False
        self._changed = threading.Condition()
        self._clients = [threading.Thread(target=self._insist) for _ in range(_CLIENTS)]
        for client in self._clients:
            client.start()

    def allow(self, mails: int) -> None:
        """So many more mails may be sent."""
        with self._changed:
            self._allowed += mails
            self._changed.notify_all()

    def finish(self) -> None:
        """Return once everything allowed is answered 250."""
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
        for client in self._clients:
            client.join(PATIENCE_S * 4)
            assert not client.is_alive()

    def _number(self) -> int | None:
        with self._changed:
            self._changed.wait_for(lambda: self._allowed >= self._next or self._is_over)
            if self._allowed < self._next:
                return None
            self._next += 1
            return self._next - 1

    def _insist(self) -> None:
        while (number := self._number()) is not None:
            while not self._taken(number):
                time.sleep(0.1)  # a mail server would wait for minutes
            self.acknowledged.add(number)

    def _taken(self, number: int) -> bool:
        try:
            return self._rng.choice(self._nodes).send(_mail_of(number), sender=_customer(number))[0] == 250
        except OSError:  # SMTPException is one: nobody there, or killed in mid-dialogue
            return False


def _customer(number: int) -> str:
    """Every customer has a domain of his own: the limits on automatic mail are not what is asked here."""
    return f"kunde@k{number}.example"


def _mail_of(number: int) -> bytes:
    return enquiry(number, **{"from": f"Kunde Nummer{number} <{_customer(number)}>"})


def _settings(database: str) -> dict[str, str]:
    sellers = "\n".join(
        f'[[user]]\nusername = "v{n}"\nemail = "v{n}@autohaus-beispiel.example"\nlocations = ["MUC"]\n'
        "receives_leads = true\nassignable = true"
        for n in range(100)
    )
    return {
        "database": database,
        "tables": f'[location.redirect]\n  general = ["{_ARCHIVE}"]\n'
        "  [location.autoresponse]\n  per_hour = 0\n  per_day = 0\n",
        "smtp": "max_connections_per_ip = 50",
        "more": sellers,
    }


@pytest.mark.rule("SP-01")
@pytest.mark.rule("SP-03")
@pytest.mark.rule("PF53")
@pytest.mark.rule("BI-79")
@pytest.mark.timeout(180 + 30 * _ROUNDS)
@pytest.mark.parametrize(
    ("kind", "nodes"),
    [
        ("sqlite", 1),
        pytest.param("postgres", 1, marks=pytest.mark.component),
        pytest.param("postgres", 2, marks=pytest.mark.component),
    ],
)
def test_no_acknowledged_mail_is_lost_and_no_customer_answered_twice(house: House, request, kind: str, nodes: int):
    seed = int(_SEED or random.SystemRandom().randrange(10**6))
    print(f"seed {seed} (LEADMAILD_SEED), {_ROUNDS} kills (LEADMAILD_KILLS)")
    rng = random.Random(seed)
    database = "sqlite:///leadmaild.db"
    if kind == "postgres":
        database = request.getfixturevalue("postgres_url").replace("postgresql+psycopg://", "postgresql://")
    running = [house.daemon(f"node{n}", program=SHORT_LEASES, **_settings(database)).start() for n in range(nodes)]

    with _load(running, rng) as load:
        for _ in range(_ROUNDS):
            load.allow(_MAILS_A_ROUND)
            victim = rng.choice(running)
            if rng.random() < 0.5:  # half of them not before there are leads, and answers on their way
                wait_until(lambda: _lives_with_leads(running), PATIENCE_S, "a lead")
            time.sleep(rng.uniform(0.1, 0.8))
            victim.kill()
            victim.spawn()
            wait_until(lambda v=victim: greeting_at(v.port).startswith(b"220"), PATIENCE_S, "the greeting")
    _wait_until_quiet(running[0])
    _compare(running[0], load, house.sink)
    for daemon in running:
        assert daemon.stop() == 0
        assert not daemon.events("bug")


def _lives_with_leads(nodes: list[Daemon]) -> bool:
    return any(node.events("lead_opened", node.born_at_line) for node in nodes)


@contextmanager
def _load(nodes: list[Daemon], rng: random.Random) -> Iterator[Load]:
    load = Load(nodes, rng)
    try:
        yield load
    finally:
        load.finish()


def _wait_until_quiet(daemon: Daemon) -> None:
    """Nothing waits any more, neither mails taken in nor mails that leave."""

    def is_quiet() -> bool:
        status = daemon.json("status")
        return "waiting" not in status["journal"] and not status["queue"].keys() & {"queued", "sending", "deferred"}

    wait_until(is_quiet, PATIENCE_S * 10, "the end of the work")


def _compare(daemon: Daemon, load: Load, sink: SinkBeside) -> None:
    leads = daemon.json("leads", "list")
    customers = Counter(lead["contact"]["email"] for lead in leads)
    acknowledged = {_customer(number) for number in load.acknowledged}
    outcomes = Counter(line["outcome"] for line in daemon.json("journal", "list"))
    queue = daemon.json("queue", "list")
    states = Counter(f"{m['kind']} {m['state']}" for m in queue)
    print(f"{len(acknowledged)} acknowledged, {len(leads)} leads, {len(sink.mails)} mails at the sink")
    print(f"journal: {dict(outcomes)}; queue: {dict(states)}")

    assert len(acknowledged) == _ROUNDS * _MAILS_A_ROUND
    assert acknowledged - customers.keys() == set()  # none lost
    assert {c: n for c, n in customers.items() if n > 1} == {}  # none twice
    assert set(outcomes) <= {"lead", "duplicate"}

    answers = Counter(recipient for mail in sink.mails for recipient in mail.recipients if "kunde@" in recipient)
    assert {c: n for c, n in answers.items() if n > 1} == {}  # nobody answered twice
    answered = {m["to"][0]: m["state"] for m in queue if m["kind"] == "autoresponse"}
    assert answered.keys() >= acknowledged
    assert set(answered.values()) <= {"sent", "in_doubt"}
    assert all(answers[c] == 1 for c, state in answered.items() if state == "sent")  # what we say we sent has come

    _assert_each_lead_reached(sink, leads, lambda to: to == _ARCHIVE, "redirects")
    _assert_each_lead_reached(sink, leads, lambda to: not to.startswith("kunde@") and to != _ARCHIVE, "notices")


def _assert_each_lead_reached(sink: SinkBeside, leads: list[dict], is_meant: Callable[[str], bool], what: str) -> None:
    """At least once each; copies carry one Message-ID, so that the receiver can tell them."""
    ids: dict[int, set[bytes]] = {}
    for mail in sink.mails:
        if is_meant(mail.recipients[0]):
            message_id = re.search(rb"Message-ID:\s+(<out\.(\d+)\.\d+@)", mail.content)
            assert message_id
            ids.setdefault(int(message_id[2]), set()).add(message_id[1])
    assert {lead["number"] for lead in leads} - ids.keys() == set(), what
    assert {number: found for number, found in ids.items() if len(found) > 1} == {}, what
