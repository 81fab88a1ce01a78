"""SIGHUP: the settings files are taken anew, all of them or nothing (PF64, R3, R183)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from leadmaild.foundation import Outside, machine_name
from leadmaild.model.outgoing import Delivery, RecipientResult, SendResult
from leadmaild.pipeline.settings_history import last_answer
from leadmaild.reload import reload
from leadmaild.settings_files import load_settings
from leadmaild.storage.schema import settings_log
from leadmaild.wiring import build
from tests.dealership import MAILBOX, enquiry, write_settings
from tests.pipeline.steps import SameProcessReader, open_bench

CHEF, NEU = "chef@autohaus-beispiel.example", "neu@autohaus-beispiel.example"


@pytest.fixture
def write(tmp_path, database_setting):
    """Writes the settings file anew."""

    def writer(**settings):
        return write_settings(tmp_path, database=database_setting, **settings)

    return writer


def redirect_to(address):
    return f'redirect.general = ["{address}"]'


async def logged(bench):
    """The settings log: who, location, key, old, new."""
    async with bench.gateway.database.view() as tx:
        rows = await tx.installation._connection.execute(select(settings_log).order_by(settings_log.c.id))
        return [(row.who, row.location, row.key, row.old, row.new) for row in rows]


async def rejected(bench):
    async with bench.gateway.database.view() as tx:
        answer = await last_answer(tx, machine_name())
        return answer if answer and answer.problems else None


@pytest.mark.rule("R3")
@pytest.mark.rule("PF64")
@pytest.mark.asyncio
async def test_a_changed_target_applies_to_the_next_mail_and_a_queued_one_keeps_its_old_target(open_dealership, write):
    bench = await open_dealership(location=redirect_to(CHEF))
    await bench.take(enquiry(1), MAILBOX)
    await bench.gateway.intake.step()  # decided and queued, not sent
    write(location=redirect_to(NEU))
    assert await reload(bench.gateway)
    await bench.take(enquiry(2), MAILBOX)
    await bench.run()
    assert [line.to for line in await bench.queue("redirect")] == [(CHEF,), (NEU,)]
    assert (len(bench.transport.to(CHEF)), len(bench.transport.to(NEU))) == (1, 1)


@pytest.mark.rule("PF64")
@pytest.mark.rule("PF65")
@pytest.mark.asyncio
async def test_a_wrong_file_changes_nothing_and_is_told_until_a_right_one_comes(open_dealership, write):
    bench = await open_dealership(location=redirect_to(CHEF))
    world = bench.gateway.world
    write(location=redirect_to(NEU) + '\nmailbx = "x"')
    assert not await reload(bench.gateway)
    assert bench.gateway.world is world
    assert await logged(bench) == []
    told = await rejected(bench)
    assert [problem.path for problem in told.problems] == ["location MUC: mailbx"]
    await bench.take(enquiry(1), MAILBOX)
    await bench.run()
    assert len(bench.transport.to(CHEF)) == 1

    write(location=redirect_to(NEU))
    assert await reload(bench.gateway)
    assert await rejected(bench) is None


@pytest.mark.rule("PF57")
@pytest.mark.rule("PF64")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("templates/customer.html.j2", "{% if %}"),
        ("sources.d/own.toml", 'id = "own"\nkind = "no kind"'),
    ],
)
@pytest.mark.asyncio
async def test_a_wrong_template_or_source_changes_nothing_either(open_dealership, write, tmp_path, name, text):
    bench = await open_dealership()
    world = bench.gateway.world
    file = tmp_path / name
    file.parent.mkdir()
    file.write_text(text)
    write(gateway='templates = "templates"' if "templates" in name else "", location=redirect_to(NEU))
    assert not await reload(bench.gateway)
    assert bench.gateway.world is world


@pytest.mark.rule("R183")
@pytest.mark.asyncio
async def test_every_change_is_in_the_settings_log_also_one_made_while_nothing_ran(open_dealership, write):
    bench = await open_dealership(location=redirect_to(CHEF))
    await bench.gateway.record()
    write(location=redirect_to(NEU))
    assert await reload(bench.gateway)
    assert await reload(bench.gateway)
    redirected = ("file", "MUC", "location MUC: redirect.general", CHEF, NEU)
    assert await logged(bench) == [redirected]

    again = await open_dealership(location=redirect_to(NEU) + "\nsend_emails = false")
    await again.gateway.record()
    assert await logged(again) == [redirected, ("file", "MUC", "location MUC: send_emails", "true", "false")]


@pytest.mark.rule("R100")
@pytest.mark.rule("PF64")
@pytest.mark.asyncio
async def test_new_words_and_the_operators_new_layouts_are_in_the_next_answer(open_dealership, write, tmp_path):
    bench = await open_dealership()
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "customer.txt.j2").write_text("ganz eigenes Layout\n")
    write(gateway='templates = "own"')
    assert await reload(bench.gateway)
    await bench.take(enquiry(1), MAILBOX)
    await bench.run()
    (answer,) = bench.transport.to("kunde1@kunden.example")
    assert b"ganz eigenes Layout" in answer.raw


@pytest_asyncio.fixture
async def open_with_own_transports(sources):
    """Opens benches whose gateway makes its transports itself, as the daemon does."""
    opened = []

    async def opener(path):
        bench = await open_bench(path, sources)
        await bench.gateway.close()
        outside = Outside(clock=bench.clock, reader=SameProcessReader(sources))
        opened.append(replace(bench, gateway=await build(load_settings(path), outside)))
        return opened[-1]

    yield opener
    for bench in opened:
        await bench.gateway.close()


@pytest.mark.rule("R52")
@pytest.mark.rule("PF64")
@pytest.mark.asyncio
async def test_mail_leaves_over_the_mail_server_the_settings_name_now(tmp_path, write, open_with_own_transports):
    bench = await open_with_own_transports(write(outbound='transport = "files"\nfiles = "before"'))
    for number, folder in enumerate(("before", "after"), start=1):
        write(outbound=f'transport = "files"\nfiles = "{folder}"')
        assert await reload(bench.gateway)
        await bench.take(enquiry(number), MAILBOX)
        await bench.run()
    for number, folder in enumerate(("before", "after"), start=1):
        letters = [file.read_text() for file in (tmp_path / folder).glob("*.eml")]
        assert len(letters) == 2
        assert [f"kunde{number}@" in text for text in letters if "Auto-Submitted: auto-replied" in text] == [True]


@pytest.mark.rule("R52")
@pytest.mark.asyncio
async def test_without_any_mail_server_mails_wait_and_say_why(write, open_with_own_transports):
    path = write()
    text = path.read_text()
    path.write_text(text[: text.index("[[outbound]]")] + text[text.index("[http]") :])
    bench = await open_with_own_transports(path)
    await bench.take(enquiry(1), MAILBOX)
    await bench.run()
    lines = await bench.queue()
    assert {line.state for line in lines} == {"deferred"}
    reply = "451 4.3.5 no mail server is configured: the settings have no [[outbound]]"
    assert {line.last_reply for line in lines} == {reply}


@pytest.mark.rule("PF64")
@pytest.mark.asyncio
async def test_a_mail_that_is_being_sent_at_a_reload_is_finished(open_dealership, write):
    bench = await open_dealership()
    started, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(mail):
        started.set()
        await go_on.wait()
        return SendResult(tuple(RecipientResult(a, Delivery.DELIVERED, "250 ok") for a in mail.recipients))

    bench.transport.send = slowly
    await bench.take(enquiry(1), MAILBOX)
    running = asyncio.create_task(bench.run())
    await started.wait()
    write(location=redirect_to(NEU))
    assert await reload(bench.gateway)
    go_on.set()
    await running
    assert {line.state for line in await bench.queue()} == {"sent"}


@pytest.mark.rule("AR-28")
@pytest.mark.asyncio
async def test_a_learning_span_begins_when_it_is_switched_on_and_ends_by_itself(open_dealership, write):
    bench = await open_dealership()
    learning = '[location.autoresponse]\nlearning = "24h"'

    async def states_of_the_next_answers(*numbers):
        for number in numbers:
            await bench.take(enquiry(number), MAILBOX)
            await bench.run()
        return [line.state for line in await bench.queue("autoresponse")][-len(numbers) :]

    assert await states_of_the_next_answers(1) == ["sent"]
    write(tables=learning)
    assert await reload(bench.gateway)
    assert await states_of_the_next_answers(2) == ["suppressed"]
    bench.clock.advance(timedelta(hours=23))
    assert await reload(bench.gateway)  # goes on, does not begin anew
    assert await states_of_the_next_answers(3) == ["suppressed"]
    bench.clock.advance(timedelta(hours=2))
    assert await states_of_the_next_answers(4) == ["sent"]

    write()
    assert await reload(bench.gateway)
    write(tables=learning)  # switched on once more, weeks later
    assert await reload(bench.gateway)
    assert await states_of_the_next_answers(5) == ["suppressed"]


@pytest.mark.rule("R29")
@pytest.mark.rule("PF45")
@pytest.mark.asyncio
async def test_running_timers_take_the_new_times(open_dealership, write):
    bench = await open_dealership()
    await bench.take(enquiry(1), MAILBOX)
    await bench.run()
    (before,) = await bench.leads()
    path = bench.gateway.world.settings.path
    path.write_text(path.read_text("utf-8").replace('stage1 = "2h"', 'stage1 = "5h"'), "utf-8")
    assert await reload(bench.gateway)
    await bench.run()
    (after,) = await bench.leads()
    assert after.due_at - before.due_at == timedelta(hours=3)
