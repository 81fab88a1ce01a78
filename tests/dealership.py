"""An invented dealership for tests: its settings as TOML, with the parts a test wants to be different."""

from pathlib import Path

MAILBOX = "autohaus-beispiel@dein.auto"

_SETTINGS = """
[gateway]
hostname = "mx.dein.auto"
database = "{database}"
postmaster = "betrieb@gateway.example"
{gateway}

[smtp]
listen = ["127.0.0.1:{port}"]
{smtp}

[[outbound]]
name = "default"
{outbound}

[http]
{http}

[log]
format = "json"

[[location]]
code = "MUC"
name = "Autohaus Beispiel München"
mailbox = "autohaus-beispiel@dein.auto"
from_name = "Autohaus Beispiel"
fallback_user = "leitung"
admin_user = "admin"
unassigned_notice_to = ["info@autohaus-beispiel.example"]
{location}

  [location.escalation]
  {escalation}

  [location.template]
  subject = "Ihre Anfrage{{% if vehicle %}} zum {{{{ vehicle.title }}}}{{% endif %}} [Anfrage {{{{ lead.number }}}}]"
  intro = "<p>{{{{ contact.greeting }}}}, vielen Dank.</p>"
  autoresponder_footer = "<p>{{{{ assignee.name }}}}</p>"
  general_footer = "<p>{{{{ location.name }}}}</p>"

  {tables}

[[user]]
username = "mueller"
email = "mueller@autohaus-beispiel.example"
first_name = "Jana"
last_name = "Müller"
locations = ["MUC"]
supervisor = "leitung"
receives_leads = true
assignable = true

[[user]]
username = "schmidt"
email = "schmidt@autohaus-beispiel.example"
first_name = "Tom"
last_name = "Schmidt"
locations = ["MUC"]
supervisor = "leitung"
receives_leads = true
assignable = true

[[user]]
username = "leitung"
email = "leitung@autohaus-beispiel.example"
first_name = "Peter"
last_name = "Lang"
locations = ["MUC"]
assignable = true

[[user]]
username = "admin"
email = "admin@autohaus-beispiel.example"
first_name = "Admin"
last_name = "Beispiel"
locations = ["MUC"]

{more}
"""

HOURS = """
  [location.hours]
  mon = ["09:00-18:00"]
  tue = ["09:00-18:00"]
  wed = ["09:00-18:00"]
  thu = ["09:00-18:00"]
  fri = ["09:00-18:00"]
  sat = ["09:00-13:00"]
"""


def write_settings(
    folder: Path,
    *,
    database: str = "sqlite:///leadmaild.db",
    port: int = 0,
    outbound: str = 'transport = "files"\nfiles = "outgoing"',
    gateway: str = "",
    smtp: str = "",
    http: str = 'listen = ""',
    location: str = "",
    escalation: str = 'stage1 = "2h"\n  reminder = "30m"\n  stage2 = "4h"',
    tables: str = "",
    more: str = "",
) -> Path:
    """Write the dealership's settings into `folder`; each argument is TOML for that place. Returns the file.

    Without `tables=HOURS` the dealership has no opening hours: always open, so nothing is held.
    """
    path = folder / "leadmaild.toml"
    text = _SETTINGS.format(
        database=database, port=port, outbound=outbound, gateway=gateway, smtp=smtp, http=http, location=location,
        escalation=escalation, tables=tables,
        more=more,
    )  # fmt: skip
    path.write_text(text, "utf-8")
    return path


def enquiry(number: int = 1, **fields: str) -> bytes:
    """A plain enquiry of an invented person; every number is another person with other words."""
    values = {
        "from": f"Kunde Nummer{number} <kunde{number}@kunden.example>",
        "to": MAILBOX,
        "subject": f"Anfrage zum Golf {number}",
        "date": "Mon, 02 Mar 2026 10:00:00 +0100",
        "message_id": f"<enquiry-{number}@kunden.example>",
        "text": f"Guten Tag,\r\n\r\nist der Golf Nummer {number} noch zu haben?\r\n\r\nKunde Nummer{number}\r\n",
    } | fields
    return (
        f"From: {values['from']}\r\n"
        f"To: {values['to']}\r\n"
        f"Subject: {values['subject']}\r\n"
        f"Date: {values['date']}\r\n"
        f"Message-ID: {values['message_id']}\r\n"
        "MIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: 8bit\r\n"
        "\r\n"
        f"{values['text']}"
    ).encode()
