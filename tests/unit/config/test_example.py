"""The shipped example, the settings of `serve --dev`, and the reference page: none of them can drift from the code."""

import re
import tomllib
from pathlib import Path

import pytest

from leadmaild.config.changes import changes, shown
from leadmaild.config.example import dev_settings, dev_toml, keyed_lines
from leadmaild.config.load import load
from leadmaild.config.model import SettingsFile
from leadmaild.config.reference import page, written
from leadmaild.config.shape import declared, entries, table_below
from leadmaild.shipped import shipped

EXAMPLE = shipped("config/example.toml").read_text("utf-8")
_COMMENTED_OUT = re.compile(r"^(\s*)# {1,3}(\[{1,2}[\w.]+\]{1,2}(?:\s.*)?|\w+ = .*)$", re.MULTILINE)
EVERY_OPTION = _COMMENTED_OUT.sub(r"\1\2", EXAMPLE)


def all_keys():
    """Every key a settings file can hold; a group's template is written like a location's and documented there."""
    return {key for key, field in declared() if table_below(field) is None and not key.startswith("group.template.")}


def dotted(place):
    return ".".join(step for step in place if isinstance(step, str))


def test_the_example_loads():
    settings = load(shipped("config/example.toml"))
    assert [problem.path for problem in settings.warnings] == ["http.token"]


def test_every_option_stands_in_the_example_and_nothing_else_does():
    table = tomllib.loads(EVERY_OPTION)
    SettingsFile.model_validate(table)
    shown = {dotted(entry.place).replace("template.en.", "template.") for entry in entries(SettingsFile, table)}
    assert shown - {"group.template.intro"} == all_keys()


def test_a_value_of_the_example_is_the_default_or_the_line_says_the_default():
    fields = dict(declared())
    lines = dict(reversed(list(keyed_lines(EVERY_OPTION))))  # of a repeated table the first is the one explained
    silent = []
    for key, line in lines.items():
        field = fields.get(key)
        if field is None or field.is_required() or table_below(field) is not None or field.default is None:
            continue
        value = tomllib.loads(line)[line.split("=")[0].strip()]
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        if value != default and f"default {written(field.default)}" not in line:
            silent.append(line)
    assert silent == []


def test_the_example_dealer_has_sellers_last_resorts_and_texts_in_two_languages():
    settings = load(shipped("config/example.toml"))
    location = settings.locations["MUC"]
    assert sum(user.receives_leads for user in settings.users.values()) >= 3
    assert {location.fallback_user, location.admin_user} <= set(settings.users)
    assert set(location.templates) == {"de", "en"}
    assert location.trade_in_cc
    assert location.redirect.general == ()


# --- serve --dev ----------------------------------------------------------------------------------------------------


def test_dev_settings_are_written_beside_everything_they_use(tmp_path):
    folder = tmp_path / "var"
    settings = dev_settings(folder)
    assert settings.path == folder / "leadmaild.toml"
    assert settings.gateway.database == f"sqlite:///{folder}/leadmaild.db"
    assert [str(endpoint) for endpoint in settings.smtp.listen] == ["127.0.0.1:2525"]
    assert [(server.transport, server.files) for server in settings.outbound] == [("files", folder / "outgoing")]
    assert settings.log.format == "console"
    assert settings.warnings == ()


def test_dev_settings_that_were_edited_are_used_as_they_are(tmp_path):
    dev_settings(tmp_path)
    file = tmp_path / "leadmaild.toml"
    file.write_text(file.read_text("utf-8").replace("127.0.0.1:2525", "127.0.0.1:2600"), "utf-8")
    assert str(dev_settings(tmp_path).smtp.listen[0]) == "127.0.0.1:2600"


def test_dev_settings_ask_for_the_default_address_of_http_and_demand_any_other(tmp_path):
    offered = dev_settings(tmp_path)
    assert "listen" not in offered.http.model_fields_set
    assert offered.http == load(offered.path).http
    offered.path.write_text(offered.path.read_text("utf-8").replace("127.0.0.1:8025", "127.0.0.1:8026"), "utf-8")
    assert "listen" in dev_settings(tmp_path).http.model_fields_set


def test_dev_settings_differ_from_the_example_only_in_what_dev_toml_says(tmp_path):
    example, dev = tmp_path / "example.toml", tmp_path / "dev.toml"
    example.write_text(EXAMPLE, "utf-8")
    dev.write_text(dev_toml(), "utf-8")
    overlay = tomllib.loads(shipped("config/dev.toml").read_text("utf-8"))
    allowed = {dotted(entry.place) for entry in entries(SettingsFile, overlay)}
    differing = {change.key.replace(" default: ", ".") for change in changes(shown(load(example)), shown(load(dev)))}
    assert differing <= allowed
    assert "outbound.transport" in differing


def test_an_overlay_line_without_its_key_in_the_example_is_noticed(monkeypatch, tmp_path):
    (tmp_path / "example.toml").write_text("[log]\n", "utf-8")
    (tmp_path / "dev.toml").write_text('[log]\nformat = "json"\n', "utf-8")
    monkeypatch.setattr("leadmaild.config.example.shipped", lambda name: tmp_path / Path(name).name)
    with pytest.raises(ValueError, match=r"log\.format"):
        dev_toml()


# --- the reference --------------------------------------------------------------------------------------------------


def test_the_reference_page_is_what_the_code_says():
    file = Path(__file__).parents[3] / "docs" / "settings.md"
    assert file.read_text("utf-8") == page(), "run: python -m leadmaild.config.reference > docs/settings.md"


def test_the_reference_names_every_key_with_a_description_and_an_owner():
    rows = {line.split(" | ")[0].removeprefix("| ") for line in page().splitlines() if line.startswith("| `")}
    for key, field in declared():
        if table_below(field) is None:
            assert field.description, key
            assert f"`{key.rpartition('.')[2]}`" in rows, key


@pytest.mark.rule("R30")
def test_the_operator_owns_what_the_rule_names():
    owners = {key: field.json_schema_extra["owner"] for key, field in declared() if table_below(field) is None}
    operators = {
        key.removeprefix("location.")
        for key, owner in owners.items()
        if key.startswith("location.") and owner == "operator"
    }
    assert operators == {
        "code", "mode", "mailbox", "aliases", "mailserver", "exposes", "forwarders", "autoresponse.per_hour",
        "autoresponse.per_day", "source.from_domains", "source.group",
    }  # fmt: skip
    assert all(
        owner == "operator" for key, owner in owners.items() if not key.startswith(("location.", "group.template."))
    )
