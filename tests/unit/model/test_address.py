"""What is an address to us, and when two are the same (R37, AR-21, BI-02, BI-39)."""

import pytest

from leadmaild.model.address import parse_address


@pytest.mark.rule("AR-21")
@pytest.mark.rule("BI-02")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "ohne-at",
        "@nur-domain.example",
        "zwei@at@kunden.example",
        '"victim@x"@dein.auto',
        "blank im@lokalteil.example",
        "a@einteilig",
        "a@[192.0.2.1]",
        "a@-strich.example",
        "x" * 65 + "@kunden.example",
        "a@" + "d" * 64 + ".example",
        "un\u200bsichtbar@kunden.example",
        "rechts\u202enach-links@kunden.example",
        "halbes\udc80zeichen@kunden.example",
    ],
)
def test_is_no_address(text):
    assert parse_address(text) is None


@pytest.mark.rule("R37")
def test_case_and_script_of_the_domain_do_not_make_another_address():
    same = {parse_address(text).normal for text in ("Eva@Müller.example", "eva@xn--mller-kva.EXAMPLE")}
    assert same == {"eva@xn--mller-kva.example"}


@pytest.mark.rule("BI-39")
def test_a_domain_that_only_looks_the_same_is_another_one():
    assert parse_address("a@\u0430pple.example").normal != parse_address("a@apple.example").normal
