"""The seller's answer: his words in the dealer's dress, with the legal footer."""

from dataclasses import replace

import pytest

from leadmaild.errors import Refused
from leadmaild.model.decision import MailKind
from leadmaild.model.location import TemplateBlocks
from leadmaild.writing.compose import MailComposer

from .people import LOCATION, facts, html_of, parsed, text_of

COMPOSER = MailComposer()


def answer(text="Ja, der Wagen ist noch da.", **changes):
    return COMPOSER.compose(facts(MailKind.ANSWER, text=text, **changes))


@pytest.mark.rule("R100")
@pytest.mark.rule("R105")
def test_an_answer_stands_between_the_answer_intro_and_the_general_footer():
    blocks = TemplateBlocks(
        answer_intro="<p>Ihr Autohaus antwortet:</p>", general_footer="<p>Amtsgericht Musterstadt</p>"
    )
    mail = answer(location=replace(LOCATION, templates={"de": blocks}))
    assert text_of(mail) == ("Ihr Autohaus antwortet:\n\nJa, der Wagen ist noch da.\n\n-- \nAmtsgericht Musterstadt\n")
    assert mail.subject.endswith("[Anfrage 1042]")


def test_an_answer_is_a_persons_mail_that_comes_back_to_the_lead():
    message = parsed(answer(in_reply_to="<b@kunden.example>", references=("<a@kunden.example>",)))
    assert "Auto-Submitted" not in message
    assert "X-Auto-Response-Suppress" not in message
    assert message["Reply-To"] == "autohaus-beispiel+k3x9@dein.example"
    assert message["In-Reply-To"] == "<b@kunden.example>"
    assert message["References"] == "<a@kunden.example> <b@kunden.example>"


def test_an_empty_answer_does_not_leave():
    with pytest.raises(Refused):
        answer(" \n")


def test_what_the_seller_writes_is_text_not_markup():
    mail = answer("Preis < 10 & <b>fest</b>\nzweite Zeile\n\nneuer Absatz {{ lead.number }}")
    assert "Preis &lt; 10 &amp; &lt;b&gt;fest&lt;/b&gt;<br>zweite Zeile</p>" in html_of(mail)
    assert "Preis < 10 & <b>fest</b>\nzweite Zeile\n\nneuer Absatz {{ lead.number }}" in text_of(mail)
