"""`template preview`: the dealer sees his autoresponse before a customer does (R109)."""

from email import message_from_bytes, policy

import pytest
from click.testing import CliRunner

from leadmaild.cli.main import leadmaild
from leadmaild.commands.templates import TemplateTest, queue_template_test
from leadmaild.errors import NotFound
from leadmaild.reload import reload
from tests.dealership import MAILBOX, enquiry, write_settings

GROUP = """
[[group]]
location = "MUC"
name = "Neuwagen"
members = ["mueller"]
  [group.template]
  subject = "Neuwagenteam"
"""
ENGLISH = '[location.template.en]\nintro = "<p>Dear {{ contact.last_name }}, thank you.</p>"'


def preview(path, *arguments):
    command = [
        "-c",
        str(path),
        "template",
        "preview",
        "--location",
        "MUC",
        "--out",
        str(path.parent / "out"),
        *arguments,
    ]
    return CliRunner().invoke(leadmaild, command, catch_exceptions=False)


def body_of(raw):
    return message_from_bytes(raw, policy=policy.default).get_body(("plain",)).get_content()


@pytest.mark.rule("R109")
def test_without_any_database_stand_ins_show_the_template(tmp_path):
    path = write_settings(tmp_path)
    result = preview(path)
    assert result.output.split() == [str(tmp_path / "out" / f"template-MUC.{kind}") for kind in ("eml", "html")]
    raw = (tmp_path / "out" / "template-MUC.eml").read_bytes()
    assert "Muster" in body_of(raw)
    page = (tmp_path / "out" / "template-MUC.html").read_text("utf-8")
    assert "Muster" in page
    assert "{{" not in page
    assert {file.name for file in tmp_path.iterdir()} == {"leadmaild.toml", "out"}


@pytest.mark.rule("R102")
@pytest.mark.rule("R109")
@pytest.mark.rule("R110")
def test_group_and_language_choose_the_template(tmp_path):
    path = write_settings(tmp_path, tables=ENGLISH, more=GROUP)
    preview(path, "--group", "Neuwagen", "--language", "en")
    mail = message_from_bytes((tmp_path / "out" / "template-MUC-Neuwagen-en.eml").read_bytes(), policy=policy.default)
    assert mail["Subject"] == "Neuwagenteam"
    assert "Dear Muster" in mail.get_body(("plain",)).get_content()


@pytest.mark.rule("R109")
def test_a_header_graphic_is_seen_in_the_page_too(tmp_path):
    graphic = tmp_path / "kopf.png"
    graphic.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 40)
    path = write_settings(tmp_path)
    text = path.read_text("utf-8")
    path.write_text(text.replace("[location.template]", '[location.template]\nheader_image = "file:kopf.png"'), "utf-8")
    preview(path)
    page = (tmp_path / "out" / "template-MUC.html").read_text("utf-8")
    assert "data:image/png;base64," in page
    assert "cid:" not in page


@pytest.mark.rule("R109")
@pytest.mark.rule("R54")
@pytest.mark.asyncio
async def test_a_test_mail_goes_to_who_asked_shows_the_lead_and_makes_none_in_tracking_too(open_dealership):
    bench = await open_dealership(location='mode = "tracking"')
    await bench.take(enquiry(1), MAILBOX)
    await bench.run()
    (lead,) = await bench.leads()
    test = TemplateTest("MUC", lead=lead.number)
    settings, now = bench.gateway.world.settings, bench.clock.now()
    await queue_template_test(bench.gateway.database, settings, test, "leitung", "test:1", now)
    await bench.run()
    (mail,) = bench.transport.to("leitung@autohaus-beispiel.example")
    assert f"[Anfrage {lead.number}]".encode() in mail.raw
    assert mail.recipients == ("leitung@autohaus-beispiel.example",)
    assert len(await bench.leads()) == 1
    assert [line.lead for line in await bench.queue("template_test")] == [None]  # nothing is noted on the lead


@pytest.mark.rule("R53")
@pytest.mark.rule("R109")
@pytest.mark.asyncio
async def test_where_no_mail_leaves_the_test_mail_is_kept_and_does_not_leave(open_dealership):
    bench = await open_dealership(location="send_emails = false")
    settings, now = bench.gateway.world.settings, bench.clock.now()
    await queue_template_test(bench.gateway.database, settings, TemplateTest("MUC"), "leitung", "test:1", now)
    await bench.run()
    assert [(line.state, line.why) for line in await bench.queue("template_test")] == [("suppressed", "R53")]
    assert bench.transport.sent == []


@pytest.mark.rule("R109")
@pytest.mark.asyncio
async def test_a_template_that_is_gone_when_the_mail_leaves_stops_that_mail_alone(open_dealership, tmp_path):
    bench = await open_dealership(more=GROUP)
    settings, now = bench.gateway.world.settings, bench.clock.now()
    test = TemplateTest("MUC", group="Neuwagen")
    await queue_template_test(bench.gateway.database, settings, test, "leitung", "test:1", now)
    text = settings.path.read_text("utf-8").replace('name = "Neuwagen"', 'name = "Anderes"')
    settings.path.write_text(text, "utf-8")
    assert await reload(bench.gateway)
    await bench.take(enquiry(1), MAILBOX)
    await bench.run()
    assert [line.state for line in await bench.queue("template_test")] == ["failed"]
    assert {line.state for line in await bench.queue("autoresponse", "new_lead")} == {"sent"}


@pytest.mark.asyncio
async def test_who_or_what_does_not_exist_is_told(open_dealership):
    bench = await open_dealership()
    settings, now = bench.gateway.world.settings, bench.clock.now()
    for test, user in (
        (TemplateTest("MUC"), "niemand"),
        (TemplateTest("XXX"), "leitung"),
        (TemplateTest("MUC", group="keine"), "leitung"),
        (TemplateTest("MUC", lead=99), "leitung"),
    ):
        with pytest.raises(NotFound):
            await queue_template_test(bench.gateway.database, settings, test, user, "test:1", now)
