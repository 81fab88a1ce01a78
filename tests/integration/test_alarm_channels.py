"""Webhook and program for real: what they get, and that neither can hold anybody up."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from leadmaild.errors import Unavailable
from leadmaild.outbound.alarm_command import run
from leadmaild.outbound.alarm_webhook import post

pytestmark = pytest.mark.asyncio
DOCUMENT = b'{"event": "alarm_raised"}\n'


@asynccontextmanager
async def receiver(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A web server that says `answer` to everything; its URL, and what it was sent."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        seen.append(head + await reader.readexactly(len(DOCUMENT)))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hooks/k3y?a=b", seen
    finally:
        server.close()


async def test_the_webhook_gets_one_post(tmp_path):
    async with receiver(b"HTTP/1.1 204 No Content\r\n\r\n") as (url, seen):
        await post(url, DOCUMENT)
    (request,) = seen
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hooks/k3y?a=b HTTP/1.1"
    assert {"Content-Type: application/json", f"Content-Length: {len(DOCUMENT)}", "Connection: close"} <= set(lines)
    assert body == DOCUMENT


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 500 Oops\r\n\r\n", b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", b"220 mx ESMTP\r\n",
     b"", b"x" * 20_000],
)  # fmt: skip
async def test_any_other_answer_is_not_taken_for_a_success(answer):
    async with receiver(answer) as (url, _seen):
        with pytest.raises(Unavailable) as failure:
            await post(url, DOCUMENT)
    assert "k3y" not in str(failure.value)


async def test_nobody_there_is_said_without_the_key_in_the_url():
    with pytest.raises(Unavailable, match="cannot be reached") as failure:
        await post("http://127.0.0.1:1/k3y", DOCUMENT)
    assert "k3y" not in str(failure.value)


async def test_the_program_gets_the_document_and_nothing_of_our_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("RELAY_PASSWORD", "hunter2")
    to = tmp_path / "seen"
    script = "import os, sys; open(sys.argv[1], 'w').write(sys.stdin.read() + str(sorted(os.environ)) + sys.argv[2])"
    await run((sys.executable, "-c", script, str(to), "$HOME; ls"), DOCUMENT)
    seen = to.read_text("utf-8")
    assert seen.startswith(DOCUMENT.decode())
    assert "RELAY_PASSWORD" not in seen
    assert seen.endswith("$HOME; ls")  # no shell


@pytest.mark.parametrize("command", [("/nonexistent/program",), (sys.executable, "-c", "raise SystemExit(3)")])
async def test_a_program_that_fails_is_a_failure(command):
    with pytest.raises(Unavailable):
        await run(command, DOCUMENT)


async def test_a_program_that_does_not_read_its_input_is_fine():
    await run((sys.executable, "-c", ""), DOCUMENT * 10_000)


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path):
    pids = tmp_path / "pids"
    os.mkfifo(pids)
    script = (
        "import os, subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "open(sys.argv[1], 'w').write(f'{os.getpid()} {child.pid}'); time.sleep(600)"
    )
    running = asyncio.create_task(run((sys.executable, "-c", script, str(pids)), DOCUMENT))
    own, child = map(int, (await asyncio.to_thread(pids.read_text)).split())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not _is_alive(own)
    while _is_alive(child):  # noqa: ASYNC110  # until the kernel has ended it
        await asyncio.sleep(0.01)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
