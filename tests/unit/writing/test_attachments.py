"""Header graphic, exposé and fixed file: enclosed where they exist, never in the way of the mail."""

from dataclasses import replace

import pytest

from leadmaild.errors import Refused
from leadmaild.model.decision import MailKind
from leadmaild.model.location import TemplateBlocks
from leadmaild.writing.compose import MailComposer

from .people import LOCATION, STOCK, facts, html_of, parsed

COMPOSER = MailComposer()
PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
    b"\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa75\x81\x84\x00\x00\x00\x00IEND\xaeB`\x82"
)
PDF = b"%PDF-1.4 a data sheet"


@pytest.fixture
def exposes(tmp_path):
    folder = tmp_path / "exposes"
    (folder / "kurz").mkdir(parents=True)
    (folder / "kurz" / "GW-4711.pdf").write_bytes(PDF)
    (tmp_path / "geheim.pdf").write_bytes(b"%PDF secret")
    return folder


def compose(blocks=None, **changes):
    location = replace(changes.pop("location", LOCATION), templates={"de": TemplateBlocks(**(blocks or {}))})
    return COMPOSER.compose(facts(location=location, **changes))


def files_of(mail):
    return {part.get_filename(): part.get_content() for part in parsed(mail).iter_attachments()}


@pytest.mark.rule("R108")
def test_the_expose_of_the_vehicle_is_attached(exposes):
    mail = compose({"attach": "expose:kurz"}, location=replace(LOCATION, exposes=str(exposes)))
    assert files_of(mail) == {"Expose-GW-4711.pdf": PDF}
    assert parsed(mail).get_content_type() == "multipart/mixed"


@pytest.mark.rule("R108")
def test_an_expose_without_vehicle_is_left_out_without_an_error(exposes):
    mail = compose({"attach": "expose:kurz"}, location=replace(LOCATION, exposes=str(exposes)), stock=None)
    assert files_of(mail) == {}
    assert mail.notes == ()


@pytest.mark.rule("R108")
@pytest.mark.parametrize(
    ("kind", "number"), [("kurz", "GW-1"), ("kurz", "../geheim"), ("..", "geheim"), ("kurz/..", "geheim"), ("kurz", "")]
)
def test_an_expose_that_is_not_there_is_left_out_and_noted_and_no_path_leads_out_of_the_folder(exposes, kind, number):
    location = replace(LOCATION, exposes=str(exposes))
    mail = compose({"attach": f"expose:{kind}"}, location=location, stock=replace(STOCK, internal_number=number))
    assert files_of(mail) == {}
    assert mail.notes == ("expose_missing",)


@pytest.mark.rule("R108")
def test_a_fixed_file_is_attached_with_a_safe_name(tmp_path):
    file = tmp_path / "Broschüre 2026.pdf"
    file.write_bytes(PDF)
    assert files_of(compose({"attach": f"file:{file}"})) == {"Broschüre 2026.pdf": PDF}


@pytest.mark.rule("R108")
def test_a_fixed_file_that_is_gone_does_not_stop_the_autoresponse(tmp_path):
    mail = compose({"attach": f"file:{tmp_path}/gone.pdf"})
    assert files_of(mail) == {}
    assert mail.notes == ("attachment_missing",)


@pytest.mark.rule("R100")
def test_a_header_graphic_from_a_file_is_shown_inside_the_page(tmp_path):
    file = tmp_path / "kopf.png"
    file.write_bytes(PIXEL)
    mail = compose({"header_image": f"file:{file}"})
    assert 'src="cid:header"' in html_of(mail)
    (image,) = [part for part in parsed(mail).walk() if part.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<header>"
    assert image.get_content() == PIXEL
    assert image.get_content_disposition() == "inline"


@pytest.mark.rule("R100")
def test_a_header_graphic_on_the_web_stands_as_it_is():
    html = html_of(compose({"header_image": "https://www.autohaus.example/kopf.png"}))
    assert 'src="https://www.autohaus.example/kopf.png"' in html


@pytest.mark.rule("R100")
@pytest.mark.parametrize(
    "source", ["file:/gone/kopf.png", "http://x.example/a.png", "javascript:x", 'https://x.example/" onerror=x']
)
def test_a_header_graphic_that_cannot_be_used_is_left_out(source):
    mail = compose({"header_image": source})
    assert "<img" not in html_of(mail)
    assert mail.notes == ("header_image_missing",)


@pytest.mark.rule("R5")
def test_an_answer_offers_the_locations_expose_and_leaves_it_out_without_vehicle(exposes):
    location = replace(LOCATION, exposes=str(exposes), default_expose="kurz")
    answer = {"kind": MailKind.ANSWER, "text": "Gern.", "attachment": "expose", "location": location}
    assert files_of(compose(**answer)) == {"Expose-GW-4711.pdf": PDF}
    without = compose(**answer, stock=None)
    assert (files_of(without), without.notes) == ({}, ())


@pytest.mark.rule("R5")
def test_nothing_is_attached_to_an_answer_unless_the_seller_chose_it(exposes):
    location = replace(LOCATION, exposes=str(exposes), default_expose="kurz")
    assert files_of(compose({"attach": "expose:kurz"}, kind=MailKind.ANSWER, text="Gern.", location=location)) == {}


def test_an_answer_whose_promised_file_is_gone_does_not_leave(tmp_path):
    with pytest.raises(Refused):
        compose(kind=MailKind.ANSWER, text="Anbei.", attachment=str(tmp_path / "gone.pdf"))
