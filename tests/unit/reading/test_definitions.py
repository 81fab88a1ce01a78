"""Source definitions: what is wrong is said at once and in words; what is right reads mail."""

import time

import pytest

from leadmaild.errors import ConfigError
from leadmaild.reading.definition_reader import read_definition
from leadmaild.reading.definitions import SourceSet
from leadmaild.reading.learn import draft_of
from leadmaild.reading.source_check import problems_of_tests
from tests.unit.reading.mails import html, mail, prospect_of, reading_of

SMALL = """
id = "example"
[recognise]
from_domain = ["portal.example"]
[fields]
"contact.email" = { label = "POST", type = "email" }
"message" = { label = "TXT", block = true }
"""


def test_every_mistake_is_told_at_once_with_its_place_and_the_nearest_word() -> None:
    wrong = """
id = "x"
enabld = true
redirect_class = "none"
[recognise]
subject = ["(?=look)ahead", "fine"]
[fields]
"contact.mail" = { label = "A" }
"vehicle.price" = { label = "B", type = "euro" }
"contact.name" = { subject = "a", header = "b" }
"message" = { css = "td[" }
[[test]]
expect = {}
"""
    with pytest.raises(ConfigError) as caught:
        read_definition(wrong, "x.toml")
    told = "\n".join(map(str, caught.value.problems))

    for words in (
        "x.toml: enabld: unknown key; did you mean enabled?",
        "redirect_class: must be one of general, marketplace",
        "recognise.subject: not a regex RE2 knows",
        "fields.contact.mail: is no field of a lead",
        "fields.vehicle.price.type: must be one of",
        "fields.contact.name: needs exactly one of",
        "fields.message.css: not a CSS selector",
        "test: needs mail (a file) or text",
    ):
        assert words in told


@pytest.mark.rule("R166")
@pytest.mark.parametrize(
    ("field", "told"),
    [
        (
            '"request_type" = { label = "W", map = { T = "test_drve" } }',
            "'test_drve' is no type of request; did you mean",
        ),
        ('"request_type" = { label = "W", map = { T = "test_drive, xyz" } }', "'xyz' is no type of request; known are"),
        ('"request_type" = { const = "rubbish" }', "fields.request_type.const: 'rubbish' is no type of request"),
        ('"request_type" = { subject = "ruf", const = "kall_bak" }', "did you mean call_back?"),
        (
            '"channel" = { label = "W", map = { T = "pigeon" } }',
            "channel.map: 'pigeon' cannot be read as channel",
        ),
        ('"vehicle.price" = { label = "W", map = { a = "cheap" } }', "'cheap' cannot be read as vehicle.price"),
        ('"vehicle.price" = { label = "W", type = "month", map = { a = "x" } }', "'x' cannot be read as vehicle.price"),
    ],
)
def test_what_a_definition_writes_itself_must_mean_something(field: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_definition(SMALL + field + "\n", "x.toml")

    assert [told in str(problem) for problem in caught.value.problems] == [True]


@pytest.mark.rule("R166")
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('"example"', '"generic"'), 'id: "generic" is built in'),
        (('"example"', '"an example"'), 'id: "an example" is not a short name'),
        (('["portal.example"]', "[]"), "recognise: says nothing that a mail must have"),
        (("from_domain", "not_from"), "recognise: says nothing that a mail must have"),
        (('from_domain = ["portal.example"]', "subject = ['', 'Anfrage']"), "recognise: says nothing"),
        (('["portal.example"]', '["@portal.example"]'), 'recognise.from_domain: "@portal.example" is no domain'),
        (("[fields]", "[[notice]]\nclass = 'newsletter'\n[fields]"), "notice: says nothing that a mail must have"),
        (("[fields]", "[reply]\nto = ['body']\n[fields]"), 'reply.to: "body" is no place of an address'),
        (("[fields]", "[text]\nseparator = ''\n[fields]"), "text.separator: must be what stands between"),
        (("[recognise]", "language = 'deutsch'\n[recognise]"), 'language: "deutsch" is not a language'),
        (("[recognise]", "region = 'Germany'\n[recognise]"), 'region: "Germany" is not a country'),
        (("[recognise]", "currency = 'Euro'\n[recognise]"), 'currency: "Euro" is not a currency'),
        (("[recognise]", "version = '2'\n[recognise]"), "version: must be a number, without quotes"),
        (('"TXT"', '"TXT", index = "two"'), "fields.message.index: must be a number, without quotes"),
        (('"TXT"', '"TXT", index = 1.5'), "fields.message.index: must be a whole number"),
        (('"TXT"', '"TXT", confidence = "high"'), "fields.message.confidence: must be a number, without quotes"),
        (('"TXT"', '"TXT", confidence = 95'), "fields.message.confidence: must be above 0 and at most 1"),
    ],
)
def test_what_would_take_the_mail_of_others_or_spoil_every_mail_is_refused(change: tuple[str, str], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_definition(SMALL.replace(*change), "x.toml")

    assert [told in str(problem) for problem in caught.value.problems] == [True]


@pytest.mark.rule("R166")
@pytest.mark.parametrize(
    "field",
    [
        '"request_type" = { label = "W", map = { T = "test_drive, financing", N = "", F = "Finanzierung" } }',
        '"request_type" = { const = "call_back" }',
        '"channel" = { subject = "ruf", const = "phone" }',
        '"vehicle.price" = { label = "W", map = { a = "9.900 EUR" } }',
    ],
)
def test_what_reads_as_the_field_may_be_written_in_words(field: str) -> None:
    assert read_definition(SMALL + field + "\n").selectors


def test_broken_toml_is_one_problem() -> None:
    with pytest.raises(ConfigError, match="not valid TOML"):
        read_definition("id = ", "x.toml")


def test_an_expression_that_would_run_away_elsewhere_runs_in_linear_time() -> None:
    definition = read_definition(SMALL + "\n[[notice]]\nclass = 'newsletter'\nsubject = ['(a+)+$', '(.*)*x']\n")
    before = time.process_time()
    reading_of(mail("TXT: x", sender="p@portal.example", subject="a" * 5000 + "!"), sources=SourceSet((definition,)))

    assert time.process_time() - before < 1.0


def test_a_definition_without_a_test_is_not_proven() -> None:
    assert "at least one [[test]]" in str(problems_of_tests(read_definition(SMALL), {}, "x.toml")[0])


def test_a_definition_whose_test_fails_is_told_what_was_found() -> None:
    test = '[[test]]\nmail = "a.eml"\nexpect = { "contact.email" = "b@example.org" }\n'
    raw = mail("POST: a@example.org\nTXT: Hallo", sender="p@portal.example")

    problems = problems_of_tests(read_definition(SMALL + test), {"a.eml": raw}, "x.toml")

    assert [str(p) for p in problems] == [
        "x.toml: test 1: contact.email: expected 'b@example.org', found 'a@example.org'"
    ]


def test_the_operators_definition_overrides_the_packaged_one_by_id() -> None:
    first, second = read_definition(SMALL), read_definition("version = 2\n" + SMALL)

    merged = SourceSet((first,)).overridden_by([second])

    assert merged.definitions == (second,)


@pytest.mark.parametrize(
    ("selector", "raw"),
    [
        ('{ header = "X-Stock" }', mail("x", sender="p@portal.example", X_Stock="K-1")),
        ('{ subject = "Auto (?P<x>K-\\\\d)" }', mail("x", sender="p@portal.example", subject="Auto K-1")),
        ('{ body = "Auto (K-\\\\d)" }', mail("Das Auto K-1 bitte", sender="p@portal.example")),
        ('{ css = "td.stock" }', html("<table><tr><td class=stock>K-1</td></tr></table>", sender="p@portal.example")),
        ('{ xml_comment = "lead/stock" }', html("<!-- <lead><stock>K-1</stock></lead> -->", sender="p@portal.example")),
        ('{ json = "car.stock" }', html('<div id=jsonlead>{"car":{"stock":"K-1"}}</div>', sender="p@portal.example")),
        ('{ url = "portal.example/(?P<x>K-\\\\d)" }', mail("https://portal.example/K-1?x", sender="p@portal.example")),
        ('{ label = "OBJ", split = "~", index = 1 }', mail("OBJ: Kia~K-1~3", sender="p@portal.example")),
        ('{ label = "OBJ", split = "~", index = -1 }', mail("OBJ: Kia~K-1", sender="p@portal.example")),
        ('{ label = "OBJ", map = { A = "K-1" } }', mail("OBJ: A", sender="p@portal.example")),
        ('{ label = "OBJ", after = "No ", until = ";" }', mail("OBJ: No K-1; new", sender="p@portal.example")),
        ('{ header = ["X-A", "X-B"], join = "-" }', mail("x", sender="p@portal.example", X_A="K", X_B="1")),
        ('{ const = "K-1" }', mail("x", sender="p@portal.example")),
        ('[{ label = "NIX" }, { header = "X-Stock" }]', mail("x", sender="p@portal.example", X_Stock="K-1")),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
def test_each_selector_finds_its_field(selector: str, raw: bytes) -> None:
    text = SMALL + f'"vehicle.internal_number" = {selector}\n"contact.phone" = {{ const = "0171 3920023" }}\n'

    found = prospect_of(raw, sources=SourceSet((read_definition(text),)))

    assert found.vehicle is not None
    assert found.vehicle.internal_number == "K-1"
    assert found.provenance["vehicle.internal_number"].rule == "example:vehicle.internal_number"


@pytest.mark.parametrize("mark", ["->", ";;", "~"])
def test_a_draft_learned_from_a_mail_is_a_definition_that_reads_it(mark: str) -> None:
    lines = ("Name -> Ina Wolf", "E-Mail -> ina.wolf@example.org", "Farbwunsch -> blau", "Nachricht -> Hallo")
    raw = mail("\n".join(lines).replace("->", mark), sender="bot@neu.example")

    draft = draft_of(raw)
    definition = read_definition(draft)

    assert '# "?" = { label = "Farbwunsch" }   # blau' in draft
    assert prospect_of(raw, sources=SourceSet((definition,))).contact.email == "ina.wolf@example.org"


def test_a_draft_of_a_mail_without_anything_is_still_a_draft() -> None:
    assert 'id = "my-source"' in draft_of(b"")


def test_a_list_split_without_an_index_is_mapped_piece_by_piece() -> None:
    definition = read_definition(
        SMALL
        + '"request_type" = { label = "ART", split = ";", map = { "bitte anrufen" = "call_back", P = "test_drive" } }'
    )
    raw = mail("POST: lea@example.org\nART: bitte anrufen; P; X\nTXT: Hallo", sender="bot@portal.example")

    assert set(prospect_of(raw, sources=SourceSet((definition,))).request_types) == {"call_back", "test_drive"}


def test_the_imprint_of_a_portal_ends_a_message_but_talk_of_it_does_not() -> None:
    named = SMALL.replace('id = "example"', 'id = "example"\nname = "Autoperle"')
    body = "POST: lea@example.org\nTXT: Hallo\nAutoperle sagt 9.900 Euro?\nAutoperle GmbH, Ring 1, 040 1234567\nTel. 2"

    sources = SourceSet((read_definition(named),))
    prospect = prospect_of(mail(body, sender="bot@portal.example"), sources=sources)

    assert prospect.message == "Hallo\nAutoperle sagt 9.900 Euro?"


def test_a_source_may_tell_the_customers_address_in_a_header_of_its_own() -> None:
    text = SMALL.replace('"contact.email" = { label = "POST", type = "email" }', "").replace(
        "[fields]", '[reply]\nto = ["header:X-Customer"]\n[fields]'
    )
    raw = mail("TXT: Hallo", sender="bot@portal.example", X_Customer="Lea Hoffmann <lea@example.org>")

    prospect = prospect_of(raw, sources=SourceSet((read_definition(text),)))

    assert (prospect.contact.email, prospect.contact.last_name) == ("lea@example.org", "Hoffmann")
