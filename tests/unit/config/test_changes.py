import pytest

from leadmaild.config.changes import Change, changes, packed, shown, unpacked
from tests.unit.config.conftest import DEALER


@pytest.fixture
def between(folder):
    """The changes from the dealership to the one with other lines or another text."""

    def compare(extra="", base=DEALER, before=""):
        old = folder.load(before)
        new = folder.load(extra, base)
        return changes(unpacked(packed(shown(old))), shown(new))

    return compare


@pytest.mark.rule("R183")
def test_the_same_settings_have_no_changes(between):
    assert between() == ()


@pytest.mark.rule("R183")
@pytest.mark.rule("R3")
def test_a_change_names_key_old_new_and_location(between):
    assert between('redirect.general = ["chef@haus.example"]') == (
        Change("location MUC: redirect.general", None, "chef@haus.example", "MUC"),
    )


@pytest.mark.rule("R183")
@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ('escalation.stage1 = "90m"', 'escalation.stage1 = "1d"', ("escalation.stage1", "1h30m", "1d")),
        ('hours.tue = ["09:00-12:00"]', 'hours.tue = ["09:00-24:00"]', ("hours.tue", "09:00-12:00", "09:00-24:00")),
        ("send_emails = true", "send_emails = false", ("send_emails", "true", "false")),
        (
            'source = [{ id = "adf" }]',
            'source = [{ id = "adf", enabled = false }]',
            ("source[adf].enabled", "true", "false"),
        ),
        ('template.en.intro = "A"', 'template.en.intro = "B"', ("template.en.intro", "A", "B")),
        ('mode = "management"', 'mode = "tracking"', ("mode", "management", "tracking")),
    ],
)
def test_values_read_as_people_write_them(between, before, after, change):
    key, old, new = change
    assert between(after, before=before) == (Change(f"location MUC: {key}", old, new, "MUC"),)


@pytest.mark.rule("R183")
def test_of_a_table_that_came_or_went_only_what_was_written_is_named(between):
    added = between('[[user]]\nusername = "neu"\nemail = "neu@haus.example"')
    assert added == (
        Change("user neu: username", None, "neu"),
        Change("user neu: email", None, "neu@haus.example"),
    )


@pytest.mark.rule("R183")
@pytest.mark.rule("PF63")
def test_secrets_are_masked(between, monkeypatch):
    monkeypatch.setenv("OLD_ONE", "hunter2")
    monkeypatch.setenv("NEW_ONE", "hunter3")
    relay = '[[outbound]]\nname = "x"\nhost = "r.example"\nuser = "u"\npassword = "env:{}"\n'
    database = '[gateway]\ndatabase = "postgresql://u:{}@db.example/x"\n[alarm]\nwebhook = "https://hooks.example/{}"'
    found = between(
        relay.format("NEW_ONE") + database.format("hunter3", "hunter3"),
        before=relay.format("OLD_ONE") + database.format("hunter2", "hunter2"),
    )
    assert {change.key for change in found} == {"outbound x: password", "gateway.database", "alarm.webhook"}
    assert "hunter" not in str(found)
    assert Change("gateway.database", "postgresql://u:***@db.example/x", "postgresql://u:***@db.example/x") in found


@pytest.mark.rule("R183")
@pytest.mark.rule("PF63")
def test_what_is_kept_of_the_settings_holds_no_secret(folder, monkeypatch):
    monkeypatch.setenv("RELAY_PASSWORD", "hunter2")
    relay = '[[outbound]]\nname = "x"\nhost = "r.example"\nuser = "u"\npassword = "env:RELAY_PASSWORD"\n'
    kept = shown(folder.load(relay + '[alarm]\nwebhook = "https://hooks.example/hunter2"'))
    assert kept["outbound x: password"].value == kept["alarm.webhook"].value == "***"
    assert "hunter2" not in str(kept)


@pytest.mark.rule("R41")
@pytest.mark.rule("R183")
def test_a_marketplace_redirect_that_is_empty_differs_from_one_that_is_absent(between):
    assert between("redirect.marketplace = []") == (Change("location MUC: redirect.marketplace", None, "[]", "MUC"),)
    assert between("redirect.general = []") == ()
