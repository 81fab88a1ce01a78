"""`leadmaild sources`: see, check, try and draft the definitions of lead sources."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from leadmaild.cli.sources import sources

GOOD = """id = "own"
[recognise]
from_domain = ["portal.example"]
[fields]
"contact.email" = { label = "POST" }
[[test]]
mail = "first.eml"
expect = { "contact.email" = "eva.lind@example.org" }
"""
MAIL = "From: Bot <bot@portal.example>\nSubject: Lead\n\nPOST: eva.lind@example.org\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "own.toml").write_text(GOOD)
    (tmp_path / "first.eml").write_text(MAIL)
    return tmp_path


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(sources, [str(a) for a in arguments])
    return result.exit_code, result.stdout


def test_the_list_names_the_packaged_and_the_operators_own(folder: Path) -> None:
    code, shown = run("list", "--json", "--sources", folder)

    rows = {row["id"]: row for row in json.loads(shown)}
    assert code == 0
    assert (rows["own"]["origin"], rows["mobile.de"]["origin"]) == ("own", "packaged")
    assert (rows["mobile.de"]["enabled"], rows["heycar"]["enabled"]) == (True, False)


def test_a_definition_is_shown_as_its_file_has_it(folder: Path) -> None:
    assert run("show", "own", "--sources", folder) == (0, GOOD)
    assert 'id = "heycar"' in run("show", "heycar", "--sources", folder)[1]


def test_a_proven_definition_is_good(folder: Path) -> None:
    assert run("check", folder / "own.toml")[0] == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (("eva.lind@", "ida@"), "expected"),
        (("first.eml", "absent.eml"), "not to be found"),
        (("[recognise]", "[recognize]"), "did you mean recognise?"),
        (('label = "POST"', 'body = "(?=x)"'), "not a regex RE2 knows"),
    ],
)
def test_a_definition_that_does_not_prove_itself_is_refused(folder: Path, change: tuple[str, str], why: str) -> None:
    (folder / "own.toml").write_text(GOOD.replace(*change))

    code, shown = run("check", folder / "own.toml")

    assert code == 65
    assert why in shown


def test_a_try_shows_field_value_and_rule(folder: Path) -> None:
    (folder / "own.toml").write_text(GOOD.replace("[fields]", '[fields]\n"request_type" = { const = "test_drive" }'))
    code, shown = run("test", "--json", folder / "own.toml", folder / "first.eml")

    fields = {f["field"]: f for f in json.loads(shown)["fields"]}
    assert code == 0
    assert fields["request_type"]["value"] == "test_drive"
    assert fields["contact.email"]["value"] == "eva.lind@example.org"
    assert fields["contact.email"]["rule"] == "own:contact.email"


def test_a_try_of_a_mail_of_somebody_else_says_so(folder: Path) -> None:
    (folder / "other.eml").write_text(MAIL.replace("portal.example", "other.example"))

    assert run("test", folder / "own.toml", folder / "other.eml")[0] == 65


def test_a_first_mail_gives_a_draft(folder: Path) -> None:
    code, shown = run("learn", folder / "first.eml")

    assert code == 0
    assert 'from_domain = ["portal.example"]' in shown
    assert '# "?" = { label = "POST" }' in shown
