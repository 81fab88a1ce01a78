import pytest

from leadmaild.config.not_in_force import NOT_IN_FORCE, not_in_force
from leadmaild.config.shape import declared

KEYS = frozenset({"alarm.command", "location.tracking_escalation", "location.source.silence_warning", "imap", "http"})


@pytest.mark.parametrize(
    ("root", "places"),
    [
        ({"alarm": {"command": []}}, []),
        ({"alarm": {"command": ["page"], "webhook": "https://x.example"}}, [("alarm", "command")]),
        (
            {"location": [{"code": "A"}, {"code": "B", "tracking_escalation": True}]},
            [("location", 1, "tracking_escalation")],
        ),
        (
            {"location": [{"code": "A", "source": [{"id": "adf", "silence_warning": "1d"}]}]},
            [("location", 0, "source", 0, "silence_warning")],
        ),
    ],
)
def test_only_keys_set_to_something_else_than_their_default_are_named(root, places):
    assert [place for place, _ in not_in_force(root, KEYS)] == places


def test_a_table_that_is_not_in_force_is_named_once_and_not_when_it_is_switched_off():
    root = {
        "http": {"listen": "127.0.0.1:8025"},
        "imap": [{"name": "a", "host": "x", "user": "u"}, {"name": "b", "host": "x", "enabled": False}],
    }
    assert [place for place, _ in not_in_force(root, KEYS)] == [("imap", 0)]


def test_the_list_names_keys_and_tables_that_exist():
    assert {key for key, _ in declared()} >= NOT_IN_FORCE
