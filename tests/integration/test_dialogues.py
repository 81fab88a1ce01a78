"""Every scripted session of tests/dialogues is held with a real listener."""

import pytest

from tests.integration.certificates import Certificate, certificate
from tests.integration.dialogue import DIALOGUES, Dialogue

__all__ = ["certificate"]

FILES = sorted(DIALOGUES.glob("*.smtp"))


def _cases():
    for path in FILES:
        marks = [pytest.mark.rule(rule) for rule in Dialogue(path).rules]
        yield pytest.param(path, marks=marks, id=path.stem)


@pytest.mark.asyncio
@pytest.mark.parametrize("path", list(_cases()))
async def test_the_session_goes_as_written(path, certificate: Certificate):
    await Dialogue(path).play(certificate.for_server())


def test_there_are_dialogues():
    assert len(FILES) > 20
