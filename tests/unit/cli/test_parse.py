"""`leadmaild parse`: one object a file, a bad file never ends the run."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from leadmaild.cli.parse import parse

MAIL = "From: Eva Lind <eva.lind@example.org>\nTo: a@dein.example\nSubject: Golf\n\nIst der VW Golf noch da?\n"
OWN = """
id = "own"
[recognise]
from_domain = ["example.org"]
[fields]
"message" = { body = "noch (da)" }
[reply]
to = ["header:from"]
"""


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "a.eml"
    path.write_text(MAIL)
    return path


def test_one_file_is_one_json_document(mail: Path) -> None:
    result = CliRunner().invoke(parse, ["--json", str(mail)])

    found = json.loads(result.stdout)
    assert (result.exit_code, found["file"], found["classification"]) == (0, str(mail), "lead")
    assert found["leads"][0]["contact"]["email"] == "eva.lind@example.org"


def test_several_files_are_one_object_a_line_in_the_order_given(mail: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent.eml"

    result = CliRunner().invoke(parse, ["--json", str(mail), str(absent), str(tmp_path), str(mail)])

    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert [o["file"] for o in objects] == [str(mail), str(absent), str(tmp_path), str(mail)]
    assert ["error" in o for o in objects] == [False, True, True, False]
    assert result.exit_code == 0


def test_no_good_file_at_all_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(parse, ["--json", str(tmp_path / "absent.eml")])

    assert result.exit_code == 65
    assert "error" in json.loads(result.stdout)


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_standard_input_an_mbox_line_and_any_line_ends_are_read(ends: str) -> None:
    raw = ("From eva@example.org Mon Oct  5 09:12:44 2026\n" + MAIL).replace("\n", ends)

    result = CliRunner().invoke(parse, ["--json", "-"], input=raw.encode())

    assert json.loads(result.stdout)["from"] == {"name": "Eva Lind", "email": "eva.lind@example.org"}


def test_a_folder_of_definitions_adds_a_source(mail: Path, tmp_path: Path) -> None:
    folder = tmp_path / "sources.d"
    folder.mkdir()
    (folder / "own.toml").write_text(OWN)

    result = CliRunner().invoke(parse, ["--json", "--sources", str(folder), str(mail)])

    lead = json.loads(result.stdout)["leads"][0]
    assert (lead["source"], lead["message"]) == ("own", "da")


def test_people_see_what_is_there_and_nothing_else(mail: Path) -> None:
    shown = CliRunner().invoke(parse, [str(mail)]).stdout

    assert "lead 1:" in shown
    assert "email: eva.lind@example.org" in shown
    assert "provenance" not in shown
    assert "vin" not in shown


def test_a_file_without_end_is_a_bad_file_and_the_run_goes_on(mail: Path) -> None:
    result = CliRunner().invoke(parse, ["--json", "/dev/zero", str(mail)])

    endless, good = (json.loads(line) for line in result.stdout.splitlines())
    assert endless["error"].startswith("the mail is larger than")
    assert (good["classification"], result.exit_code) == ("lead", 0)
