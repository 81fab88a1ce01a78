"""`gdpr` and `suppression` as people and scripts call them, beside a gateway that has the database open."""

import asyncio
import base64
import json
from datetime import timedelta

import pytest

from leadmaild.cli.main import run
from tests.dealership import MAILBOX, enquiry
from tests.pipeline.a_person import ADDRESS, TRACES, WORDS, export, of_frieda, traces_in_tables, traces_on_disk

pytestmark = [pytest.mark.asyncio, pytest.mark.rule("R181")]

VACATION = {"to": f"{MAILBOX}\r\nAuto-Submitted: auto-replied"}


@pytest.fixture
def call(tmp_path, capsys):
    """Calls a command with the dealership's settings; returns exit code, standard output, standard error."""

    async def caller(*arguments: str) -> tuple[int, str, str]:
        # A thread of its own: the command has its own event loop.
        code = await asyncio.to_thread(run, ["-c", str(tmp_path / "leadmaild.toml"), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return caller


async def ok(answer) -> object:
    code, out, err = await answer
    assert (code, err) == (0, "")
    return json.loads(out)


async def test_an_export_is_one_document_with_all_that_is_kept(bench, call):
    await bench.take(of_frieda(1))
    await bench.take(enquiry(2))
    await bench.run()

    document = await ok(call("gdpr", "export", ADDRESS.upper()))

    assert document["addresses"] == [ADDRESS]
    (contact,), (lead,), (mail,) = document["contacts"], document["leads"], document["mails_in"]
    assert (contact["last_name"], contact["emails"], contact["phones"]) == ("Vogelsang", [ADDRESS], ["+491713920012"])
    assert (lead["source"], lead["contact_id"]) == ("direct_email", contact["id"])
    assert [timer["kind"] for timer in lead["timers"]] == ["reminder", "stage1", "stage2"]
    assert WORDS in lead["activities"][0]["text"]
    assert base64.b64decode(mail["raw_base64"]) == of_frieda(1)
    assert {out["kind"] for out in document["mails_out"]} == {"autoresponse", "new_lead"}
    assert all(trace in json.dumps(document).lower() for trace in TRACES)
    assert "nummer2" not in json.dumps(document).lower()
    assert document["suppression"] == []


async def test_an_export_of_somebody_unknown_is_empty_and_of_no_address_is_refused(bench, call):
    document = await ok(call("gdpr", "export", ADDRESS))
    assert [document[name] for name in ("contacts", "leads", "mails_in", "mails_out")] == [[], [], [], []]
    code, _out, err = await call("gdpr", "export", "Frau Vogelsang")
    assert (code, err.count("\n")) == (65, 1)
    assert (await call("gdpr", "export", "4711"))[0] == 65


async def test_erasure_is_shown_first_and_done_with_yes(bench, call, database_setting, tmp_path):
    await bench.take(of_frieda(1))
    await bench.run()
    (lead,) = await bench.leads()
    shown = await ok(call("gdpr", "erase", ADDRESS, "--json"))
    assert (shown["erased"], shown["addresses"], shown["leads"]) == (False, [ADDRESS], [lead.number])
    assert "--yes" in (await call("gdpr", "erase", ADDRESS))[1]
    assert traces_in_tables(database_setting, tmp_path) == list(TRACES)

    done = await ok(call("gdpr", "erase", ADDRESS, "--yes", "--json"))

    assert done == shown | {"erased": True}
    assert traces_in_tables(database_setting, tmp_path) == []
    assert traces_on_disk(tmp_path) == []
    listed = await ok(call("leads", "list", "--json"))
    assert set(listed[0]["contact"].values()) == {None}
    assert (await call("journal", "reprocess", "1"))[0] == 65
    document = await export(bench)
    assert [line["reason"] for line in document["suppression"]] == ["erased"]
    assert document["contacts"] == []


@pytest.mark.rule("AR-24")
async def test_the_suppression_list_shows_no_address_and_knows_each(bench, call):
    assert (await call("suppression", "add", "Opa@Kunden.example", "--reason", "complaint"))[0] == 0
    assert (await call("gdpr", "erase", ADDRESS, "--yes"))[0] == 0
    assert "spelled right" in (await call("gdpr", "erase", "nobody@kunden.example"))[2]
    code, out, _err = await call("suppression", "list")
    assert (code, "opa" in out, "vogelsang" in out) == (0, False, False)
    rows = await ok(call("suppression", "list", "--json"))
    assert {row["reason"] for row in rows} == {"erased", "complaint"}
    (hers,) = await ok(call("suppression", "list", ADDRESS, "--json"))
    assert hers in rows
    assert await ok(call("suppression", "list", "wer@kunden.example", "--json")) == []

    assert (await call("suppression", "remove", ADDRESS))[0] == 0
    assert await ok(call("suppression", "list", ADDRESS, "--json")) == []
    assert (await call("suppression", "remove", ADDRESS))[0] == 65
    assert (await call("suppression", "remove", "niemand"))[0] == 65
    await bench.take(enquiry(1, **{"from": "Opa <opa@kunden.example>"}))
    await bench.run()
    assert [line.why for line in await bench.queue("autoresponse")] == ["AR-24"]


@pytest.mark.rule("R180")
async def test_retention_is_planned_and_done_by_command(bench, call):
    await bench.take(of_frieda(1, **VACATION))
    await bench.run()
    (due,) = await ok(call("gdpr", "retention", "--plan", "--json"))
    assert (due["kind"], due["location"], due["count"]) == ("raw_mail_without_lead", "MUC", 1)
    assert await ok(call("gdpr", "retention", "--plan", "--json")) != []

    (gone,) = await ok(call("gdpr", "retention", "--json"))
    assert {**gone, "older_than": 0} == {**due, "older_than": 0}
    assert (await call("gdpr", "retention"))[1] == "nothing is due\n"
    assert [line.from_address for line in await bench.journal()] == [None]


@pytest.mark.parametrize("database_setting", ["sqlite:///leadmaild.db"])
async def test_whoever_reads_the_database_meanwhile_is_told_of(bench, call, tmp_path):
    await bench.take(of_frieda(1))
    await bench.run()
    async with bench.gateway.database.view() as tx:
        await tx.installation.value("token_key")
        code, _out, err = await call("gdpr", "erase", ADDRESS, "--yes")
        assert (code, "write-ahead log" in err) == (0, True)
    assert await bench.gateway.database.empty_log()
    bench.clock.advance(timedelta(seconds=1))
    assert traces_on_disk(tmp_path) == []
