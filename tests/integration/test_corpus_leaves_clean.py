"""Every mail of the shared corpus can be redirected and enclosed: no bare CR or LF leaves, whatever came in."""

import pytest

from leadmaild.model.decision import MailKind
from leadmaild.writing.compose import MailComposer
from tests.unit.writing.people import facts, parsed

COMPOSER = MailComposer()


def has_stray_line_ends(raw):
    bare = raw.replace(b"\r\n", b"")
    return b"\r" in bare or b"\n" in bare


@pytest.mark.rule("SP-09")
@pytest.mark.rule("BI-43")
def test_every_mail_of_the_corpus_leaves_with_crlf_only(shared_folder):
    mails = sorted((shared_folder / "corpus").rglob("*.eml"))
    assert mails
    for path in mails:
        original = path.read_bytes()
        redirected = COMPOSER.compose(facts(MailKind.REDIRECT, original=original, original_reading=None))
        notice = COMPOSER.compose(facts(MailKind.UNASSIGNED_NOTICE, original=original, original_reading=None))
        assert not has_stray_line_ends(redirected.raw), path.name
        assert not has_stray_line_ends(notice.raw), path.name
        assert redirected.raw.partition(b"\r\n\r\n")[0].lower().count(b"\r\nfrom:") == 1, path.name
        assert [part.get_content_type() for part in parsed(notice).iter_attachments()], path.name
