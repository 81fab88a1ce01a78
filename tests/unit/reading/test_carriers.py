"""Structured carriers: XML in comments, JSON in hidden elements, links behind redirects."""

import pytest

from leadmaild.reading.carriers import Carriers
from leadmaild.reading.findings import Locale
from leadmaild.reading.mime import parse
from leadmaild.reading.selectors import caller_leaf
from leadmaild.reading.text import documents
from tests.unit.reading.mails import html


def carriers_of(body: str) -> Carriers:
    message = parse(html(body))
    return Carriers(message, documents(message))


def test_elements_and_attributes_of_a_commented_xml_are_leaves() -> None:
    leaves = carriers_of('<!-- <Lead><Call from="+49 171 3920023"><Kind>missed</Kind></Call></Lead> -->').xml_leaves

    assert [(leaf.path, leaf.text) for leaf in leaves] == [
        ("lead/call/from", "+49 171 3920023"),
        ("lead/call/kind", "missed"),
    ]


def test_conditional_comments_of_mail_programs_are_no_xml() -> None:
    assert carriers_of("<!--[if mso]><table><tr><td>0800 1</td></tr></table><![endif]-->").xml_leaves == ()


def test_broken_xml_still_shows_its_leaves() -> None:
    assert [leaf.text for leaf in carriers_of("<!-- <a><b>R & D</b><c>1</a> -->").xml_leaves] == ["R &amp; D"]


@pytest.mark.parametrize(
    "xml",
    [
        "<l><dealer><phone>+49 40 66969 100</phone></dealer><caller><phone>+49 171 3920023</phone></caller></l>",
        "<l><to>+49 40 66969 100</to><from>0171 3920023</from></l>",
        '<l><x called="+49 40 66969 100" a-number="+49 171 3920023"/></l>',
        "<l><id>0049123456789</id><start>2026-10-09T16:42:11</start><number>0171 3920023</number></l>",
        "<l><sellId>2098765</sellId><CallerPhoneNumber>491713920023</CallerPhoneNumber></l>",
    ],
)
def test_the_caller_is_told_from_the_called_whatever_the_elements_are_named(xml: str) -> None:
    leaf = caller_leaf(carriers_of(f"<!-- {xml} -->").xml_leaves, Locale())

    assert leaf is not None
    assert leaf.text.replace(" ", "")[-10:] == "1713920023"


@pytest.mark.rule("BI-55")
@pytest.mark.parametrize(
    "text",
    [
        '{"a":' + "[" * 100_000,
        '{"a": NaN}',
        '{"a": 1e400}',
        '{"a": 1, "a": 2}',
        '{"a": 1, "A": 2}',
        '{"a": ',
        "{}[]",
        '{"a":"' + "x" * 300_000,
    ],
    ids=["deep", "NaN", "infinite", "twice", "twice in other case", "cut", "none", "huge"],
)
def test_doubtful_json_is_none(text: str) -> None:
    assert carriers_of(f'<div id="jsonlead" style="display:none">{text}</div>').json_objects == ()


def test_json_values_are_found_at_any_depth() -> None:
    found = carriers_of(
        '<script type="application/json">{"data":{"lead":{"client":{"email":"a@example.org"}}}}</script>'
    )

    assert list(found.json_values("client.email")) == ["a@example.org"]


def test_a_link_behind_redirects_is_seen() -> None:
    inner = "https%3A%2F%2Fwww.autoscout24.de%2Fangebote%2Fx-1f0c2d3e-4455-4a6b-8c7d-99aabbccddee"
    found = carriers_of(
        f'<a href="https://a.example/r?u=https%3A%2F%2Fb.example%2Fr%3Fto%3D{inner.replace("%", "%25")}">x</a>'
    )

    assert found.links[-1] == "https://www.autoscout24.de/angebote/x-1f0c2d3e-4455-4a6b-8c7d-99aabbccddee"
