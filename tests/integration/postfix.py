"""A private Postfix on loopback, one a test session: the world before leadmaild, and the smarthost behind it."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.components import missing, require_component
from tests.integration.loopback import free_port, greeting_at, server_folder, wait_until

_MAIN_CF = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = {daemons}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {folder}/maillog
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.world.example
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
transport_maps = texthash:{folder}/etc/transport
default_transport = error:no route in this test
smtp_dns_support_level = disabled
smtpd_tls_security_level = {server_tls}
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
smtpd_peername_lookup = no
message_size_limit = 41943040
in_flow_delay = 0
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
"""

_MASTER_CF = """
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
lmtp      unix  - - n - - lmtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
showq     unix  n - n - - showq
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """An instance with its own queue and port below `folder`; needs root, as Postfix does."""

    def __init__(self, folder: Path, certificate: Path | str = "", key: Path | str = "") -> None:
        self.port = free_port()
        self._folder = folder
        self._etc = folder / "etc"
        self._master: subprocess.Popen[bytes] | None = None
        self._daemons = str(Path(require_component("postfix")).parent.parent / "lib/postfix/sbin")
        for part in ("etc", "queue", "data"):
            (folder / part).mkdir()
        values = {
            "folder": folder,
            "port": self.port,
            "daemons": self._daemons,
            "server_tls": "may" if certificate else "none",
            "certificate": certificate,
            "key": key,
        }
        (self._etc / "main.cf").write_text(_MAIN_CF.format(**values))
        (self._etc / "master.cf").write_text(_MASTER_CF.format(**values))
        (self._etc / "transport").write_text("")
        subprocess.run(["chown", "-R", "postfix", str(folder / "data")], check=True)
        self._run("postfix", "check")

    def start(self) -> None:
        """Return once the instance greets."""
        # master as our own child: it ends with us, by its process id
        command = [f"{self._daemons}/master", "-c", str(self._etc), "-d"]
        self._master = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
        wait_until(lambda: greeting_at(self.port).startswith(b"220"), what="the greeting of Postfix")

    def stop(self) -> None:
        """Stop; what is queued stays queued."""
        if self._master:
            self._master.terminate()
            self._master.wait(20)
            self._master = None

    def set_routes(self, routes: dict[str, str]) -> None:
        """Say where mail for each domain goes: `{"dein.example": "smtp:[127.0.0.1]:2525", "*": "smtp:[...]:..."}`.

        An LMTP listener is `lmtp:inet:127.0.0.1:2424` or `lmtp:unix:/path`.
        """
        self.stop()
        table = self._etc / "transport"
        table.write_text("".join(f"{domain} {hop}\n" for domain, hop in routes.items()))
        os.utime(table, (0, 0))  # Postfix reads a file changed within the last 2 s over and over until it is older
        self.start()

    def set_option(self, name: str, value: str) -> None:
        """Set one of main.cf, for the next start."""
        with (self._etc / "main.cf").open("a") as file:
            file.write(f"{name} = {value}\n")

    def add_service(self, line: str) -> None:
        """Add a line of master.cf, for the next start."""
        with (self._etc / "master.cf").open("a") as file:
            file.write(f"{line}\n")

    @property
    def pid(self) -> int:
        """The process id of its master, which leads its session; 0 while stopped."""
        return self._master.pid if self._master else 0

    def queue(self) -> list[dict[str, object]]:
        """Return what is queued, as `postqueue -j` tells it."""
        return [json.loads(line) for line in self._run("postqueue", "-j").splitlines()]

    def flush(self) -> None:
        """Try every deferred mail now."""
        self._run("postqueue", "-f")

    def forget(self) -> None:
        """Delete whatever is queued and stop."""
        if self._master:
            self._run("postsuper", "-d", "ALL")
        self.stop()

    def log(self) -> str:
        """What the instance has written to its log."""
        path = self._folder / "maillog"
        return path.read_text(errors="replace") if path.exists() else ""

    def _run(self, program: str, *arguments: str) -> str:
        command = [require_component(program), "-c", str(self._etc), *arguments]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout


@pytest.fixture(scope="session")
def _postfix_instance() -> Iterator[Postfix]:
    require_component("postfix")
    if os.getuid() != 0:
        missing("Postfix starts only as root")
    with server_folder("postfix") as folder:
        instance = Postfix(folder)
        yield instance
        instance.stop()


@pytest.fixture
def postfix(_postfix_instance: Postfix) -> Iterator[Postfix]:
    """The instance of this session with an empty queue; `set_routes` starts it."""
    yield _postfix_instance
    _postfix_instance.forget()
