"""Whether the servers we talk to let us in: relays and mailboxes. Logs in, sends nothing, opens nothing for writing."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from leadmaild.config.model import Settings
from leadmaild.config.process import ImapSettings, OutboundSettings
from leadmaild.doctor.finding import Finding, failed, ok, warning
from leadmaild.errors import Refused, Unavailable
from leadmaild.outbound.mail_server import TlsPolicy
from leadmaild.outbound.smtp_transport import SmtpTransport
from leadmaild.transports import mail_server_of

_PATIENCE = timedelta(seconds=10)
_LOOPBACK = ("localhost", "127.", "::1")


async def relay(server: OutboundSettings, settings: Settings) -> Finding:
    """Connects to the relay, encrypts and logs in as for a mail, and says goodbye."""
    about = server.name
    try:
        transport = SmtpTransport(replace(mail_server_of(server, settings), command_timeout=_PATIENCE))
        await transport.try_out()
    except Unavailable as wrong:
        return failed("relay", about, str(wrong), "check host, port, tls, user and password of this [[outbound]]")
    if not TlsPolicy(server.tls).is_verified and not server.host.startswith(_LOOPBACK):
        advice = 'write tls = "require": mail is personal data'
        return warning(
            "relay", about, f'{server.host} lets us in, but tls = "{server.tls}" may send mail in plain text', advice
        )
    secured = "" if server.tls == "none" else ", TLS"
    return ok("relay", about, f"{server.host} lets us in{secured}{', logged in' if server.user else ''}")


def folder(server: OutboundSettings, path: Path) -> Finding:
    """Mail of this server goes into files and reaches nobody."""
    advice = 'write transport = "smtp" and host = "…" once people shall get mail'
    return warning("relay", server.name, f"mail is written to {path} and reaches nobody", advice)


async def mailbox(box: ImapSettings) -> Finding:
    """Logs in and opens the folder for reading."""
    # Most dealers watch no mailbox, and need not load an IMAP client.
    from leadmaild.inbound.imap_client import ImapClient
    from leadmaild.inbound.imap_watchers import server_of

    about = box.name
    try:
        client = await ImapClient.connect(server_of(box))
    except (Unavailable, Refused) as wrong:
        return failed("mailbox", about, str(wrong), "check host, port, tls, user and password of this [[imap]]")
    try:
        await client.select(box.folder, read_only=True)
    except (Unavailable, Refused) as wrong:
        return failed("mailbox", about, str(wrong), f'is "{box.folder}" the right folder?')
    finally:
        await client.close()
    return ok("mailbox", about, f"{box.host} lets us in, {box.folder} opened")
