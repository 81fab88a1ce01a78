"""Throw-away DKIM keys: the private one signs, the record is what the domain publishes."""

import base64
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.components import require_component

SELECTOR = "k1"


@dataclass(frozen=True)
class DkimKey:
    """An RSA key as a PEM file, with its TXT record."""

    path: Path
    record: str

    def zone(self, domain: str) -> dict[str, dict[str, list[str]]]:
        """What DNS must hold for mail this key signs for `domain`."""
        return {f"{SELECTOR}._domainkey.{domain}": {"TXT": [self.record]}}

    def signed(self, mail: bytes, domain: str, headers: tuple[str, ...] = ("from", "to", "subject", "date")) -> bytes:
        """The mail with a signature of `domain`, made by the library alone."""
        import dkim

        signature = dkim.sign(
            mail, SELECTOR.encode(), domain.encode(), self.path.read_bytes(), canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in headers],
        )  # fmt: skip
        return signature + mail


def make_dkim_key(folder: Path, name: str = "dkim", bits: int = 2048) -> DkimKey:
    openssl, path = require_component("openssl"), folder / f"{name}.pem"
    subprocess.run([openssl, "genrsa", "-traditional", "-out", path, str(bits)], check=True, capture_output=True)
    public = subprocess.run(
        [openssl, "rsa", "-in", path, "-pubout", "-outform", "DER"], check=True, capture_output=True
    ).stdout
    path.chmod(0o600)
    return DkimKey(path, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}")


@pytest.fixture(scope="session")
def dkim_key(tmp_path_factory: pytest.TempPathFactory) -> DkimKey:
    return make_dkim_key(tmp_path_factory.mktemp("dkim"))
