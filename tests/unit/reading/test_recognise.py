"""Sources are told by whole domains and their own rules, never by a name somewhere (lead-formats 0.7, 0.8)."""

import pytest

from leadmaild.model.authentication import Authentication, Signature
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.reading import Classification, RedirectClass
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.definition_reader import read_definition
from leadmaild.reading.definitions import SourceSet
from tests.unit.reading.mails import html, mail, reading_of

LABELS = "Fahrzeug: VW Golf\nName: Eva Lind\nE-Mail: eva.lind@example.org\nTelefon: 0171 3920023\nNachricht: Noch da?\n"


@pytest.mark.parametrize(
    "sender",
    [
        "AutoScout24 <noreply@autoscout24.evil.example>",
        "AutoScout24 <noreply@notautoscout24.be>",
        "mobile.de <noreply@team.mobile.de.example>",
        "eBay <noreply@ebay.de-sicherheit.com>",
    ],
)
def test_a_lookalike_is_not_the_portal(sender: str) -> None:
    reading = reading_of(mail(LABELS, sender=sender, subject="Anfrage"))

    assert reading.source not in ("autoscout24", "mobile.de", "ebay")
    assert not reading.verdicts.answerable.value
    assert reading.classification is Classification.SPAM or reading.needs_review


@pytest.mark.rule("PF21")
@pytest.mark.rule("R40")
def test_a_portals_bulk_and_auto_marks_do_not_make_its_enquiry_less_of_a_lead() -> None:
    reading = reading_of(
        mail(
            LABELS, sender="mobile.de <noreply@team.mobile.de>", subject="Anfrage", Auto_Submitted="auto-generated",
            Precedence="bulk", List_Unsubscribe="<https://x.example>", Return_Path="<>",
        )
    )  # fmt: skip

    assert reading.prospects[0].source == "mobile.de"
    assert reading.redirect_class is RedirectClass.MARKETPLACE
    assert reading.verdicts.answerable.value


def test_auto_replied_beats_even_a_recognised_source() -> None:
    raw = mail(LABELS, sender="x <buyer-1@mail.mobile.de>", Auto_Submitted="auto-replied")

    assert reading_of(raw).classification is Classification.AUTO_REPLY


def test_a_disabled_source_is_not_recognised() -> None:
    raw = mail(LABELS, sender="mobile.de <noreply@team.mobile.de>", subject="Anfrage")

    reading = reading_of(raw, context=ReadingContext(disabled_sources=frozenset({"mobile.de"})))

    assert reading.source == "generic"


def test_a_required_signature_is_one_that_was_verified() -> None:
    text = "id = 'x'\n[recognise]\nfrom_domain = ['portal.example']\nrequire_dkim = true\n"
    sources = SourceSet((read_definition(text),))
    raw = mail(LABELS, sender="p@portal.example", Authentication_Results="x.example; dkim=pass header.d=portal.example")
    verified = Authentication(SenderVerdict.AUTHENTICATED, signatures=(Signature("portal.example"),))

    assert reading_of(raw, sources=sources, context=ReadingContext(authentication=verified)).source == "x"
    assert reading_of(raw, sources=sources, context=ReadingContext()).source != "x"


def test_a_form_from_the_locations_own_domain_is_a_web_form() -> None:
    raw = mail(LABELS, sender="noreply@www.autohaus-x.example")

    assert reading_of(raw, context=ReadingContext(form_domains=("autohaus-x.example",))).source == "website_form"


def test_a_notice_of_a_portal_is_no_lead_even_with_labels() -> None:
    raw = html(
        "<p>Name: X</p><p>Telefon: 0171 3920023</p>", sender="noreply@kleinanzeigen.de", subject="Anzeige gelöscht"
    )

    assert reading_of(raw).classification is Classification.NOTIFICATION
