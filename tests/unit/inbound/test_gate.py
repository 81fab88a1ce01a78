import pytest

from leadmaild.inbound.limits import TOO_MANY_CONNECTIONS, Gate, Limits
from leadmaild.model.reply import SHUTTING_DOWN

LIMITS = Limits(max_connections=5, max_connections_per_ip=2)


@pytest.mark.rule("BI-15")
def test_one_address_gets_its_share_and_another_is_still_served():
    gate = Gate(LIMITS)
    assert [gate.admit("192.0.2.1") for _ in range(3)] == [None, None, TOO_MANY_CONNECTIONS]
    assert gate.admit("192.0.2.2") is None


def test_who_leaves_makes_room():
    gate = Gate(LIMITS)
    gate.admit("192.0.2.1")
    gate.admit("192.0.2.1")
    gate.leave("192.0.2.1")
    assert gate.admit("192.0.2.1") is None


def test_the_house_has_a_limit_for_all():
    gate = Gate(LIMITS)
    assert [gate.admit(f"192.0.2.{n}") for n in range(6)] == [None] * 5 + [TOO_MANY_CONNECTIONS]


def test_a_64_counts_as_one_address():
    gate = Gate(LIMITS)
    assert gate.admit("2001:db8::1") is None
    assert gate.admit("2001:db8::2") is None
    assert gate.admit("2001:db8::3") == TOO_MANY_CONNECTIONS
    assert gate.admit("2001:db8:0:1::1") is None


def test_trusted_networks_have_no_cap_by_address():
    gate = Gate(LIMITS, ["127.0.0.0/8", "2001:db8::/32"])
    assert [gate.admit("127.0.0.1") for _ in range(5)] == [None] * 5
    assert gate.trusts("::ffff:127.0.0.9")
    assert gate.trusts("2001:db8::1%eth0")
    assert not gate.trusts("192.0.2.1")


def test_a_crowded_house_waits_less_for_the_silent():
    gate = Gate(LIMITS)
    for n in range(3):
        gate.admit(f"192.0.2.{n}")
    assert gate.idle_timeout == LIMITS.idle_timeout
    gate.admit("192.0.2.9")
    assert gate.idle_timeout == LIMITS.crowded_idle_timeout


@pytest.mark.rule("SP-14")
def test_nobody_is_let_in_while_we_drain():
    gate = Gate(LIMITS)
    gate.is_draining = True
    assert gate.admit("192.0.2.1") == SHUTTING_DOWN


def test_a_network_that_is_none_is_told():
    with pytest.raises(ValueError, match="nonsense"):
        Gate(LIMITS, ["nonsense"])
