"""A private Dovecot on loopback ports, started in a twentieth of a second, with a certificate for localhost."""

import grp
import os
import pwd
import signal
import smtplib
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import pytest

from tests.components import require_component
from tests.integration.certificates import Certificate

USER = "sales@dealer.example"
# quote, backslash, space: what aioimaplib would send as it is
ODD_USER, ODD_SECRET = "od d@dealer.example", 'p"a\\s s'
UMLAUT_SECRET = "Schlüssel"
UMLAUT_USER = "umlaut@dealer.example"

_CONFIGURATION = """
base_dir = {root}/run
state_dir = {root}/state
instance_name = leadmaild-test-{imap}
log_path = {root}/dovecot.log
protocols = imap lmtp
listen = 127.0.0.1, 127.0.0.2
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2 oauthbearer
auth_username_chars =
auth_failure_delay = 0
mail_fsync = never
mail_location = maildir:{root}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
default_login_user = {login_user}
default_internal_user = {internal_user}
default_internal_group = {internal_group}
passdb {{
  driver = passwd-file
  args = username_format=%u {root}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {root}/oauth2.conf.ext
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={root}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Processed {{
    auto = create
  }}
}}
service imap-login {{
  {unchrooted}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  {unchrooted}
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  {unchrooted}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
"""


@dataclass
class Dovecot:
    """The server. Ports stay the same over a restart."""

    program: str
    root: Path
    imap: int
    imaps: int
    lmtp: int
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.root / "run" / "master.pid").unlink(missing_ok=True)
        command = [self.program, "-F", "-c", str(self.root / "dovecot.conf")]
        self.process = subprocess.Popen(command, start_new_session=True)
        patience = time.monotonic() + 10
        while not self._greets():
            assert time.monotonic() < patience, (self.root / "dovecot.log").read_text()
            time.sleep(0.02)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.imap), timeout=1) as connection:
                return connection.recv(4) == b"* OK"
        except OSError:
            return False

    def kill(self) -> None:
        """Kill every process at once: a master that is asked to stop leaves the connected ones serving."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def deliver(self, content: bytes, to: str = USER) -> None:
        """Put a message into the INBOX over Dovecot's own LMTP."""
        with smtplib.LMTP("127.0.0.1", self.lmtp) as lmtp:
            lmtp.sendmail("", [to], content)

    def folder(self, name: str = "INBOX", user: str = USER) -> Path:
        return self.root / "mail" / user / ("" if name == "INBOX" else f".{name}")

    def files(self, name: str = "INBOX", user: str = USER) -> list[Path]:
        """The messages of a folder, new and seen, in no order."""
        places = (self.folder(name, user) / "new", self.folder(name, user) / "cur")
        return [path for place in places if place.is_dir() for path in place.iterdir()]

    def messages(self, name: str = "INBOX", user: str = USER) -> list[bytes]:
        """What stands in these files; their lines end with LF."""
        return [path.read_bytes() for path in self.files(name, user)]

    def forget_uids(self) -> None:
        """Make the next SELECT find a new UIDVALIDITY, as after a restore: it is the second it was made in."""
        this_second = int(time.time())
        while int(time.time()) == this_second:
            time.sleep(0.05)
        for path in self.folder().glob("dovecot*"):
            if path.is_file():
                path.unlink()

    def empty(self) -> None:
        rmtree(self.root / "mail")
        _own_folder(self.root / "mail")


def start_dovecot(root: Path, certificate: Certificate) -> Dovecot:
    """Configure and start a Dovecot in `root`, which other users must be able to enter."""
    program = require_component("dovecot")
    imap, imaps, lmtp = _free_ports(3)
    is_root = os.geteuid() == 0
    account = pwd.getpwnam("mail") if is_root else pwd.getpwuid(os.geteuid())
    me = (account.pw_name, grp.getgrgid(account.pw_gid).gr_name)
    settings = {
        "root": root, "imap": imap, "imaps": imaps, "lmtp": lmtp,
        "certificate": certificate.certificate, "key": certificate.key,
        "uid": account.pw_uid, "gid": account.pw_gid,
        "login_user": "dovenull" if is_root else me[0],
        "internal_user": "dovecot" if is_root else me[0],
        "internal_group": "dovecot" if is_root else me[1],
        "unchrooted": "" if is_root else "chroot =",
    }  # fmt: skip
    (root / "dovecot.conf").write_text(_CONFIGURATION.format(**settings))
    users = {USER: "secret", ODD_USER: ODD_SECRET, UMLAUT_USER: UMLAUT_SECRET}
    (root / "users").write_text("".join(f"{user}:{{PLAIN}}{secret}\n" for user, secret in users.items()))
    (root / "keys").mkdir()
    (root / "oauth2.conf.ext").write_text(
        "introspection_mode = local\nusername_attribute = email\n"
        f"local_validation_key_dict = fs:posix:prefix={root}/keys/\n"
    )
    _own_folder(root / "mail")
    server = Dovecot(program, root, imap, imaps, lmtp)
    server.start()
    return server


def _own_folder(path: Path) -> None:
    path.mkdir()
    if os.geteuid() == 0:
        account = pwd.getpwnam("mail")
        os.chown(path, account.pw_uid, account.pw_gid)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@pytest.fixture(scope="module")
def running_dovecot(certificate: Certificate):
    with TemporaryDirectory(
        prefix="leadmaild-dovecot-"
    ) as folder:  # pytest's own folders are closed to Dovecot's users
        root = Path(folder)
        root.chmod(0o755)
        server = start_dovecot(root, certificate)
        yield server
        server.kill()


@pytest.fixture
def dovecot(running_dovecot: Dovecot):
    """A running Dovecot with empty mailboxes."""
    running_dovecot.kill()
    running_dovecot.empty()
    running_dovecot.start()
    return running_dovecot
