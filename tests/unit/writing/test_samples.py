"""The test mail of a template shows stand-ins for what does not exist."""

import pytest

from leadmaild.model.decision import MailKind
from leadmaild.writing.compose import MailComposer
from leadmaild.writing.samples import with_samples

from .people import SELLER, STOCK, facts, text_of


@pytest.mark.rule("R109")
def test_what_is_missing_is_shown_by_stand_ins():
    bare = facts(MailKind.AUTORESPONSE, lead=None, contact=None, prospect=None, stock=None, assignee=None)
    mail = MailComposer().compose(with_samples(bare))
    assert mail.subject == "Ihre Anfrage zu Beispielmarke Modell [Anfrage 0]"
    assert text_of(mail).startswith("Sehr geehrte Frau Muster,")
    assert "Bernd Beispiel" in text_of(mail)


@pytest.mark.rule("R109")
def test_what_exists_is_kept():
    whole = facts(MailKind.AUTORESPONSE)
    assert with_samples(whole) == whole
    assert with_samples(facts(stock=None)).assignee == SELLER
    assert with_samples(facts(assignee=None)).stock == STOCK
