from leadmaild.config.not_in_force import NOT_IN_FORCE, not_in_force
from leadmaild.config.shape import declared

KEYS = frozenset({"alarm.command", "location.tracking_escalation", "location.source.silence_warning"})


def found(root):
    return [place for place, _ in not_in_force(root, KEYS)]


def test_only_keys_set_to_something_else_than_their_default_are_named():
    assert found({"alarm": {"command": []}}) == []
    assert found({"alarm": {"command": ["page"], "webhook": "https://x.example"}}) == [("alarm", "command")]
    assert found({"location": [{"code": "A"}, {"code": "B", "tracking_escalation": True}]}) == [
        ("location", 1, "tracking_escalation")
    ]
    assert found({"location": [{"code": "A", "source": [{"id": "adf", "silence_warning": "1d"}]}]}) == [
        ("location", 0, "source", 0, "silence_warning")
    ]


def test_the_list_names_keys_that_exist():
    assert {key for key, _ in declared()} >= NOT_IN_FORCE
