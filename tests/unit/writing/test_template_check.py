"""Faulty templates are found while settings are loaded, each with where it stands and what would be right."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.errors import Refused
from leadmaild.model.location import TemplateBlocks
from leadmaild.model.user import Group
from leadmaild.writing.blocks import block_faults, render_html
from leadmaild.writing.placeholders import KNOWN, Placeholders
from leadmaild.writing.template_check import template_problems

from .people import LOCATION


def problems(groups=(), location=LOCATION, **blocks):
    return template_problems(replace(location, templates={"de": TemplateBlocks(**blocks)}), groups)


@pytest.mark.rule("PF57")
def test_good_templates_have_no_problem():
    assert template_problems(LOCATION) == ()
    everything = " ".join(f"{{{{ {group}.{name} }}}}" for group, names in KNOWN.items() for name in sorted(names))
    assert problems(subject=everything, intro=everything, attach="none", banner_color="#1f3a5f") == ()


@pytest.mark.rule("PF57")
def test_an_unknown_placeholder_is_named_with_its_place_and_the_known_ones():
    (problem,) = problems(intro="<p>{{ contact.nickname }}</p>")
    assert problem.path == "location MUC: template.intro"
    assert "unknown placeholder contact.nickname" in problem.message
    assert "contact.last_name" in problem.message


@pytest.mark.rule("PF57")
@pytest.mark.rule("R110")
def test_every_language_and_every_group_of_the_location_is_checked():
    location = replace(LOCATION, templates={"en": TemplateBlocks(subject="{{ x }}")})
    groups = (
        Group("MUC", "Neuwagen", (), templates={"de": TemplateBlocks(general_footer="{{ y }}")}),
        Group("HAM", "Neuwagen", (), templates={"de": TemplateBlocks(general_footer="{{ z }}")}),
    )
    assert [problem.path for problem in template_problems(location, groups)] == [
        "location MUC: template.en.subject",
        "group MUC/Neuwagen: template.general_footer",
    ]


@pytest.mark.rule("PF57")
@pytest.mark.parametrize(
    "block",
    [
        "{% if contact.first %}x{% endif %}",
        "{% if vehicle %}{{ vehicle.colour }}{% endif %}",
        "{% if not vehicle %}a{% elif kunde %}b{% endif %}",
        "{{ contact.last_name | default(contact.nick) }}",
        "{{ contact.last_name if vehicle.x else '' }}",
        "{{ contact }}",
        "{% for i in range(9) %}x{% endfor %}",
        "{% set a = 1 %}",
        "{% include 'x' %}",
        "{{ 'a' * 10 }}",
        "{{ contact.__class__ }}",
        "{{ contact.last_name.upper() }}",
        "{{ contact.last_name | safe }}",
        "{{ contact['last_name'] }}",
        "{{ contact.last_name",
        "{contact.last_name}",
        "[vehicle.title]",
        "%assignee_name%",
        "}} x",
        "x" * 17_000,
    ],
)
def test_anything_but_known_placeholders_and_conditions_is_a_fault(block):
    assert block_faults(block)
    with pytest.raises(Refused):
        render_html(block, Placeholders())


@pytest.mark.parametrize(
    "block",
    [
        "{% if vehicle %}a{% elif contact.last_name and not lead %}b{% else %}c{% endif %}",
        "{{ contact.last_name | upper }}",
        "{{ assignee.phone | default('-') }}",
        "{{ assignee.phone if assignee.phone else location.email }}",
        "{% if lead.source == 'mobile.de' %}x{% endif %}",
        "{# a note #}100 % Qualität, 5 $, [Anfrage {{ lead.number }}] {a}",
    ],
)
def test_placeholders_conditions_and_filters_are_good(block):
    assert block_faults(block) == ()
    render_html(block, Placeholders())


@pytest.mark.rule("R103")
@pytest.mark.parametrize("color", ["red", "#12345", "1f3a5f", "#1f3a5f;x"])
def test_a_colour_that_is_none_is_a_fault(color):
    (problem,) = problems(banner_color=color)
    assert problem.path == "location MUC: template.banner_color"


@pytest.mark.rule("R108")
def test_attachments_are_checked(tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(b"%PDF")
    with_folder = replace(LOCATION, exposes=str(tmp_path))
    assert problems(attach=f"file:{file}") == ()
    assert problems(attach="expose:kurz", location=with_folder) == ()
    assert len(problems(attach="expose:kurz")) == 1
    for attach in ("expose:../x", "expose:", "file:", f"file:{tmp_path}/gone.pdf", f"file:{tmp_path}", "http://x"):
        assert [p.path for p in problems(attach=attach, location=with_folder)] == ["location MUC: template.attach"]


@pytest.mark.rule("R100")
def test_header_graphics_are_checked(tmp_path):
    (tmp_path / "kopf.png").write_bytes(b"\x89PNG")
    (tmp_path / "gross.png").write_bytes(b"x" * 300_000)
    assert problems(header_image="https://www.autohaus.example/kopf.png") == ()
    assert problems(header_image=f"file:{tmp_path}/kopf.png") == ()
    for image in ("http://x.example/a.png", f"{tmp_path}/gross.png", f"{tmp_path}/kopf.svg", "/gone.png"):
        assert [p.path for p in problems(header_image=image)] == ["location MUC: template.header_image"]


def test_blocks_too_large_for_a_small_mail_are_a_fault():
    assert [p.path for p in problems(intro="ä" * 5_000, general_footer="ä" * 5_000)] == ["location MUC: template.intro"]


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("{}%#|. \n'()[]abcontactvehicletitleifendifforin"), max_size=60))
def test_a_block_either_has_a_fault_or_renders(block):
    if not block_faults(block):
        render_html(block, Placeholders())


def test_the_documentation_lists_every_placeholder_and_every_block():
    page = (Path(__file__).parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")
    for group, names in KNOWN.items():
        for name in names:
            assert f"`{group}.{name}`" in page
    for block in fields(TemplateBlocks):
        assert f"`{block.name}`" in page
