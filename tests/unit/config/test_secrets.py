import pickle

import pytest

from leadmaild.config.secrets import parse_secret
from leadmaild.errors import Unavailable

CANARY = "correct-horse-battery"


@pytest.fixture
def secret_file(tmp_path):
    file = tmp_path / "relay.password"
    file.write_text(f"{CANARY}\n")
    file.chmod(0o600)
    return file


def test_a_secret_in_a_file_is_read_where_it_is_used(secret_file):
    secret = parse_secret(f"file:{secret_file}")
    assert secret.problem() is None
    secret_file.write_text("renewed\r\n")
    assert secret.reveal() == "renewed"


def test_a_secret_in_the_environment_is_read_where_it_is_used(monkeypatch):
    monkeypatch.setenv("RELAY_PASSWORD", CANARY)
    assert parse_secret("env:RELAY_PASSWORD").reveal() == CANARY


def test_a_systemd_credential_may_have_the_group_bit_systemd_gives_it(monkeypatch, secret_file):
    secret_file.chmod(0o440)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(secret_file.parent))
    secret = parse_secret("credential:relay.password")
    assert secret.exists()
    assert secret.reveal() == CANARY


@pytest.mark.rule("PF63")
def test_a_secret_never_shows_itself(monkeypatch):
    monkeypatch.setenv("RELAY_PASSWORD", CANARY)
    secret = parse_secret("env:RELAY_PASSWORD")
    for shown in (str(secret), repr(secret), f"{secret}", repr([secret]), pickle.dumps(secret).decode("latin-1")):
        assert CANARY not in shown
    assert str(secret) == "***"


@pytest.mark.rule("BI-80")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o666])
def test_a_secret_others_can_read_is_refused_and_says_how_to_mend_it(secret_file, mode):
    secret_file.chmod(mode)
    problem = parse_secret(f"file:{secret_file}").problem()
    assert "can be read by others" in problem
    assert f"chmod 600 {secret_file}" in problem


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("file:/nonexistent/secret", "does not exist"),
        ("file:/", "cannot be read|is not a file"),
        ("env:NO_SUCH_VARIABLE", "does not exist"),
        ("credential:relay", "CREDENTIALS_DIRECTORY"),
    ],
)
def test_a_secret_that_cannot_be_had_says_why(monkeypatch, reference, why):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    secret = parse_secret(reference)
    assert secret.problem()
    with pytest.raises(Unavailable, match=why):
        secret.reveal()


def test_an_empty_secret_is_a_problem(secret_file):
    secret_file.write_text("\n")
    assert "is empty" in parse_secret(f"file:{secret_file}").problem()


def test_bytes_that_are_no_text_are_a_problem(secret_file):
    secret_file.write_bytes(b"\xff\xfe")
    assert "is not text" in parse_secret(f"file:{secret_file}").problem()


@pytest.mark.rule("PF63")
@pytest.mark.parametrize("value", [CANARY, f"pass:{CANARY}", "env:", "file:", "credential:../x", "env:a b", 17])
def test_a_secret_itself_is_refused_and_not_quoted(value):
    with pytest.raises(ValueError, match="by reference only") as caught:
        parse_secret(value)
    assert CANARY not in str(caught.value)


def test_no_secret_is_falsy_and_reveals_nothing():
    secret = parse_secret("")
    assert not secret
    assert secret.reveal() == ""
    assert secret.problem() is None
    assert not secret.exists()
