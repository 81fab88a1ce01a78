"""Attachment names that hurt nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadmaild.reading.filenames import LONGEST, safe_filename


@pytest.mark.rule("BI-40")
@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Angebot Škoda.pdf", "Angebot Škoda.pdf"),
        ("../../etc/cron.d/job", "job"),
        ("/etc/passwd", "passwd"),
        ("C:\\Windows\\system.ini", "system.ini"),
        ("x\u202egnp.exe", "xgnp.exe"),
        ("a\0b.txt", "a b.txt"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        (".bashrc", "bashrc"),
        ("..", "attachment"),
        ("", "attachment"),
        ("a<b>|c?.pdf", "a_b__c_.pdf"),
        ("rechnung.pdf.exe", "rechnung.pdf.exe"),
    ],
)
def test_names_are_made_safe(name: str, safe: str) -> None:
    assert safe_filename(name) == safe


@pytest.mark.rule("BI-40")
def test_a_long_name_keeps_its_ending() -> None:
    name = safe_filename("a" * 5_000 + ".pdf")
    assert len(name) == LONGEST
    assert name.endswith("a.pdf")


@pytest.mark.rule("BI-40")
@given(st.text(max_size=300))
def test_no_name_leaves_its_folder(name: str) -> None:
    safe = safe_filename(name)
    assert safe
    assert len(safe) <= LONGEST
    assert not set(safe) & set('/\\\0\n\r:*?"<>|')
    assert not safe.startswith(".")
    assert safe.strip(" .") == safe
