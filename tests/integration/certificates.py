"""Throw-away certificates for servers on loopback."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.components import require_component


@dataclass(frozen=True)
class Certificate:
    """A self-signed certificate with its key, as PEM files."""

    certificate: Path
    key: Path

    def for_server(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def for_client(self) -> ssl.SSLContext:
        """A context that trusts this certificate and nothing else."""
        return ssl.create_default_context(cafile=self.certificate)


def make_certificate(folder: Path, host: str, names: str) -> Certificate:
    """Make a certificate for `host`; `names` is the subjectAltName, such as `DNS:localhost,IP:127.0.0.1`."""
    made = Certificate(folder / f"{host}.pem", folder / f"{host}.key")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    names_wanted = ["-subj", f"/CN={host}", "-addext", f"subjectAltName={names}"]
    where = ["-keyout", str(made.key), "-out", str(made.certificate)]
    openssl = require_component("openssl")
    subprocess.run(
        [openssl, "req", "-x509", *curve, "-nodes", "-days", "2", *names_wanted, *where],
        check=True,
        capture_output=True,
    )
    return made


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for localhost and 127.0.0.1."""
    return make_certificate(tmp_path_factory.mktemp("tls"), "localhost", "DNS:localhost,IP:127.0.0.1")


@pytest.fixture(scope="session")
def wrong_certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for another host."""
    return make_certificate(tmp_path_factory.mktemp("tls"), "elsewhere", "DNS:elsewhere.example")
