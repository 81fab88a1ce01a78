from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from leadmaild.outbound.file_transport import file_name

NOW = datetime(2026, 11, 21, 18, 5, 12, 34, tzinfo=UTC)


def test_a_file_is_named_by_time_and_message_id():
    assert file_name(NOW, "<a1b2.autoresponse@mx.dein.example>") == "20261121T180512.000034Z-a1b2-autoresponse"


@given(st.text())
def test_no_message_id_leads_out_of_the_folder(message_id):
    name = file_name(NOW, message_id)
    assert name.isascii()
    assert not set("/\\.\0 ") & set(name.removeprefix("20261121T180512.000034Z"))
    assert len(name) < 100


def test_names_sort_by_time():
    instants = [NOW + timedelta(microseconds=3**n) for n in range(25)]
    names = [file_name(at, "<x@y>") for at in instants]
    assert names == sorted(names)
