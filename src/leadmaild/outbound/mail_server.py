"""A mail server as the settings describe it ([[outbound]], R52)."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class TlsPolicy(StrEnum):
    """How the connection to a mail server is protected."""

    NONE = "none"  # plain text, for a relay on this machine
    OPPORTUNISTIC = "opportunistic"  # TLS where offered, certificate not asked for (RFC 7435)
    REQUIRE = "require"  # STARTTLS with a verified certificate, or no mail: never back to plain text
    IMPLICIT = "implicit"  # TLS from the first byte, verified (RFC 8314)

    @property
    def is_verified(self) -> bool:
        """Whether the server must show a certificate for its name."""
        return self in (TlsPolicy.REQUIRE, TlsPolicy.IMPLICIT)


@dataclass(frozen=True, slots=True)
class MailServer:
    """One outgoing mail server. `helo` is our own host name; `user` "" = no login."""

    host: str
    port: int
    helo: str
    tls: TlsPolicy = TlsPolicy.REQUIRE
    user: str = ""
    password: str = field(default="", repr=False)
    command_timeout: timedelta = timedelta(seconds=60)
    data_timeout: timedelta = timedelta(minutes=10)  # RFC 5321 4.5.3.2.6: a relay may think long about the final dot
    idle_timeout: timedelta = timedelta(seconds=30)
    max_connections: int = 4

    @property
    def name(self) -> str:
        """host:port, for messages."""
        return f"{self.host}:{self.port}"
