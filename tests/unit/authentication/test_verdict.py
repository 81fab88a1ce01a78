"""authenticated, unauthenticated, failed: what SPF, DKIM and DMARC come to together (AR-14)."""

from dataclasses import replace

import pytest

from leadmaild.authentication.dkim_signatures import Candidate, DkimResult, candidates
from leadmaild.authentication.dmarc import Policy, names_of_policy, policy_in
from leadmaild.authentication.verdict import Findings, judged
from leadmaild.model.authentication import Signature
from leadmaild.model.envelope import SenderVerdict
from leadmaild.model.registered_domain import are_aligned

AUTHENTICATED, UNAUTHENTICATED, FAILED = SenderVerdict
REJECT, NONE = Policy("reject"), Policy("none")
STRICT = Policy("quarantine", is_dkim_strict=True, is_spf_strict=True)


def signed(result: DkimResult, domain: str = "kunden.example"):
    return {Candidate(domain, "k1", "rsa-sha256"): result}


FOUND = Findings("kunden.example", spf="none", spf_domain="kunden.example")


@pytest.mark.rule("AR-14")
@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, UNAUTHENTICATED),
        ({"policy": REJECT}, FAILED),
        ({"policy": NONE}, FAILED),
        ({"policy": REJECT, "spf": "pass"}, AUTHENTICATED),
        ({"spf": "pass"}, AUTHENTICATED),
        ({"policy": REJECT, "spf": "pass", "spf_domain": "esp.example"}, FAILED),
        ({"policy": REJECT, "spf": "pass", "spf_domain": "bounce.kunden.example"}, AUTHENTICATED),
        ({"policy": STRICT, "spf": "pass", "spf_domain": "bounce.kunden.example"}, FAILED),
        ({"policy": REJECT, "spf": "fail", "dkim": signed(DkimResult.PASS)}, AUTHENTICATED),
        ({"policy": REJECT, "dkim": signed(DkimResult.PASS, "mail.kunden.example")}, AUTHENTICATED),
        ({"policy": STRICT, "dkim": signed(DkimResult.PASS, "mail.kunden.example")}, FAILED),
        ({"policy": REJECT, "dkim": signed(DkimResult.FAIL)}, FAILED),
        ({"dkim": signed(DkimResult.FAIL)}, UNAUTHENTICATED),
        ({"spf": "fail"}, UNAUTHENTICATED),
        ({"policy": REJECT, "spf": "pass", "author_domain": None}, UNAUTHENTICATED),
    ],
)
def test_the_verdict(changes, verdict):
    assert judged(replace(FOUND, **changes)).verdict is verdict


@pytest.mark.rule("AR-14")
@pytest.mark.parametrize(
    "changes",
    [
        {"policy": REJECT, "spf": "temperror"},
        {"policy": REJECT, "dkim": signed(DkimResult.TEMPERROR)},
        {"policy": REJECT, "dkim": signed(DkimResult.NEUTRAL)},
        {"is_policy_known": False, "spf": "fail"},
    ],
)
def test_a_question_nobody_answered_is_not_held_against_the_sender(changes):
    assert judged(replace(FOUND, **changes)).verdict is UNAUTHENTICATED


def test_an_unanswered_question_about_somebody_else_excuses_nobody():
    asked = replace(FOUND, policy=REJECT, spf="temperror", spf_domain="evil.example")
    assert judged(asked).verdict is FAILED


def test_what_the_dealers_own_forwarder_broke_is_not_held_against_the_customer():
    forwarded = replace(FOUND, policy=REJECT, spf="pass", spf_domain="autohaus.example", came_by_forwarder=True)
    assert judged(forwarded).verdict is UNAUTHENTICATED


def test_the_evidence_names_each_method_and_domain():
    found = judged(replace(FOUND, policy=REJECT, spf="softfail", dkim=signed(DkimResult.PASS)))
    assert found.evidence == (
        "spf=softfail smtp.mailfrom=kunden.example",
        "dkim=pass header.d=kunden.example header.s=k1",
        "dmarc=pass (p=reject) header.from=kunden.example",
    )
    assert found.signatures == (Signature("kunden.example", "k1"),)


@pytest.mark.parametrize(
    ("records", "policy"),
    [
        (["v=DMARC1; p=reject; rua=mailto:x@y.example"], Policy("reject")),
        (["v=DMARC1;p=none;adkim=s;aspf=r;"], Policy("none", is_dkim_strict=True)),
        (["v=DMARC1 ; p=quarantine", "v=spf1 -all"], Policy("quarantine")),
        (["v=DMARC1; rua=mailto:x@y.example"], Policy("none")),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], None),
        (["v=DMARC1"], None),
        (["p=reject; v=DMARC1"], None),
        (["v=DMARC2; p=reject"], None),
        ([], None),
    ],
)
def test_a_policy_is_read_from_the_one_record_that_is_one(records, policy):
    assert policy_in(records) == policy


@pytest.mark.parametrize(
    ("domain", "names"),
    [
        ("kunden.example", ("_dmarc.kunden.example",)),
        ("a.b.auto-haus.co.uk", ("_dmarc.a.b.auto-haus.co.uk", "_dmarc.auto-haus.co.uk")),
    ],
)
def test_the_policy_stands_at_the_domain_or_at_the_one_it_belongs_to(domain, names):
    assert names_of_policy(domain) == names


@pytest.mark.parametrize(
    ("one", "other", "relaxed", "strict"),
    [
        ("auto-haus.de", "auto-haus.de", True, True),
        ("mail.auto-haus.de", "auto-haus.de", True, False),
        ("haus.de", "auto-haus.de", False, False),
        ("de", "auto-haus.de", False, False),
        ("a.co.uk", "b.co.uk", False, False),
        ("Müller.de", "xn--mller-kva.de", True, True),
        ("", "auto-haus.de", False, False),
    ],
)
def test_alignment_is_by_the_domain_somebody_registered(one, other, relaxed, strict):
    assert (are_aligned(one, other), are_aligned(one, other, strictly=True)) == (relaxed, strict)


SIGNATURE = " v=1; a=rsa-sha256; c=relaxed/relaxed; d=kunden.example; s=k1; h=From:To; bh=Zm9v; b=YmFy"


@pytest.mark.parametrize(
    "signature",
    [
        SIGNATURE.replace("d=kunden.example", "d=other.example"),
        SIGNATURE.replace("d=kunden.example", "d=example"),
        SIGNATURE.replace("h=From:To", "h=To:Subject"),
        SIGNATURE + "; l=10",
        SIGNATURE + "; x=" + " " * 100,
        SIGNATURE + "; z=" + "a" * 5_000,
        SIGNATURE.replace("s=k1", "s=k1/../x"),
        "",
    ],
    ids=[
        "other domain",
        "public suffix",
        "From unsigned",
        "part of the body",
        "long blank",
        "long",
        "no name",
        "empty",
    ],
)
def test_a_signature_that_could_not_vouch_for_the_author_is_not_looked_at(signature):
    assert candidates([signature], "kunden.example") == ()


@pytest.mark.rule("BI-64")
def test_a_mail_with_a_hundred_signatures_has_three_looked_at():
    many = [SIGNATURE.replace("s=k1", f"s=k{n}") for n in range(100)]
    assert [c.selector for c in candidates(many, "kunden.example")] == ["k0", "k1", "k2"]
