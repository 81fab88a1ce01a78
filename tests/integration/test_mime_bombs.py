"""No mail, however made, holds up the next one (SP-13, PF3): each bomb in a process of its own, measured."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.integration.mail_bombs import BOMBS

# Reads every bomb in a fork of its own, which has read one plain mail before, and tells what it took beyond that.
_READER = """
import json, logging, os, resource, time
from leadmaild.reading.context import ReadingContext
from leadmaild.reading.read import read
from leadmaild.reading.sources_folder import packaged_sources
from tests.integration.mail_bombs import BOMBS

logging.disable(logging.CRITICAL)
sources = packaged_sources()

def measure(name):
    raw = BOMBS[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    reading = read(raw, ReadingContext(), sources)
    took = time.process_time() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    seen = {"name": name, "seconds": took, "grown_mb": grown, "needs_review": reading.needs_review}
    print(json.dumps(seen | {"has_words": "030 23125 111" in reading.text}), flush=True)

read(b"From: a@b.example\\r\\nContent-Type: text/html\\r\\n\\r\\n<p>x: y</p>", ReadingContext(), sources)
for name in BOMBS:
    child = os.fork()
    if child == 0:
        measure(name)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, Any]]:
    """What reading each bomb took."""
    repository = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", _READER], capture_output=True, timeout=110, check=True, cwd=repository)
    found = [json.loads(line) for line in ran.stdout.decode().splitlines()]
    return {seen["name"]: seen for seen in found}


@pytest.mark.rule("SP-13")
@pytest.mark.rule("BI-26")
@pytest.mark.rule("BI-27")
@pytest.mark.rule("BI-28")
@pytest.mark.rule("BI-29")
@pytest.mark.rule("BI-41")
@pytest.mark.rule("BI-44")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_within_2_s_and_150_mb(name: str, measured: dict[str, dict[str, Any]]) -> None:
    seen = measured[name]
    print(f"{name}: {seen['seconds']:.2f} s CPU, +{seen['grown_mb']:.0f} MB")
    assert seen["seconds"] < 2
    assert seen["grown_mb"] < 150


@pytest.mark.rule("BI-26")
@pytest.mark.rule("BI-27")
@pytest.mark.parametrize("name", [name for name in BOMBS if "packed" not in name and "on one line" not in name])
def test_the_words_in_a_bomb_are_still_found(name: str, measured: dict[str, dict[str, Any]]) -> None:
    assert measured[name]["has_words"]


@pytest.mark.rule("BI-26")
@pytest.mark.rule("BI-27")
@pytest.mark.parametrize("name", ["multipart depth 1,000", "message/rfc822 x 2,000", "100,000 empty parts"])
def test_what_exceeds_the_limits_is_looked_at_by_a_person(name: str, measured: dict[str, dict[str, Any]]) -> None:
    assert measured[name]["needs_review"]
