import pytest

from leadmaild.model.outgoing import Delivery, RecipientResult, SendResult
from leadmaild.outbound.replies import delivery_of, shown


@pytest.mark.rule("PF54")
@pytest.mark.parametrize(
    ("code", "delivery"),
    [
        (250, Delivery.DELIVERED),
        (251, Delivery.DELIVERED),
        (354, Delivery.DEFERRED),
        (421, Delivery.DEFERRED),
        (451, Delivery.DEFERRED),
        (452, Delivery.DEFERRED),
        (550, Delivery.REFUSED),
        (552, Delivery.REFUSED),
        (554, Delivery.REFUSED),
        (-1, Delivery.DEFERRED),
        (999, Delivery.DEFERRED),
    ],
)
def test_the_first_digit_decides(code, delivery):
    assert delivery_of(code) is delivery


@pytest.mark.parametrize("code", [530, 534, 535, 538])
def test_a_word_about_our_login_fails_no_mail(code):
    assert delivery_of(code) is Delivery.DEFERRED


@pytest.mark.rule("SP-24")
def test_a_relays_words_become_one_printable_line_of_bounded_length():
    line = shown(550, "5.1.1 no\r\nsuch\x1b[31m user\u202e \udcff" + "x" * 1000)

    assert line.startswith("550 5.1.1 no such [31m user ?x")
    assert line.isprintable()
    assert len(line) == 400


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("250 2.0.0 Ok", "250"),
        ("451-4.7.1 wait", "451"),
        ("554", "554"),
        ("192.0.2.7:25: no connection", None),
        ("relay.example.net: no connection", None),
        ("", None),
    ],
)
def test_a_code_is_what_a_mail_server_said_never_the_beginning_of_its_name(reply, code):
    assert SendResult((RecipientResult("a@example.org", Delivery.DEFERRED, reply),)).last_code == code
