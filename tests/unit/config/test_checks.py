"""What one key says must fit what the others say."""

import pytest

from tests.unit.config.conftest import DEALER

GATEWAY = '[gateway]\nhostname = "mx.dein.example"\npostmaster = "post@haus.example"\n'
SMTP = '[smtp]\nlisten = ["127.0.0.1:0"]\n'
WITHOUT_MAILBOX = DEALER.replace('mailbox = "haus@dein.example"\n', "")


def said(problems):
    return [problem.removesuffix(" (leadmaild.toml)") for problem in problems]


def test_the_dealership_of_these_tests_is_right(folder):
    assert folder.load(base=GATEWAY + SMTP + DEALER).warnings == ()


# --- mailboxes ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("R2")
@pytest.mark.parametrize("listener", [SMTP, '[lmtp]\nlisten = "unix:/run/x.sock"\n'])
def test_a_listener_without_any_mailbox_is_an_error(folder, listener):
    problems = said(folder.problems(base=GATEWAY + listener + WITHOUT_MAILBOX))
    assert problems == [f"{listener[1:5]}.listen: is set, but no location has a mailbox to take mail for (R2)"]


@pytest.mark.rule("R2")
def test_a_location_without_mailbox_is_valid(folder):
    assert folder.load(base=WITHOUT_MAILBOX).locations["MUC"].mailboxes == ()


def test_smtp_needs_a_postmaster_and_a_name(folder):
    assert said(folder.problems(base=SMTP + DEALER)) == [
        "gateway.postmaster: is missing; it is required with smtp.listen (RFC 5321 4.5.1)",
        "gateway.hostname: is missing; it is required with smtp.listen",
    ]


def test_a_mailbox_belongs_to_one_location_however_it_is_written(folder):
    problems = folder.problems('\n[[location]]\ncode = "B"\naliases = ["HAUS@Dein.example"]')
    assert said(problems) == ['location B: aliases[0]: "haus@dein.example" belongs to location MUC already']


@pytest.mark.rule("R4")
@pytest.mark.rule("BI-67")
@pytest.mark.rule("PF28")
@pytest.mark.parametrize(
    "target", ["haus@dein.example", "Haus@DEIN.example", "haus+token@dein.example", "b@dein.example"]
)
@pytest.mark.parametrize("key", ["redirect.general", "redirect.marketplace", "trade_in_cc", "unassigned_notice_to"])
def test_mail_is_not_sent_on_to_a_mailbox_of_ours(folder, key, target):
    problems = folder.problems(
        f'{key} = ["chef@haus.example", "{target}"]\n[[location]]\ncode = "B"\nmailbox = "b@dein.example"'
    )
    assert len(problems) == 1
    assert problems[0].startswith(f"location MUC: {key}[1]: ")
    assert "is a mailbox of ours" in problems[0]


@pytest.mark.rule("R4")
def test_no_redirect_target_is_no_problem(folder):
    assert folder.load("redirect.general = []").locations["MUC"].redirect.general == ()


# --- names and references -------------------------------------------------------------------------------------------


@pytest.mark.rule("R140")
@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (
            '[[user]]\nusername = "Mueller"',
            'user Mueller: username: "Mueller" is taken already; each user has its own username',
        ),
        ('[[location]]\ncode = "muc"', 'location muc: code: "muc" is taken already; each location has its own code'),
        (
            '[[outbound]]\ntransport = "files"',
            'outbound[1]: name: "default" is taken already; each outbound has its own name',
        ),
    ],
)
def test_a_name_is_taken_once(folder, table, complaint):
    assert said(folder.problems(table)) == [complaint]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ('admin_user = "leitun"', None),
        ('mailserver = "relay"', 'location MUC: mailserver: there is no [[outbound]] "relay"'),
        ('pool.user = "mulller"', 'location MUC: pool.user: there is no user "mulller"; did you mean "mueller"?'),
        ('source = [{ id = "adf", group = "New" }]', 'location MUC: source[adf].group: there is no group of MUC "New"'),
        (
            '[[user]]\nusername = "x"\nlocations = ["MUX"]',
            'user x: locations[0]: there is no location "MUX"; did you mean "MUC"?',
        ),
        (
            '[[user]]\nusername = "x"\nsupervisor = "leitun"',
            'user x: supervisor: there is no user "leitun"; did you mean "leitung"?',
        ),
        ('[[group]]\nlocation = "B"\nname = "New"', 'group B/New: location: there is no location "B"'),
        (
            '[[group]]\nlocation = "MUC"\nname = "New"\nmembers = ["x"]',
            'group MUC/New: members[0]: there is no user "x"',
        ),
        (
            '[[group]]\nlocation = "MUC"\nname = "New"\nmatch.location = ["B"]',
            'group MUC/New: match.location[0]: there is no location "B"',
        ),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error(folder, lines, complaint):
    if complaint is None:
        problems = said(folder.problems(base=DEALER.replace('admin_user = "leitung"', lines)))
        assert problems == ['location MUC: admin_user: there is no user "leitun"; did you mean "leitung"?']
    else:
        assert said(folder.problems(lines)) == [complaint]


@pytest.mark.rule("R69")
def test_a_pool_cannot_be_combined_with_distribution_groups(folder):
    problems = folder.problems(
        'pool.user = "leitung"\n[[group]]\nlocation = "MUC"\nname = "New"\nmembers = ["mueller"]'
    )
    assert said(problems) == ["location MUC: pool: cannot be combined with distribution groups (New) (R69)"]


@pytest.mark.rule("R10")
def test_days_off_that_end_before_they_begin_are_an_error(folder):
    problems = folder.problems("day_off = [{ from = 2026-12-31, until = 2026-12-24 }]")
    assert said(problems) == ["location MUC: day_off[0].until: 2026-12-24 lies before from = 2026-12-31 (R10)"]


@pytest.mark.rule("PF42")
@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (
            "day_off = [{ from = 2026-12-31, until = 9999-12-31 }]",
            "day_off: the days off never end, so that the location does not open again: "
            "the clock would never get there (PF42)",
        ),
        (
            'escalation.stage1 = "2000d"',
            "escalation.stage1: with these hours 2000d of working time take over 5 years: "
            "the clock would never get there (PF42)",
        ),
    ],
)
def test_a_clock_that_would_never_get_there_is_an_error(folder, lines, complaint):
    assert said(folder.problems(lines)) == [f"location MUC: {complaint}"]


@pytest.mark.rule("R131")
def test_an_own_completion_reason_says_its_outcome_and_a_system_one_need_not(folder):
    problems = folder.problems('completion_reason = [{ key = "sold", name = "Weg" }, { key = "raffle" }]')
    assert said(problems) == [
        "location MUC: completion_reason[raffle].outcome: is missing; an own reason says won, lost or invalid (R131)"
    ]


@pytest.mark.rule("R102")
def test_a_table_below_the_template_is_a_language(folder):
    problems = folder.problems('template.banner = { intro = "x" }')
    assert said(problems) == [
        'location MUC: template.banner: is neither a block nor a language; languages are two letters such as "en"'
    ]


@pytest.mark.parametrize(
    "lines",
    ['source = [{ id = "adf" }, { id = "adf" }]', 'completion_reason = [{ key = "sold" }, { key = "sold" }]'],
)
def test_a_source_or_reason_stands_once_in_a_location(folder, lines):
    assert "is taken already" in folder.problems(lines)[0]


# --- servers --------------------------------------------------------------------------------------------------------


def test_an_imap_mailbox_says_where_it_is_and_whom_it_is_for(folder):
    problems = said(folder.problems('[[imap]]\nname = "muc"\ndeliver_to = "hause@dein.example"'))
    assert problems == [
        "imap muc: host: is missing; it is required",
        "imap muc: user: is missing; it is required",
        "imap muc: password: is missing; it is required",
        'imap muc: deliver_to: there is no location with the mailbox "hause@dein.example"; '
        'did you mean "haus@dein.example"?',
    ]


def test_an_imap_mailbox_that_is_switched_off_needs_nothing(folder):
    assert folder.load('[[imap]]\nname = "muc"\nenabled = false').imap == ()


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("", 'outbound x: host: is missing; it is required with transport = "smtp"'),
        ('host = "r.example"\nuser = "u"', "outbound x: password: is missing; it is required with user"),
        (
            'host = "r.example"\ndkim_selector = "s"',
            "outbound x: dkim_key: is missing; it is required with dkim_selector",
        ),
    ],
)
def test_a_mail_server_is_described_completely(folder, lines, complaint):
    assert said(folder.problems(f'[[outbound]]\nname = "x"\n{lines}')) == [complaint]


def test_a_password_is_not_sent_where_others_may_read_it(folder, monkeypatch):
    monkeypatch.setenv("RELAY_PASSWORD", "x")
    relay = '[[outbound]]\nname = "x"\nhost = "r.example"\nuser = "u"\npassword = "env:RELAY_PASSWORD"\n'
    assert "may show the password" in folder.problems(relay + 'tls = "opportunistic"')[0]


# --- on disk --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("BI-80")
def test_a_secret_that_others_can_read_stops_the_start(folder):
    key = folder.write("secret", "relay.key")
    key.chmod(0o644)
    relay = '[[outbound]]\nname = "x"\nhost = "r.example"\nuser = "u"\npassword = "file:relay.key"'
    (problem,) = folder.problems(relay)
    assert problem.startswith("outbound x: password: the secret file:")
    assert "can be read by others" in problem
    key.chmod(0o600)
    assert folder.load(relay).outbound[1].password.reveal() == "secret"


@pytest.mark.rule("BI-80")
def test_a_token_others_can_read_is_an_error_and_one_that_is_not_there_yet_closes_the_metrics(folder):
    lines = '[http]\ntoken = "file:api.token"'
    assert "metrics stay closed" in str(folder.load(lines).warnings[0])
    folder.write("t", "api.token").chmod(0o604)
    assert "can be read by others" in folder.problems(lines)[0]


def test_an_alarm_program_that_cannot_be_run_is_an_error(folder):
    (problem,) = folder.problems('[alarm]\ncommand = ["/no/such/program", "x"]')
    assert problem.startswith('alarm.command: "/no/such/program" is no program that can be run')
    assert folder.load('[alarm]\ncommand = ["sh", "-c", "true"]').alarm.command[0] == "sh"


def test_a_certificate_or_folder_that_is_not_there_is_an_error(folder):
    base = GATEWAY + 'templates = "gone"\n[smtp]\ntls_certificate = "no.pem"\n' + DEALER
    problems = folder.problems(base=base)
    assert [problem.partition(": ")[0] for problem in problems] == ["smtp.tls_certificate", "gateway.templates"]


def test_a_tls_key_that_everybody_can_read_is_an_error(folder):
    folder.write("x", "cert.pem")
    folder.write("x", "key.pem").chmod(0o644)
    base = '[smtp]\ntls_certificate = "cert.pem"\ntls_key = "key.pem"\n' + DEALER
    assert "can be read by everybody" in folder.problems(base=base)[0]


# --- warnings -------------------------------------------------------------------------------------------------------


def warned(settings):
    return [str(problem).removesuffix(" (leadmaild.toml)") for problem in settings.warnings]


@pytest.mark.rule("R9")
@pytest.mark.parametrize("hours", ["", "hours.mon = []\nhours.tue = []\n"])
def test_no_hours_are_warned_about(folder, hours):
    base = DEALER.replace('hours.mon = ["09:00-18:00"]\n', hours)
    assert warned(folder.load(base=base)) == [
        "location MUC: hours: has no hours: the location counts as always open (R9)"
    ]


@pytest.mark.rule("R20")
def test_a_reminder_that_is_not_shorter_than_stage_1_is_warned_about(folder):
    warnings = warned(folder.load('escalation = { stage1 = "1h", reminder = "60m" }'))
    assert len(warnings) == 1
    assert warnings[0].startswith("location MUC: escalation.reminder: ")


@pytest.mark.rule("R23")
def test_times_that_hang_on_a_stage_1_that_is_off_are_warned_about(folder):
    assert "is off" in warned(folder.load('escalation.stage2 = "0"'))[0]


@pytest.mark.rule("AR-28")
@pytest.mark.rule("R53")
def test_switches_that_hold_mail_back_are_warned_about(folder):
    warnings = warned(folder.load('autoresponse.learning = "24h"\nsend_emails = false'))
    assert [warning.partition(" is ")[0] for warning in warnings] == [
        "location MUC: autoresponse.learning:",
        "location MUC: send_emails:",
    ]


def test_settings_without_any_mail_server_are_warned_about(folder):
    base = DEALER.replace('[[outbound]]\ntransport = "files"\n', "")
    assert warned(folder.load(base=base)) == ["outbound: is missing: no mail can leave"]


@pytest.mark.rule("R5")
def test_an_expose_that_cannot_be_found_is_warned_about(folder):
    assert "there is no folder" in warned(folder.load('exposes = "pdf"'))[0]
    assert "names no folder" in warned(folder.load('default_expose = "short"'))[0]


@pytest.mark.rule("BI-67")
def test_mail_sent_on_to_a_domain_of_ours_is_warned_about_where_we_are_its_server(folder):
    base = GATEWAY.replace("post@haus.example", "postmaster@dein.example") + "{}" + DEALER
    lines = 'redirect.general = ["nobody@dein.example"]'
    assert [warning.partition(" is at a domain")[0] for warning in warned(folder.load(lines, base.format(SMTP)))] == [
        "gateway.postmaster:",
        'location MUC: redirect.general[0]: "nobody@dein.example"',
    ]
    assert warned(folder.load(lines, base.format(""))) == []


def test_a_relay_without_a_name_for_ourselves_is_warned_about(folder):
    assert "relays see" in warned(folder.load('[[outbound]]\nname = "x"\nhost = "r.example"'))[0]


def test_a_password_in_the_database_url_is_warned_about_and_not_shown(folder):
    (warning,) = warned(folder.load('[gateway]\ndatabase = "postgresql://u:hunter2@db.example/x"'))
    assert warning.startswith("gateway.database: holds a password")
    assert "hunter2" not in warning


def test_people_who_would_hear_nothing_or_hear_themselves_are_warned_about(folder):
    warnings = warned(
        folder.load(
            '[[user]]\nusername = "a"\nassignable = true\n'
            '[[user]]\nusername = "b"\nemail = "haus@dein.example"\n'
            '[[group]]\nlocation = "MUC"\nname = "New"\nmembers = ["a", "mueller", "schmidt"]\nmatch.make = ["Skoda"]'
        )
    )
    assert warnings[0] == "user a: email: is empty: he is told of nothing"
    assert "is a mailbox of ours" in warnings[1]
    assert warnings[2] == 'group MUC/New: members[0]: "a" does not work for MUC: he gets no leads'


@pytest.mark.rule("R79")
@pytest.mark.rule("R65")
@pytest.mark.rule("R70")
@pytest.mark.rule("R75")
def test_the_warnings_about_the_distribution_are_among_them(folder):
    base = DEALER.replace('fallback_user = "leitung"\n', "").replace("assignable = true", "assignable = false")
    rules = {warning[-5:] for warning in warned(folder.load('pool.user = "leitung"', base=base))}
    assert rules >= {"(R79)", "(R65)", "(R70)", "(R75)"}
