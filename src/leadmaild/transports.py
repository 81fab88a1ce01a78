"""The mail servers of the settings as transports, and the name by which we greet other mail servers."""

import socket
from functools import cache

from leadmaild.config.model import Settings
from leadmaild.config.process import OutboundSettings
from leadmaild.outbound.mail_server import MailServer, TlsPolicy
from leadmaild.ports import Clock, Transport


def own_hostname(settings: Settings) -> str:
    """The name we greet other mail servers with."""
    return settings.gateway.hostname or _name_of_this_machine()


@cache
def _name_of_this_machine() -> str:
    """Asked once, at the start: the answer may take a name server some time, and a reload must not wait for it."""
    return socket.getfqdn()


def transports_of(settings: Settings, clock: Clock) -> dict[str, Transport]:
    """A transport for each mail server, in the order of the settings."""
    return {server.name: _transport(server, settings, clock) for server in settings.outbound}


def _transport(server: OutboundSettings, settings: Settings, clock: Clock) -> Transport:
    if server.transport == "files":
        from leadmaild.outbound.file_transport import FileTransport

        return FileTransport(server.files or settings.path.parent / "var" / "outgoing", clock)
    # Only here: before mail goes out, mail comes in, and its door knows our name from this file.
    from leadmaild.outbound.smtp_transport import SmtpTransport

    return SmtpTransport(mail_server_of(server, settings))


def mail_server_of(server: OutboundSettings, settings: Settings) -> MailServer:
    """Where a relay is and how to get in. Raises Unavailable for a password that cannot be had now."""
    return MailServer(
        host=server.host,
        port=server.port,
        helo=own_hostname(settings),
        tls=TlsPolicy(server.tls),
        user=server.user,
        password=server.password.reveal(),
    )
