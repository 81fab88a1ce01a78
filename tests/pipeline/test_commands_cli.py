"""The commands as people and scripts call them: exit codes, JSON, one line of what is wrong."""

import io
import json

import pytest

from leadmaild.cli.main import run
from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate
from tests.dealership import HOURS, MAILBOX, enquiry, write_settings


@pytest.fixture
def call(tmp_path, capsys):
    """Calls the command with the dealership's settings; returns exit code, standard output, standard error."""
    path = write_settings(tmp_path, tables=HOURS)
    migrate(database_url("sqlite:///leadmaild.db", tmp_path))

    def caller(*arguments: str) -> tuple[int, str, str]:
        code = run(["-c", str(path), *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    caller.folder = tmp_path
    return caller


def ok(answer: tuple[int, str, str]):
    code, out, err = answer
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.fixture
def lead(call) -> int:
    """A lead by hand with its contact."""
    made = ok(call("contacts", "create", "--location", "MUC", "--first-name", "Erika", "--last-name", "Beispiel",
                   "--email", "erika@kunden.example", "--phone", "0171 3920012", "--json"))  # fmt: skip
    created = ok(call("leads", "create", "--contact", made["id"], "--source", "phone", "--subject", "Golf gefragt",
                      "--note", "ruft wieder an", "--by", "mueller", "--client-key", "k1", "--json"))  # fmt: skip
    assert created["contact"]["email"] == "erika@kunden.example"
    number: int = created["lead"]["number"]
    return number


@pytest.mark.rule("R81")
@pytest.mark.rule("R88")
def test_create_shows_contact_and_lead_and_a_retry_shows_the_same(call, lead):
    again = ok(call("leads", "create", "--contact", "erika@kunden.example", "--source", "phone", "--subject", "Golf",
                    "--by", "mueller", "--client-key", "k1", "--json"))  # fmt: skip

    assert (again["lead"]["number"], again["created"]) == (lead, False)


@pytest.mark.rule("R120")
def test_the_life_of_a_lead_by_hand(call, lead):
    assert ok(call("leads", "call", lead, "--text", "erreicht", "--by", "mueller", "--json"))["colour"] == "ok"
    due = ok(call("leads", "note", lead, "--text", "Angebot", "--due", "2099-03-02T10:00", "--by", "mueller", "--json"))
    assert (due["due_at"], due["due_kind"]) == ("2099-03-02T10:00:00+01:00", "follow_up")
    moved = ok(call("leads", "follow-up", lead, "--at", "2099-03-09T08:00:00Z", "--by", "mueller", "--json"))
    assert moved["due_at"] == "2099-03-09T09:00:00+01:00"
    assert ok(call("leads", "assign", lead, "--to", "schmidt", "--by", "leitung", "--json"))["assignee"] == "schmidt"
    edited = ok(call("leads", "edit", lead, "type=test_drive", "subject=Probefahrt", "--by", "schmidt", "--json"))
    assert (edited["type"], edited["subject"]) == ("test_drive", "Probefahrt")
    closed = ok(call("leads", "close", lead, "--reason", "sold", "--by", "schmidt", "--json"))
    assert (closed["state"], closed["colour"], closed["completion_reason"]) == ("closed", "none", "sold")
    assert ok(call("leads", "reopen", lead, "--by", "schmidt", "--json"))["state"] == "open"
    kinds = [a["kind"] for a in ok(call("leads", "show", lead, "--json"))["activities"]]
    assert kinds == ["note", "assignee_change", "call", "note", "follow_up", "assignee_change", "edit", "edit", "close",
                     "reopen"]  # fmt: skip


def test_an_answer_is_queued_with_the_text_of_a_file(call, lead):
    text = call.folder / "antwort.txt"
    text.write_text("Guten Tag,\n\nder Golf ist da.\n", "utf-8")
    ok(call("leads", "answer", lead, "--text", text, "--by", "mueller", "--json"))

    (mail,) = ok(call("queue", "list", "--json"))
    assert (mail["kind"], mail["to"], mail["lead"]) == ("answer", ["erika@kunden.example"], lead)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["close", "{}", "--by", "mueller"], 65, "for a reason"),
        (["note", "{}", "--text", "x", "--by", "mueller"], 65, "due date"),
        (["follow-up", "{}", "--at", "2020-01-01T10:00", "--by", "mueller"], 65, "past"),
        (["claim", "{}", "--by", "mueller"], 65, "not in the pool"),
        (["release", "{}", "--by", "mueller"], 65, "no pool"),
        (["assign", "{}", "--to", "admin", "--by", "mueller"], 65, "can not be assigned"),
        (["assign", "{}", "--to", "nobody", "--by", "mueller"], 65, "nobody"),
        (["call", "7", "--by", "mueller"], 65, "no lead 7"),
        (["call", "{}"], 64, "--by"),
        (["edit", "{}", "subject", "--by", "mueller"], 64, "FIELD=VALUE"),
        (["answer", "{}", "--text", "/nowhere", "--by", "mueller"], 64, "cannot read"),
        (["answer", "{}", "--text", "-", "--attach", "/nowhere.pdf", "--by", "mueller"], 64, "no file"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_its_exit_code(call, lead, arguments, code, words, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    answer = call("leads", *(argument.format(lead) for argument in arguments))

    assert answer[:2] == (code, "")
    assert words in answer[2]
    assert answer[2].count("\n") == 1


@pytest.mark.rule("R160")
@pytest.mark.rule("R161")
def test_contacts_are_listed_shown_edited_and_merged(call, lead):
    other = ok(call("contacts", "create", "--location", "MUC", "--company", "Beispiel GmbH", "--phone", "089 99998100",
                    "--json"))  # fmt: skip
    (found,) = ok(call("contacts", "list", "--search", "erika", "--json"))
    ok(call("contacts", "edit", found["id"], "city=München", "--by", "mueller", "--json"))
    merged = ok(call("contacts", "merge", other["id"], found["id"], "--by", "mueller", "--json"))
    assert merged["relinked"] == [lead]
    shown = ok(call("contacts", "show", other["id"], "--json"))
    assert (shown["company"], shown["city"], shown["emails"]) == ("Beispiel GmbH", "München", ["erika@kunden.example"])
    assert [one["number"] for one in shown["leads"]] == [lead]
    assert call("contacts", "show", "99")[0] == 65


@pytest.mark.rule("R72")
@pytest.mark.rule("R183")
def test_flags_and_absences_show_where_they_come_from_and_who_set_them(call):
    assert call("people", "set", "mueller", "--receives-leads", "no", "--by", "dispo")[0] == 0
    away = call("people", "absent", "schmidt", "--from", "2020-01-01", "--until", "2099-01-01", "--representative",
                "leitung", "--by", "dispo")  # fmt: skip
    assert away[0] == 0
    people = {row["user"]: row for row in ok(call("people", "list", "--json"))}
    mueller = people["mueller"]
    assert (mueller["receives_leads"], mueller["receives_leads_from"], mueller["receives_leads_in_file"]) == (
        False,
        "run time",
        True,
    )
    assert (people["schmidt"]["why"], people["schmidt"]["representative"]) == ("is absent", "leitung")
    assert call("people", "present", "schmidt")[0] == 0
    assert call("people", "reset", "mueller", "--by", "dispo")[0] == 0
    log = ok(call("settings", "log", "--json"))
    assert [(line["who"], line["key"]) for line in log if line["who"] == "dispo"] == [
        ("dispo", "user mueller: receives_leads"),
        ("dispo", "user schmidt: absence"),
        ("dispo", "user mueller: receives_leads"),
    ]
    assert call("people", "set", "mueller")[0] == 64
    assert call("people", "absent", "nobody", "--from", "2026-01-01", "--until", "2026-01-02")[0] == 65


@pytest.mark.rule("R76")
@pytest.mark.rule("R79")
def test_distribution_shows_turns_and_what_if_writes_nothing(call):
    (muc,) = ok(call("distribution", "show", "--location", "MUC", "--json"))
    assert muc["turns"][0]["next"] == "mueller"
    before = (call.folder / "leadmaild.db").read_bytes()
    shares = ok(call("distribution", "simulate", "--location", "MUC", "--count", "7", "--json"))
    assert (shares["leads"], shares["longest_gap"]) == ({"mueller": 4, "schmidt": 3}, {"mueller": 1, "schmidt": 1})
    alone = ok(call("distribution", "simulate", "--location", "MUC", "--count", "4", "--absent", "mueller", "--absent",
                    "schmidt", "--json"))  # fmt: skip
    assert (alone["leads"], alone["fallback_hits"]) == ({"leitung": 4}, 4)
    assert (call.folder / "leadmaild.db").read_bytes() == before
    assert call("distribution", "simulate", "--location", "MUC", "--count", "1", "--absent", "nobody")[0] == 65


def test_the_timeline_of_a_lead_names_whom_each_event_goes_to(call, lead):
    ok(call("leads", "follow-up", lead, "--at", "2099-03-02T10:00", "--by", "mueller", "--json"))
    (event,) = ok(call("timeline", "--lead", lead, "--json"))

    assert (event["kind"], event["state"], event["to"]) == ("follow_up", "pending", ["mueller"])


@pytest.mark.rule("R10")
@pytest.mark.rule("PF51")
def test_a_calendar_is_shown_before_it_is_taken_over(call):
    feed = call.folder / "frei.ics"
    feed.write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20990303\r\n"
        "SUMMARY:Inventur\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    days = ["calendar", "show", "--location", "MUC", "--from", "2099-03-01", "--until", "2099-03-08", "--json"]
    preview = ok(call("calendar", "import", "--location", "MUC", feed, "--json"))
    assert (preview["added"], preview["done"]) == (
        [{"from": "2099-03-03", "until": "2099-03-03", "label": "Inventur"}],
        False,
    )
    assert ok(call(*days))["days_off"] == []
    ok(call("calendar", "import", "--location", "MUC", feed, "--yes", "--json"))
    assert len(ok(call(*days))["days_off"]) == 1
    assert call("calendar", "remove", "--location", "MUC", "--date", "2099-03-03")[0] == 0
    assert ok(call(*days))["days_off"] == []
    assert call("calendar", "restore", "--location", "MUC", "--date", "2099-03-03")[0] == 0
    assert len(ok(call(*days))["days_off"]) == 1
    feed.write_text("<html>Wartung</html>")
    assert call("calendar", "import", "--location", "MUC", feed, "--yes")[0] == 65
    assert len(ok(call(*days))["days_off"]) == 1  # the last good set stays


@pytest.mark.rule("BI-51")
def test_stock_is_imported_listed_and_shown_and_a_bad_line_refuses_the_file(call):
    file = call.folder / "bestand.csv"
    file.write_text("Interne Nummer;Marke;Modell;Preis\n1;VW;=HYPERLINK(1);9990\n;VW;Polo;1\n", "utf-8")
    refused = call("stock", "import", file, "--location", "MUC")
    assert refused[0] == 65
    assert "line 3: no internal number" in refused[2]
    assert ok(call("stock", "list", "--json")) == []
    taken = call("stock", "import", file, "--location", "MUC", "--skip-bad", "--json")
    assert (json.loads(taken[1])["imported"], json.loads(taken[1])["left_out"]) == (1, 1)
    shown = ok(call("stock", "show", "1", "--json"))
    assert (shown["model"], shown["price"], shown["location"]) == ("=HYPERLINK(1)", 9990, "MUC")
    assert call("stock", "show", "2")[0] == 65
    assert call("stock", "import", call.folder / "nowhere.csv")[0] == 64


@pytest.mark.rule("R29")
def test_check_config_diff_says_which_deadlines_would_move(call, lead):
    ok(call("leads", "follow-up", lead, "--at", "2099-03-02T10:00", "--by", "mueller", "--json"))
    code, out, _err = call("check-config", "--diff", "--json")

    assert code == 0
    assert json.loads(out)["diff"] == {
        "deadlines_moved": 0,
        "deadlines": [],
        "assignees_gone": [],
        "templates": [],
        "settings": [],
    }
    assert "0 deadlines of open leads would move" in call("check-config", "--diff")[1]


@pytest.mark.rule("R130")
@pytest.mark.rule("R131")
def test_a_reason_renamed_and_hidden_shows_its_name_on_old_leads(call, lead):
    ok(call("leads", "close", lead, "--reason", "sold", "--by", "mueller", "--json"))
    renamed = '[[location.completion_reason]]\n  key = "sold"\n  name = "Ausgeliefert"\n  hidden = true\n'
    write_settings(call.folder, tables=HOURS + renamed)
    shown = ok(call("leads", "show", lead, "--json"))

    assert (shown["completion_reason"], shown["completion_reason_name"]) == ("sold", "Ausgeliefert")
    call("leads", "reopen", lead, "--by", "mueller")
    assert call("leads", "close", lead, "--reason", "sold", "--by", "mueller")[0] == 65


@pytest.mark.rule("R121")
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("leads", "list", "--location", "MUCC"), 'there is no location "MUCC"; did you mean "MUC"?'),
        (("leads", "list", "--location", "XYZ"), 'there is no location "XYZ"; there are: MUC'),
        (("leads", "list", "--assignee", "muller"), 'there is no user "muller"; did you mean "mueller"?'),
        (("leads", "list", "--source", "mobil.de"), 'there is no source "mobil.de"; did you mean "mobile.de"?'),
        (("contacts", "list", "--location", "MUCC"), 'there is no location "MUCC"; did you mean "MUC"?'),
        (("stock", "list", "--location", "MUCC"), 'there is no location "MUCC"; did you mean "MUC"?'),
        (("queue", "list", "--lead", "7"), "there is no lead 7"),
    ],
)
def test_a_list_narrowed_by_a_name_that_never_was_says_so(call, lead, arguments, told):
    assert call(*arguments, "--json") == (65, "", f"leadmaild: {told}\n")


@pytest.mark.rule("R121")
@pytest.mark.parametrize("arguments", [("--state", "opened"), ("--due", "tomorrow")])
def test_a_list_narrowed_by_a_word_that_is_none_of_its_words_is_a_wrong_call(call, arguments):
    code, out, err = call("leads", "list", *arguments)

    assert (code, out, err.count("\n")) == (64, "", 1)
    assert "is not one of" in err


@pytest.mark.rule("R121")
def test_names_that_only_the_history_knows_and_names_without_leads_narrow_a_list(call, lead):
    assert ok(call("leads", "assign", lead, "--to", "schmidt", "--by", "leitung", "--json"))["assignee"] == "schmidt"
    assert ok(call("leads", "list", "--assignee", "mueller", "--json")) == []  # known, nothing of his
    assert ok(call("leads", "list", "--source", "direct_email", "--json")) == []
    settings = (call.folder / "leadmaild.toml").read_text("utf-8")
    (call.folder / "leadmaild.toml").write_text(settings.replace("schmidt", "schulz"), "utf-8")

    assert [one["number"] for one in ok(call("leads", "list", "--assignee", "schmidt", "--json"))] == [lead]
    assert ok(call("leads", "list", "--assignee", "schmidt", "--search", "niemand", "--json")) == []


@pytest.mark.rule("BI-11")
def test_a_mail_that_no_door_would_take_is_refused_by_every_command_that_stands_for_the_door(call):
    path = call.folder / "leadmaild.toml"
    path.write_text(path.read_text("utf-8").replace("[smtp]", '[smtp]\nmax_message_size = "2KiB"'), "utf-8")
    for size, code in ((2048, 0), (2049, 65)):
        mail = enquiry(1)
        mail += b"x" * (size - len(mail))
        (call.folder / "mail.eml").write_bytes(mail)
        for command in ("explain", "deliver"):
            answer = call(command, "--to", MAILBOX, call.folder / "mail.eml")
            assert answer[0] == code
            if code:
                told = "leadmaild: the mail is larger than 2048 bytes, so it is not taken (552 5.3.4)\n"
                assert answer[1:] == ("", told)
