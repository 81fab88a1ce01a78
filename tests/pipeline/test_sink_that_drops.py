"""A mail server that drops before, during and after the final dot: no customer is answered twice, no notice is lost."""

import os
import random
import re
from collections import Counter
from datetime import timedelta

import pytest

from leadmaild.outbound.mail_server import MailServer, TlsPolicy
from leadmaild.outbound.smtp_transport import SmtpTransport
from tests.dealership import enquiry
from tests.integration.sink import MODES, Sink
from tests.pipeline.steps import Bench

_BEFORE = ("421-banner", "451-rcpt")
_DURING = ("354-then-drop", "drop-in-content")
_AFTER = ("dot-then-drop", "dot-then-silence", "250-lost")
_SEEDS = 200 if os.environ.get("LEADMAILD_LONG") else 60


@pytest.mark.rule("SP-17")
@pytest.mark.rule("PF53")
@pytest.mark.rule("PF55")
@pytest.mark.rule("BI-77")
@pytest.mark.asyncio
@pytest.mark.timeout(400)
@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])
async def test_nobody_is_answered_twice_and_no_notice_is_lost(open_dealership, sink: Sink):
    server = MailServer(
        "127.0.0.1", sink.port, "mx.dein.auto", TlsPolicy.NONE, data_timeout=timedelta(milliseconds=250)
    )
    bench: Bench = await open_dealership(
        outside={"transports": {"default": SmtpTransport(server)}},
        tables="[location.autoresponse]\n  per_hour = 0\n  per_day = 0",
    )
    for seed in range(_SEEDS):
        await _one_mail_over_a_bad_line(bench, sink, seed)

    answers = Counter(r for mail in sink.mails for r in mail.recipients if r.startswith("kunde@"))
    assert {customer: n for customer, n in answers.items() if n > 1} == {}

    queued = {line.to[0]: line for line in await bench.queue("autoresponse")}
    assert queued.keys() == {_customer(seed) for seed in range(_SEEDS)}
    states = Counter(line.state for line in queued.values())
    print(states, f"{len(sink.mails)} mails taken in {len(sink.sessions)} sessions")
    assert states.keys() == {"sent", "in_doubt"}  # in doubt is shown, and waits for a person
    assert all(answers[to] == 1 for to, line in queued.items() if line.state == "sent")
    # Of those in doubt some had been taken: sending them again would have been the second answer.
    assert 0 < sum(answers[to] for to, line in queued.items() if line.state == "in_doubt") < states["in_doubt"]

    taken = {match[1] for mail in sink.mails if (match := re.search(rb"Message-ID:\s+(<[^>]+>)", mail.content))}
    notices = await bench.queue("new_lead")
    assert len(notices) == _SEEDS
    assert {line.state for line in notices} == {"sent"}
    assert {line.message_id.encode() for line in notices} <= taken


async def _one_mail_over_a_bad_line(bench: Bench, sink: Sink, seed: int) -> None:
    """One enquiry; what leaves because of it meets one to three faults, then a good line."""
    rng = random.Random(seed)
    mail = enquiry(seed, **{"from": f"Kunde Nummer{seed} <{_customer(seed)}>"})
    assert (await bench.take(mail, sender=_customer(seed))).code == 250
    for _ in range(rng.randint(1, 3)):
        sink.fault = MODES[rng.choice(rng.choice((_BEFORE, _DURING, _AFTER)))]
        await bench.run()
        due = await bench.gateway.deliver.next_due()
        if due is not None and due > bench.clock.now():
            bench.clock.advance(due - bench.clock.now())
    sink.fault = None
    await bench.run_until(bench.clock.now() + timedelta(minutes=20))


def _customer(seed: int) -> str:
    return f"kunde@k{seed}.example"
