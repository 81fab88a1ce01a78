"""Every wrong key and value at once, each with its TOML path and what would be right."""

from pathlib import Path

import pytest

from leadmaild.config.tree import Tree
from leadmaild.config.validation import validated


def complaints(root):
    tree = Tree(Path("/etc/leadmaild/leadmaild.toml"), root)
    validated(tree)
    return [str(problem).removesuffix(" (leadmaild.toml)") for problem in tree.problems]


@pytest.mark.rule("PF65")
@pytest.mark.parametrize(
    ("root", "complaint"),
    [
        ({"smpt": {}}, 'smpt: is not a known key; did you mean "smtp"?'),
        ({"smtp": {"max_conections": 1}}, 'smtp.max_conections: is not a known key; did you mean "max_connections"?'),
        (
            {"location": [{"code": "MUC", "mailbx": "x"}]},
            'location MUC: mailbx: is not a known key; did you mean "mailbox"?',
        ),
        (
            {"location": [{"code": "MUC", "stage1": "2h"}]},
            'location MUC: stage1: is not a known key here; did you mean "location.escalation.stage1"?',
        ),
        (
            {"location": [{"code": "MUC", "template": {"introo": "x"}}]},
            'location MUC: template.introo: is not a known key; did you mean "intro"?',
        ),
        (
            {"location": [{"code": "MUC", "template": {"en": {"introo": "x"}}}]},
            'location MUC: template.en.introo: is not a known key; did you mean "intro"?',
        ),
        (
            {"user": [{"username": "mueller", "notify": {"new_led": True}}]},
            'user mueller: notify.new_led: is not a known key; did you mean "new_lead"?',
        ),
        ({"log": {"zzz": 1}}, "log.zzz: is not a known key; known here: format, level"),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_known_one(root, complaint):
    assert complaints(root) == [complaint]


@pytest.mark.rule("R6")
@pytest.mark.parametrize("day", ["sun", "sunday", "so"])
def test_sunday_hours_are_refused_with_their_own_message(day):
    root = {"location": [{"code": "MUC", "hours": {day: ["09:00-12:00"]}}]}
    assert complaints(root) == [
        f"location MUC: hours.{day}: is not a key: Sunday is always closed and has no hours (R6)"
    ]


@pytest.mark.rule("R23")
@pytest.mark.parametrize("zero", ["0", "0m", 0])
def test_a_stage_1_of_zero_is_refused(zero):
    assert complaints({"location": [{"code": "MUC", "escalation": {"stage1": zero}}]}) == [
        "location MUC: escalation.stage1: cannot be 0; leave the key out to switch stage 1 off (R23)"
    ]


@pytest.mark.parametrize(
    ("root", "complaint"),
    [
        ({"location": [{"name": "x"}]}, "location[0]: code: is missing; it is required"),
        ({"location": [{"code": "MUC", "pool": {}}]}, "location MUC: pool.user: is missing; it is required"),
        (
            {"location": [{"code": "MUC", "hours": {"mon": ["09:00-12:00", "noon"]}}]},
            'location MUC: hours.mon[1]: "noon" is not a window; write it like "09:00-18:00"',
        ),
        (
            {"location": [{"code": "MUC", "source": [{"id": "adf", "type": "sale"}]}]},
            'location MUC: source[adf].type: "sale" is not a lead type; choose from trade_in, test_drive, viewing, '
            "financing, leasing, call_back, price_proposal, vehicle_inquiry, service, other",
        ),
        (
            {"location": [{"code": "MUC", "mode": "both"}]},
            "location MUC: mode: must be 'management' or 'tracking'",
        ),
        (
            {"location": [{"code": "MUC", "send_emails": "no"}]},
            "location MUC: send_emails: is neither true nor false (write it without quotes)",
        ),
        (
            {"location": [{"code": "MUC", "aliases": "a@b.example"}]},
            'location MUC: aliases: is not a list; write ["..."]',
        ),
        (
            {"location": [{"code": "MUC", "day_off": [{"from": "Christmas"}]}]},
            "location MUC: day_off[0].from: is not a date; write it like 2026-12-24, without quotes",
        ),
        ({"smtp": 3}, "smtp: is not a table"),
        ({"smtp": {"max_connections": 0}}, "smtp.max_connections: must be at least 1"),
        (
            {"smtp": {"max_connections": "many"}},
            "smtp.max_connections: is not a whole number (write it without quotes)",
        ),
        ({"location": {"code": "MUC"}}, 'location: is not a list; write ["..."]'),
        ({"imap": [{"name": "muc", "port": 70000}]}, "imap muc: port: must be at most 65535"),
        ({"outbound": [{"tls": "ssl"}]}, "outbound[0]: tls: must be 'none', 'opportunistic', 'require' or 'implicit'"),
        ({"gateway": {"hostname": 3}}, 'gateway.hostname: is not a text; write it in quotes: "..."'),
        (
            {"group": [{"location": "MUC", "name": "New", "match": {"condition": ["old"]}}]},
            "group MUC/New: match.condition[0]: must be 'new' or 'used'",
        ),
    ],
)
def test_a_wrong_value_says_where_it_is_and_what_is_right(root, complaint):
    assert complaints(root) == [complaint]


@pytest.mark.rule("R79")
def test_all_problems_come_at_once_also_those_across_keys(folder):
    problems = folder.problems(
        """
        hours.sun = ["09:00-12:00"]
        escalation.stage1 = "0"
        [[location]]
        name = "without code"
        [[location]]
        code = "B"
        fallback_user = "muller"
        [[user]]
        username = "neu"
        supervisor = "nobody"
        """
    )
    assert [problem.partition(": ")[0] for problem in problems] == [
        "location MUC",
        "location MUC",
        "location[1]",
        "location B",
        "user neu",
    ]
    assert 'did you mean "mueller"?' in problems[3]


def test_what_is_wrong_in_itself_is_not_reported_again_as_missing(folder):
    problems = folder.problems(
        base='[gateway]\npostmaster = "nobody"\nhostname = "mx.dein.example"\n[smtp]\nlisten = ["127.0.0.1:0"]\n'
        '[[outbound]]\ntransport = "files"\n[[location]]\ncode = "MUC"\nmailbox = "haus@dein.example"\n'
    )
    assert problems == ['gateway.postmaster: "nobody" is not an e-mail address; write local@domain (leadmaild.toml)']


def test_problems_after_a_location_that_had_to_be_left_out_name_the_right_location(folder):
    problems = folder.problems('\n[[location]]\nname = "x"\n[[location]]\ncode = "B"\nadmin_user = "nobody"')
    assert problems == [
        "location[1]: code: is missing; it is required (leadmaild.toml)",
        'location B: admin_user: there is no user "nobody" (leadmaild.toml)',
    ]
