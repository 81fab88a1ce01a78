"""The process part of the settings: everything that is not a location, a user or a group. All of it the operator's."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict

from leadmaild.config.endpoints import ListenAddress, Network, OptionalListenAddress
from leadmaild.config.values import (
    AtLeastOne,
    Code,
    DatabaseUrl,
    DkimSelector,
    Duration,
    Flag,
    OptionalAddress,
    OptionalDuration,
    OptionalHost,
    OptionalPath,
    OptionalUrl,
    OwnHostname,
    Port,
    SecretText,
    Size,
    pattern_with,
    setting,
)

LeadUrl = Annotated[str, AfterValidator(pattern_with("app_url", "number"))]
ContactUrl = Annotated[str, AfterValidator(pattern_with("app_url", "id"))]


class Table(BaseModel):
    """A table of the settings file: unknown keys are errors (PF65), and nothing changes once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, hide_input_in_errors=True)


class GatewaySettings(Table):
    """`[gateway]`: the installation as a whole."""

    hostname: OwnHostname = setting("", "HELO name; must have a PTR record; required with `smtp.listen`")
    database: DatabaseUrl = setting(
        "sqlite:///var/leadmaild.db",
        "`sqlite:///PATH` (relative to this file; `sqlite:////abs`), or `postgresql://…` which several nodes may share",
        path="database",
    )
    app_url: OptionalUrl = setting("", "base of the links in notices and in the trade-in PDF; empty = no links")
    lead_url: LeadUrl = setting("{app_url}/leads/{number}", "link to a lead", rule="R47")
    contact_url: ContactUrl = setting("{app_url}/contacts/{id}", "link to a contact", rule="R47")
    templates: OptionalPath = setting("", "folder of own mail templates; empty = the shipped ones", path="path")
    postmaster: OptionalAddress = setting(
        "", "who reads mail to postmaster: it is journaled and redirected there; required with `smtp.listen`"
    )
    token_keys: tuple[SecretText, ...] = setting(
        (),
        "keys of the reply tokens: the first signs, all verify; empty = made once and kept in the database",
        path="reference",
    )
    sources: tuple[OptionalPath, ...] = setting(
        ("sources.d",), "folders of source definitions on top of the shipped set", path="path"
    )

    def lead_link(self, number: int) -> str:
        """The link to a lead, or "" where no app_url is set."""
        return self._link(self.lead_url.replace("{number}", str(number)))

    def contact_link(self, contact_id: int) -> str:
        """The link to a contact, or "" where no app_url is set."""
        return self._link(self.contact_url.replace("{id}", str(contact_id)))

    def _link(self, pattern: str) -> str:
        return "" if "{app_url}" in pattern and not self.app_url else pattern.replace("{app_url}", self.app_url)


class SmtpSettings(Table):
    """`[smtp]`: the listener for mail from other servers."""

    listen: tuple[ListenAddress, ...] = setting(
        (), "addresses to listen on; empty = none; a systemd socket wins over it", rule="R2"
    )
    max_message_size: Size = setting("25MiB", "larger mail is refused; advertised by SIZE")
    max_connections: AtLeastOne = setting(200, "sessions at the same time")
    max_connections_per_ip: AtLeastOne = setting(10, "sessions of one address (IPv6: one /64) at the same time")
    tls_certificate: OptionalPath = setting("", "PEM file; STARTTLS is offered when set", path="path")
    tls_key: OptionalPath = setting("", "PEM file; empty = the key is in the certificate's file", path="path")
    trusted_networks: tuple[Network, ...] = setting(
        ("127.0.0.0/8", "::1/128"), "our own relays: no sender check, no greet delay, no cap per address", rule="AR-14"
    )
    authserv_id: str = setting(
        "",
        "whose Authentication-Results are believed in mail of trusted networks, LMTP and pipe; empty = nobody's",
        rule="AR-14",
    )


class LmtpSettings(Table):
    """`[lmtp]`: the listener behind Postfix or Exim."""

    listen: OptionalListenAddress = setting(
        "", "`unix:/run/leadmaild/lmtp.sock` or `host:port`; empty = none", rule="R2"
    )


class ImapSettings(Table):
    """`[[imap]]`: a mailbox to watch."""

    name: Code = setting(what="name of this mailbox in logs and commands")
    enabled: Flag = setting(True, "false: the mailbox is left alone")
    host: OptionalHost = setting("", "the IMAP server")
    port: Port = setting(993, "its port")
    tls: Literal["implicit", "starttls", "none"] = setting("implicit", "`implicit`, `starttls` or `none`")
    auth: Literal["password", "xoauth2"] = setting("password", "`password` or `xoauth2`")
    user: str = setting("", "log-in name")
    password: SecretText = setting(
        "", "`file:`, `env:` or `credential:` reference to the password or token", path="reference"
    )
    folder: str = setting("INBOX", "folder to watch")
    processed_folder: str = setting("Processed", "folder mail is moved to once it is in the journal")
    deliver_to: OptionalAddress = setting("", "mailbox of the location this mail is for")
    first_scan: Literal["leads", "skip"] = setting(
        "leads", "what is found at the first look: `leads` = taken in without automatic mail, `skip` = left alone"
    )
    max_age: Duration = setting("48h", "older mail gets no automatic mail", rule="AR-20")
    authserv_id: str = setting("", "whose Authentication-Results are believed; empty = nobody's", rule="AR-14")


class OutboundSettings(Table):
    """`[[outbound]]`: a mail server that takes our mail ("Mailserver", R52); the first is the default."""

    name: Code = setting("default", "what a location's `mailserver` calls it", rule="R52")
    transport: Literal["smtp", "files"] = setting("smtp", "`smtp`, or `files` (one .eml a mail, for trying out)")
    host: OptionalHost = setting("", "the relay; required with `smtp`")
    port: Port = setting(587, "its port")
    tls: Literal["none", "opportunistic", "require", "implicit"] = setting(
        "require", "`none`, `opportunistic`, `require` (never falls back to plain text) or `implicit`"
    )
    user: str = setting("", "log-in name; empty = no log-in")
    password: SecretText = setting("", "`file:`, `env:` or `credential:` reference to the password", path="reference")
    files: OptionalPath = setting("var/outgoing", "folder of the .eml files with `files`", path="path")
    dkim_selector: DkimSelector = setting("", "selector of the DKIM key in DNS; empty = no signing", rule="SP-20")
    dkim_key: SecretText = setting(
        "", "`file:` or `credential:` reference to the private RSA key (PEM)", path="reference"
    )
    max_age: Duration = setting("5d", "after this long without success a mail has failed")


class HttpSettings(Table):
    """`[http]`: health and metrics for the operator's tools (docs/monitoring.md)."""

    listen: OptionalListenAddress = setting("127.0.0.1:8025", "`host:port` or `unix:/path`; empty = none")
    token: SecretText = setting(
        "",
        "reference to the token that opens metrics and the details of health; empty = open to this machine, shut to "
        "others",
        path="reference",
    )


class LogSettings(Table):
    """`[log]`: how the log is written."""

    format: Literal["auto", "json", "console"] = setting("auto", "`auto` (console on a terminal), `json` or `console`")
    level: Literal["debug", "info", "warning", "error"] = setting("info", "`debug`, `info`, `warning` or `error`")


class AlarmSettings(Table):
    """`[alarm]`: alarms that are not mail (docs/monitoring.md)."""

    webhook: OptionalUrl = setting("", "URL a JSON document is POSTed to; empty = none", rule="PF66")
    command: tuple[str, ...] = setting(
        (), "program, by its absolute path or found on PATH, and its arguments; the document is its input", rule="PF66"
    )


class RetentionSettings(Table):
    """`[retention]`: how long things are kept (R180); a location may say otherwise in `[location.retention]`."""

    raw_mail: OptionalDuration = setting("90d", "raw mail of leads; empty = kept for ever", rule="R180")
    closed_leads: OptionalDuration = setting("730d", "closed leads, then made anonymous; empty = kept", rule="R180")
    raw_mail_without_lead: OptionalDuration = setting("30d", "raw mail no lead came of; empty = kept", rule="R180")
    suppressed_bodies: OptionalDuration = setting(
        "30d", "content of mail that was not let out; empty = kept", rule="R180"
    )
