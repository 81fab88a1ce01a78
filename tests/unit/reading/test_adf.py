"""ADF: strict, repaired, and hostile (BI-54)."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadmaild.reading.adf_text import parsed
from tests.unit.reading.mails import html, mail, prospect_of, reading_of

CUSTOMER = (
    "<customer><contact><name part='full'>Eva Lind</name><email>eva.lind@example.org</email></contact></customer>"
)
ADF = f"<adf><prospect><id>9</id><vehicle><make>Kia</make><model>Rio</model></vehicle>{CUSTOMER}</prospect></adf>"


@pytest.mark.rule("BI-54")
@pytest.mark.parametrize(
    "adf",
    [
        '<!DOCTYPE adf [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + ADF.replace("Rio", "Rio &b;"),
        '<!DOCTYPE adf [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ADF.replace("Rio", "Rio &x;"),
        '<!DOCTYPE adf SYSTEM "http://127.0.0.1:9/adf.dtd">' + ADF,
        "<?xml version='1.0' encoding='UTF-16'?>" + ADF,
        ADF.replace("<adf>", "<x:adf xmlns:x='urn:a' xmlns='urn:b'>").replace("</adf>", "</x:adf>"),
        ADF.replace("</adf>", "</adf></adf>"),
        ADF + ADF,
    ],
    ids=["laughs", "external entity", "external dtd", "wrong encoding", "namespaces", "two ends", "two roots"],
)
def test_hostile_or_broken_adf_is_read_without_expanding_or_fetching(adf: str) -> None:
    before = time.process_time()
    reading = reading_of(mail(adf))

    assert [p.contact.email for p in reading.prospects] == ["eva.lind@example.org"]
    assert "root:" not in str(reading)
    assert "aaaaaaaa" not in (reading.prospects[0].vehicle.model or "")
    assert time.process_time() - before < 0.5


@pytest.mark.rule("BI-54")
@pytest.mark.parametrize(
    "text",
    [
        "<adf>" + "<prospect>" * 200_000,
        "<adf>" + "<comments>x</comments>" * 20_000 + "</adf>",
        "<adf>" + "x" * 5_000_000,
    ],
    ids=["depth", "elements", "5 MB"],
)
def test_a_bomb_is_refused_at_once(text: str) -> None:
    before = time.process_time()

    assert parsed(text) is None
    assert time.process_time() - before < 0.5


@pytest.mark.rule("BI-54")
def test_a_mail_with_a_bomb_beside_the_customer_is_a_lead_for_review() -> None:
    reading = reading_of(mail(f"<adf><prospect>{CUSTOMER}" + "<option>" * 100_000))

    assert reading.prospects[0].contact.email == "eva.lind@example.org"
    assert reading.needs_review
    assert reading.confidence <= 0.6


def test_an_unknown_tag_in_the_words_is_text() -> None:
    found = prospect_of(mail(ADF.replace("</customer>", "<comments>if a <c or <br>new line</comments></customer>")))

    assert found.message == "if a <c or\nnew line"


def test_a_second_prospect_with_other_data_is_a_second_lead() -> None:
    second = ADF.replace("eva.lind", "ida.berg").replace("<id>9", "<id>10")

    assert len(reading_of(mail(ADF + second)).prospects) == 2


@pytest.mark.rule("R112")
@pytest.mark.parametrize("caller_first", [True, False])
def test_each_customer_of_a_mail_is_judged_by_his_own_address(caller_first: bool) -> None:
    caller = ADF.replace("<email>eva.lind@example.org</email>", "<phone>+49 171 3920023</phone>").replace(">9<", ">10<")

    reading = reading_of(mail(caller + ADF if caller_first else ADF + caller))

    judged = {p.contact.email: reading.answerable(p) for p in reading.prospects}
    assert judged["eva.lind@example.org"].value
    assert judged[None].evidence == ("R112: no address, no answer",)
    assert reading.verdicts.answerable.value  # somebody in the mail may be answered


def test_the_vendor_and_provider_are_never_the_customer() -> None:
    decoys = (
        "<vendor><contact><name>V</name><email>v@dealer.example</email><phone>040 66969 111</phone></contact></vendor>"
        "<provider><name>P</name><email>p@provider.example</email><phone>0221 4710 111</phone></provider>"
    )
    found = prospect_of(mail(ADF.replace("</prospect>", f"{decoys}</prospect>")))

    assert found.contact.email == "eva.lind@example.org"
    assert found.contact.phones == ()


def test_adf_hidden_in_a_comment_of_html_is_found() -> None:
    assert prospect_of(html(f"<p>see attachment</p><!-- {ADF} -->")).source == "adf"


@settings(max_examples=60)
@given(st.data())
def test_no_damage_to_adf_breaks_the_reading(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(ADF)))
    cut = data.draw(st.integers(0, 30))
    junk = data.draw(st.text(max_size=10))

    reading = reading_of(mail(ADF[:at] + junk + ADF[at + cut :]))

    assert not reading.reason.startswith("reading failed")


@pytest.mark.parametrize(
    ("element", "lead_id", "provider"),
    [
        ('<id sequence="1" source="CarRouter"/>', None, "CarRouter"),  # in every mail of his: no id
        ('<id sequence="CR-5512" source="CarRouter"></id>', "CR-5512", "CarRouter"),
        ('<id sequence="1" source="HB-5521"/>', "HB-5521", None),
        ('<id sequence="1" source="CarRouter">88213</id>', "88213", "CarRouter"),
    ],
)
def test_an_empty_id_has_its_data_in_an_attribute_but_a_name_or_counter_is_none(
    element: str, lead_id: str | None, provider: str | None
) -> None:
    found = prospect_of(mail(ADF.replace("<id>9</id>", element)))

    assert (found.source_lead_id, found.source_provider) == (lead_id, provider)
