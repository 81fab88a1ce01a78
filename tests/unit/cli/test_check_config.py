import json

import pytest
from click.testing import CliRunner

from leadmaild.cli.check_config import check_config
from leadmaild.cli.main import leadmaild
from leadmaild.shipped import shipped


def run(*arguments):
    return CliRunner().invoke(check_config, [str(argument) for argument in arguments])


def test_right_settings_are_exit_0_and_warnings_are_named():
    result = run("-c", shipped("config/example.toml"))
    assert result.exit_code == 0
    assert "warning: http.token: " in result.output
    assert result.output.endswith("0 errors, 1 warning\n")


@pytest.mark.rule("PF65")
@pytest.mark.rule("BI-80")
def test_wrong_settings_are_exit_78_with_every_problem_on_a_line(tmp_path):
    file = tmp_path / "leadmaild.toml"
    file.write_text('[smpt]\n[log]\nlevel = "loud"\n[smtp]\nlisten = ["127.0.0.1:2525"]\n')
    result = run("--config", file)
    assert result.exit_code == 78
    lines = result.output.splitlines()
    assert [line.split(": ")[1] for line in lines if line.startswith("error: ")] == [
        "log.level",
        "smpt",
        "smtp.listen",
        "gateway.postmaster",
        "gateway.hostname",
    ]
    assert "Traceback" not in result.output


@pytest.mark.rule("PF57")
def test_a_template_with_an_unknown_placeholder_is_an_error(tmp_path):
    file = tmp_path / "leadmaild.toml"
    file.write_text(
        '[[outbound]]\ntransport = "files"\n[[location]]\ncode = "MUC"\ntemplate.intro = "{{ contct.name }}"'
    )
    result = run("-c", file)
    assert result.exit_code == 78
    assert "error: location MUC: template.intro: " in result.output


def test_json_is_one_document_with_paths(tmp_path):
    file = tmp_path / "leadmaild.toml"
    file.write_text("[log]\nlevle = 1")
    result = run("--json", "-c", file)
    assert result.exit_code == 78
    told = json.loads(result.stdout)
    assert told["ok"] is False
    assert told["errors"] == [
        {"path": "log.levle", "message": 'is not a known key; did you mean "level"? (leadmaild.toml)'}
    ]
    assert json.loads(run("--json", "-c", shipped("config/example.toml")).stdout)["ok"] is True


def test_a_file_that_is_not_there_is_exit_78(tmp_path):
    result = run("-c", tmp_path / "none.toml")
    assert result.exit_code == 78
    assert "none.toml cannot be read" in result.output


def test_the_file_may_be_named_before_the_command(tmp_path):
    file = tmp_path / "leadmaild.toml"
    file.write_text("[log]\nlevle = 1")
    result = CliRunner().invoke(leadmaild, ["-c", str(file), "check-config"])
    assert result.exit_code == 78
    assert "log.levle" in result.output


@pytest.mark.rule("PF57")
def test_the_operators_templates_and_sources_are_checked_too(tmp_path):
    (tmp_path / "own" / "words").mkdir(parents=True)
    (tmp_path / "own" / "customer.html.j2").write_text("{% if %}")
    (tmp_path / "sources.d").mkdir()
    (tmp_path / "sources.d" / "own.toml").write_text('id = "own"\nkindd = 1')
    file = tmp_path / "leadmaild.toml"
    file.write_text('[gateway]\ntemplates = "own"\n[[outbound]]\ntransport = "files"\n[[location]]\ncode = "MUC"\n')
    result = run("-c", file)
    assert result.exit_code == 78
    assert "error: gateway.templates: " in result.output
    assert "error: own.toml: kindd: " in result.output
