"""Which file may say what (R30), and how files are put together."""

import pytest

from leadmaild.config.load import load
from leadmaild.errors import ConfigError
from tests.unit.config.conftest import DEALER

LINKS = 'include = ["locations.d/*.toml"]\ndealer_files = ["dealers.d/*.toml"]\n'


@pytest.fixture
def linked(folder):
    """The dealership as the operator's main file, with room for included and dealer files."""
    folder.base = LINKS + DEALER
    return folder


def test_included_files_add_locations_and_users_in_the_order_of_their_names(linked):
    linked.write('[[location]]\ncode = "B"\nhours.mon = ["10:00-11:00"]', "locations.d/2.toml")
    linked.write('[[location]]\ncode = "A"\n[[user]]\nusername = "neu"', "locations.d/1.toml")
    settings = linked.load(base=linked.base)
    assert list(settings.locations) == ["MUC", "A", "B"]
    assert list(settings.users)[-1] == "neu"


def test_an_included_file_may_hold_tables_of_the_process(linked):
    linked.write('[log]\nlevel = "debug"', "locations.d/log.toml")
    assert linked.load(base=linked.base).log.level == "debug"


def test_a_key_set_in_two_files_is_an_error_that_names_both(linked):
    linked.write('[log]\nlevel = "debug"', "locations.d/log.toml")
    problems = linked.problems(base=linked.base + '[log]\nlevel = "info"')
    assert problems == ["log.level: is set here and in leadmaild.toml; set it in one place only (locations.d/log.toml)"]


def test_only_the_main_file_names_further_files(linked):
    linked.write('include = ["more/*.toml"]', "locations.d/x.toml")
    assert linked.problems(base=linked.base) == ["include: only the main file names further files (locations.d/x.toml)"]


def test_a_named_file_that_is_not_there_is_an_error_and_an_empty_pattern_is_none(folder):
    problems = folder.problems(base='include = ["gone.toml", "none.d/*.toml"]\n' + DEALER)
    assert problems == ["include[0]: there is no file gone.toml (leadmaild.toml)"]


def test_a_problem_names_the_file_it_stands_in(linked):
    linked.write('[[location]]\ncode = "A"\nmailbox = "nonsense"', "locations.d/a.toml")
    assert linked.problems(base=linked.base) == [
        'location A: mailbox: "nonsense" is not an e-mail address; write local@domain (locations.d/a.toml)'
    ]


def test_syntax_errors_of_all_files_come_at_once_with_their_lines(linked):
    linked.write("x = \n", "locations.d/a.toml")
    linked.write("[[location]\n", "locations.d/b.toml")
    first, second = linked.problems(base=linked.base)
    assert first.startswith("locations.d/a.toml is not valid TOML")
    assert "line 1" in first
    assert second.startswith("locations.d/b.toml is not valid TOML")


def test_a_missing_main_file_is_one_clear_problem(folder):
    with pytest.raises(ConfigError, match=r"^none\.toml cannot be read: No such file or directory$"):
        load(folder.path / "none.toml")


def test_a_file_that_is_not_utf8_is_named(folder):
    folder.write("", "leadmaild.toml").write_bytes(b'[log]\nlevel = "\xfc"')
    with pytest.raises(ConfigError, match=r"leadmaild\.toml is not UTF-8 text"):
        load(folder.path / "leadmaild.toml")


def test_relative_paths_count_from_the_file_they_stand_in(linked):
    linked.write('[[location]]\ncode = "A"\nexposes = "pdf"', "locations.d/a.toml")
    settings = linked.load(base=linked.base)
    assert settings.locations["A"].exposes == str(linked.path / "locations.d/pdf")
    assert settings.gateway.database == f"sqlite:///{linked.path}/var/leadmaild.db"
    assert settings.outbound[0].files == linked.path / "var/outgoing"
    assert settings.gateway.sources == (linked.path / "sources.d",)


# --- what dealers may set -------------------------------------------------------------------------------------------


@pytest.mark.rule("R30")
def test_a_dealer_file_completes_its_location(linked):
    linked.write(
        """
        [[location]]
        code = "MUC"
        redirect.general = ["chef@haus.example"]
        hours.tue = ["10:00-12:00"]
        autoresponse.enabled = false
        day_off = [{ from = 2026-12-24 }]
        template.en.intro = "<p>Hello</p>"
        """,
        "dealers.d/muc.toml",
    )
    location = linked.load(base=linked.base).locations["MUC"]
    assert location.redirect.general == ("chef@haus.example",)
    assert set(location.opening_hours.week) == {0, 1}
    assert not location.autoresponse.enabled
    assert location.templates["en"].intro == "<p>Hello</p>"


@pytest.mark.rule("R30")
@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('mode = "tracking"', "mode"),
        ('mailbox = "x@dein.example"', "mailbox"),
        ("aliases = []", "aliases"),
        ('mailserver = "default"', "mailserver"),
        ('exposes = "/srv"', "exposes"),
        ("forwarders = []", "forwarders"),
        ("autoresponse.per_hour = 0", "autoresponse.per_hour"),
        ("autoresponse.per_day = 0", "autoresponse.per_day"),
        ('source = [{ id = "website_form", from_domains = ["x.example"] }]', "source[website_form].from_domains"),
    ],
)
def test_what_belongs_to_the_operator_a_dealer_file_may_not_set(linked, line, key):
    linked.write(f'[[location]]\ncode = "MUC"\n{line}', "dealers.d/muc.toml")
    problem = linked.problems(base=linked.base)[0]
    # The table of the source is not part of the tree, so the place may show its number.
    assert problem.replace("source[0]", "source[website_form]").startswith(
        f"location MUC: {key}: belongs to the operator"
    )
    assert problem.endswith("(R30) (dealers.d/muc.toml)")


@pytest.mark.rule("R30")
def test_a_dealer_file_holds_no_users_groups_or_process_keys_and_no_new_locations(linked):
    linked.write(
        '[[user]]\nusername = "x"\n[[group]]\nname = "g"\n[smtp]\nlisten = []\n'
        '[[location]]\ncode = "NEW"\n[[location]]\nname = "no code"',
        "dealers.d/muc.toml",
    )
    assert linked.problems(base=linked.base) == [
        "user: cannot stand in a dealer file, which may hold [[location]] only (R30) (dealers.d/muc.toml)",
        "group: cannot stand in a dealer file, which may hold [[location]] only (R30) (dealers.d/muc.toml)",
        "smtp: cannot stand in a dealer file, which may hold [[location]] only (R30) (dealers.d/muc.toml)",
        'location: there is no location "NEW" for a dealer file to complete (R30) (dealers.d/muc.toml)',
        "location: a dealer file names the location it is about by its code (R30) (dealers.d/muc.toml)",
    ]


@pytest.mark.rule("R30")
def test_a_key_set_by_operator_and_dealer_is_an_error(linked):
    linked.write('[[location]]\ncode = "MUC"\nhours.mon = ["10:00-12:00"]', "dealers.d/muc.toml")
    assert linked.problems(base=linked.base) == [
        "location MUC: hours.mon: is set here and in leadmaild.toml; set it in one place only (dealers.d/muc.toml)"
    ]


@pytest.mark.rule("R30")
def test_a_dealers_source_settings_complete_the_operators_of_the_same_source(linked):
    linked.write(
        '[[location]]\ncode = "MUC"\nsource = [{ id = "website_form", autoresponse = false }]', "dealers.d/m.toml"
    )
    base = linked.base + '[[location.source]]\nid = "website_form"\nfrom_domains = ["haus.example"]'
    source = linked.load(base=base).locations["MUC"].sources["website_form"]
    assert source.from_domains == ("haus.example",)
    assert source.autoresponse is False


@pytest.mark.rule("R30")
@pytest.mark.parametrize("name", ["../secret.pdf", "/etc/hostname", "below/../../secret.pdf", "link.pdf"])
def test_a_dealer_file_names_only_files_below_its_own_folder(linked, name):
    secret = linked.write("x", "secret.pdf")
    linked.write(f'[[location]]\ncode = "MUC"\ntemplate.attach = "file:{name}"', "dealers.d/muc.toml")
    (linked.path / "dealers.d/link.pdf").symlink_to(secret)
    assert linked.problems(base=linked.base) == [
        "location MUC: template.attach: may only name a file below the dealer file's folder (R30) (dealers.d/muc.toml)"
    ]


@pytest.mark.rule("R30")
def test_a_dealer_file_may_name_a_file_beside_it(linked):
    linked.write("x", "dealers.d/brochure.pdf")
    linked.write('[[location]]\ncode = "MUC"\ntemplate.attach = "file:brochure.pdf"', "dealers.d/muc.toml")
    blocks = linked.load(base=linked.base).locations["MUC"].templates["de"]
    assert blocks.attach == f"file:{linked.path}/dealers.d/brochure.pdf"


@pytest.mark.rule("R30")
def test_a_header_graphic_is_named_in_the_one_form_that_is_held_to_the_folder(linked):
    linked.write('[[location]]\ncode = "MUC"\ntemplate.header_image = "/etc/logo.png"', "dealers.d/muc.toml")
    assert "is not a header graphic" in linked.problems(base=linked.base)[0]


def test_a_wrong_value_of_a_dealer_names_the_dealers_file(linked):
    linked.write('[[location]]\ncode = "MUC"\nsend_emails = "no"\nhourz = 1', "dealers.d/muc.toml")
    problems = linked.problems(base=linked.base)
    assert len(problems) == 2
    assert all(problem.endswith("(dealers.d/muc.toml)") for problem in problems)
