"""Ctrl-C reaches every process of the terminal at any moment: the console stays clean, the exit code says 130."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from leadmaild.storage.engine import database_url
from leadmaild.storage.migrate import migrate
from tests.acceptance.daemon import LEADMAILD, PATIENCE_S
from tests.dealership import MAILBOX, enquiry, write_settings
from tests.integration.loopback import free_port

INTERRUPTED = 130
# What a command has loaded by then, as the kernel sees it: early, in the middle, at work.
LOADED = {"the command line": "_bisect", "the settings": "_pydantic_core", "the database": "_sqlite3"}
WORKER = "a worker"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_settings(tmp_path, port=free_port())
    migrate(database_url("sqlite:///leadmaild.db", tmp_path))
    (tmp_path / "mail.eml").write_bytes(enquiry(1))
    head = "internal_number,vin,ad_id,make,model,condition,location,price,url\n"
    lines = (f"K{number},,,VW,Golf,used,MUC,1000,\n" for number in range(20_000))
    (tmp_path / "stock.csv").write_text(head + "".join(lines), "utf-8")
    return tmp_path


COMMANDS = {
    "serve": ("serve",),
    "explain": ("explain", "--to", MAILBOX, "mail.eml"),
    "deliver": ("deliver", "--to", MAILBOX),  # waits for standard input
    "parse": ("parse", "--json", *["mail.eml"] * 400),
    "stock": ("stock", "import", "--location", "MUC", "stock.csv"),
    "simulate": ("distribution", "simulate", "--location", "MUC", "--count", "100000"),
    "list": ("leads", "list"),
    "check": ("check-config", "--diff"),
}
MOMENTS = [
    *((command, moment) for command in COMMANDS for moment in LOADED if (command, moment) not in {
        ("parse", "the settings"), ("parse", "the database"), ("deliver", "the database")}),
    ("serve", WORKER),
    ("explain", WORKER),
]  # fmt: skip


@pytest.mark.rule("SP-14")
@pytest.mark.parametrize(("command", "moment"), MOMENTS, ids=lambda text: text.replace(" ", "_"))
def test_ctrl_c_leaves_the_console_clean(folder: Path, command: str, moment: str) -> None:
    process = subprocess.Popen(
        [str(LEADMAILD), "-c", str(folder / "leadmaild.toml"), *COMMANDS[command]],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, start_new_session=True,
    )  # fmt: skip
    try:
        _wait_until(process, moment)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        _out, complained = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    assert complained.decode().strip() == ""
    assert process.returncode in (0, INTERRUPTED)  # 0: it was through, or is the daemon, which stops in good order


def _wait_until(process: "subprocess.Popen[bytes]", moment: str) -> None:
    ends_at = time.monotonic() + PATIENCE_S
    while process.poll() is None and not _has_come(process.pid, moment):
        assert time.monotonic() < ends_at, f"{moment} did not come"
        os.sched_yield()


def _has_come(pid: int, moment: str) -> bool:
    try:
        if moment != WORKER:
            return LOADED[moment] in Path(f"/proc/{pid}/maps").read_text("utf-8", "replace")
        return any("forkserver" in _command_of(child) for child in _children(pid))
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for thread in threads for child in (thread / "children").read_text().split()]


def _command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
