"""The tables. Whatever must survive a crash is a row here.

Rows that wait for work (journal, outbox) carry the same claim columns: `run_at` (not before), `claims` (how
often a worker took it), and the lease (`lease_owner`, `lease_token`, `lease_until`); claim.py is their one reader.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from leadmaild.storage.types import Id, Instant, Json

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

FIRST_LEAD_NUMBER = 100_001


def _id(start: int = 1) -> Column[int]:
    return Column("id", Id, Identity(start=start), primary_key=True)


def _claim_columns() -> tuple[Column[object], ...]:
    return (
        Column("run_at", Instant, nullable=False),
        Column("claims", Integer, nullable=False, server_default="0"),
        Column("lease_owner", String(64)),
        Column("lease_token", Integer, nullable=False, server_default="0"),
        Column("lease_until", Instant),
        Column("last_error", Text),
    )


# The bytes of a mail as they came in, once for all locations addressed. `id` is our own message id in logs.
content = Table(
    "content",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("raw", LargeBinary),  # None once retention took it
    Column("size", Integer, nullable=False),
    Column("stored_at", Instant, nullable=False),
)

# One entry per location addressed: the promise behind a 250.
journal = Table(
    "journal",
    metadata,
    _id(),
    Column("content_id", ForeignKey(content.c.id), nullable=False),
    Column("location", String(64), nullable=False),
    Column("mailbox", String(320), nullable=False),  # the forward-path as accepted
    Column("received_at", Instant, nullable=False),
    Column("channel", String(8), nullable=False),
    Column("reverse_path", String(320)),  # None: unknown; "": null
    Column("peer", String(64), nullable=False, server_default=""),
    Column("helo", String(255), nullable=False, server_default=""),
    Column("is_trusted_client", Boolean, nullable=False),
    Column("sender_verdict", String(16), nullable=False),
    Column("is_first_scan", Boolean, nullable=False),
    Column("authentication", Json),  # what the verdict on the sender rests on (AR-14)
    Column("state", String(16), nullable=False, server_default="waiting"),  # waiting | done | set_aside
    Column("outcome", String(16)),
    Column("reason", Text),
    Column("source", String(64)),
    Column("content_key", String(64)),
    Column("header_message_id", Text),
    Column("from_address", Text),
    Column("subject", Text),
    Column("reading", Json),  # what was read, without the prospects
    Column("trace", Json),  # every rule asked, with its answer: why it became what it became
    Column("lead", Id),
    Column("settled_at", Instant),
    Column("released_at", Instant),  # it needs its content no longer (R180, R181)
    *_claim_columns(),
)
Index("ix_journal_waiting", journal.c.run_at, journal.c.id, sqlite_where=text("state = 'waiting'"),
      postgresql_where=text("state = 'waiting'"))  # fmt: skip
Index("ix_journal_received_at", journal.c.received_at)
Index("ix_journal_lead", journal.c.lead)
# What a source has sent (R165); a mail has none before it is read, so taking it in does not touch the index.
Index("ix_journal_source", journal.c.source, journal.c.location, journal.c.received_at,
      sqlite_where=text("source IS NOT NULL"), postgresql_where=text("source IS NOT NULL"))  # fmt: skip
Index("ix_journal_content_id", journal.c.content_id)
# What retention may come to, by age (R180).
_KEPT = "state = 'done' AND released_at IS NULL"
Index("ix_journal_kept", journal.c.location, journal.c.received_at,
      sqlite_where=text(_KEPT), postgresql_where=text(_KEPT))  # fmt: skip
# What became of the mails (`audit`, `journal list --outcome`); taking a mail in does not touch it either.
Index("ix_journal_outcome", journal.c.outcome, journal.c.id, journal.c.lead,
      sqlite_where=text("outcome IS NOT NULL"), postgresql_where=text("outcome IS NOT NULL"))  # fmt: skip

# Who was first with this content: the guard against duplicates across nodes (Q22).
content_seen = Table(
    "content_seen",
    metadata,
    Column("location", String(64), primary_key=True),
    Column("content_key", String(64), primary_key=True),
    Column("journal_id", Id, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

contact = Table(
    "contact",
    metadata,
    _id(),
    Column("location", String(64), nullable=False),
    Column("salutation", Text),
    Column("title", Text),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("name", Text),
    Column("company", Text),
    Column("unverified_email", Text),
    Column("relay_email", Text),
    Column("street", Text),
    Column("zip", Text),
    Column("city", Text),
    Column("country", Text),
    Column("language", String(16)),
    Column("assigned_user", String(64), nullable=False, server_default=""),
    Column("is_user_settled", Boolean, nullable=False, server_default=false()),  # he reacted, or was set by hand (Q23)
    Column("created_at", Instant, nullable=False),
    Column("merged_into", Id),
    Column("erased_at", Instant),
)

# Verified addresses decide who a contact is: one owner per location (R37).
contact_email = Table(
    "contact_email",
    metadata,
    _id(),
    Column("contact_id", ForeignKey(contact.c.id), nullable=False),
    Column("location", String(64), nullable=False),
    Column("address", String(320), nullable=False),  # normalised
    UniqueConstraint("location", "address"),
    Index("ix_contact_email_contact_id", "contact_id"),
)

contact_phone = Table(
    "contact_phone",
    metadata,
    _id(),
    Column("contact_id", ForeignKey(contact.c.id), nullable=False),
    Column("location", String(64), nullable=False),
    Column("number", String(40), nullable=False),  # E.164
    Index("ix_contact_phone_location_number", "location", "number"),
    Index("ix_contact_phone_contact_id", "contact_id"),
)

lead = Table(
    "lead",
    metadata,
    Column("number", Id, Identity(start=FIRST_LEAD_NUMBER), primary_key=True),
    Column("location", String(64), nullable=False),
    Column("received_location", String(64), nullable=False),
    Column("contact_id", ForeignKey(contact.c.id), nullable=False),
    Column("source", String(64), nullable=False),
    Column("source_provider", Text),
    Column("source_lead_id", Text),
    Column("conversation_id", Text),
    Column("relay_email", Text),
    Column("subject", Text),
    Column("types", Json, nullable=False),
    Column("prospect", Json),  # everything that was read, with provenance
    Column("stock_number", Text),
    Column("message_digest", String(64)),  # of the customer's words: tells a resend (Q22)
    Column("vehicle_key", Text),  # stock number or ad reference: what R112 counts by
    Column("assignee", String(64), nullable=False),
    Column("assignment_reason", String(16), nullable=False),
    Column("group_name", String(64), nullable=False, server_default=""),
    Column("state", String(8), nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("arrived_at", Instant, nullable=False),
    Column("last_active_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("due_kind", String(20)),
    Column("reacted_at", Instant),  # the last reaction (R24)
    Column("completion_reason", String(64)),
    Column("closed_at", Instant),
    Column("previous_lead", Id),
    Column("journal_id", Id),
    Column("client_key", String(128), unique=True),
    Column("erased_at", Instant),  # what was personal in it is gone (R180, R181)
    sqlite_autoincrement=True,
)
Index("ix_lead_contact_id_state", lead.c.contact_id, lead.c.state)
Index("ix_lead_location_arrived_at", lead.c.location, lead.c.arrived_at)
Index("ix_lead_arrived_at", lead.c.arrived_at, lead.c.number)
Index("ix_lead_due_at", lead.c.due_at, sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'"))
Index("ix_lead_assignee_state", lead.c.assignee, lead.c.state)
Index("ix_lead_source_conversation_id", lead.c.source, lead.c.conversation_id)
Index("ix_lead_relay_email", lead.c.relay_email)
Index("ix_lead_source_number", lead.c.source, lead.c.number)
_CLOSED = "state = 'closed' AND erased_at IS NULL"
Index("ix_lead_closed", lead.c.location, lead.c.closed_at, sqlite_where=text(_CLOSED), postgresql_where=text(_CLOSED))

activity = Table(
    "activity",
    metadata,
    _id(),
    Column("lead", ForeignKey(lead.c.number), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("at", Instant, nullable=False),
    Column("by", String(64), nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),
    Column("journal_id", Id),
    Column("outbox_id", Id),
    Column("details", Json),
    Index("ix_activity_lead_at", "lead", "at"),
    Index(
        "ix_activity_journal_id",
        "journal_id",
        sqlite_where=text("journal_id IS NOT NULL"),
        postgresql_where=text("journal_id IS NOT NULL"),
    ),
)

# Whose turn it is: the members of a rotation by longest wait, first = next (R76).
rotation = Table(
    "rotation",
    metadata,
    Column("location", String(64), primary_key=True),
    Column("group_name", String(64), primary_key=True),
    Column("members", Json, nullable=False),
    Column("moved_at", Instant, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("cause", String(96), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("recipient", String(400), nullable=False),  # role, and the address where the role has one
    Column("location", String(64), nullable=False),
    Column("sender_mailbox", String(320), nullable=False),
    Column("lead", Id),
    Column("cycle", Integer),
    Column("journal_id", Id),
    Column("vehicle_key", Text),
    Column("customer_address", String(320)),  # normalised; customer mail only (R112)
    Column("customer_domain", String(255)),  # of that address (AR-18)
    Column("why", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("first_tried_at", Instant),
    Column("sent_at", Instant),
    Column("token", String(40)),
    Column("message_id", String(255)),
    Column("subject", Text),
    Column("to_addresses", Json),
    Column("results", Json),  # per recipient: delivery and reply
    Column("last_reply", Text),
    Column("raw", LargeBinary),
    Column("details", Json),  # text of an answer, of a customer's message, the reason of a notice
    *_claim_columns(),
    UniqueConstraint("cause", "kind", "recipient"),
)
_DUE = "state IN ('held', 'queued', 'deferred', 'sending')"
Index("ix_outbox_due", outbox.c.run_at, outbox.c.id, sqlite_where=text(_DUE), postgresql_where=text(_DUE))
Index("ix_outbox_message_id", outbox.c.message_id)
Index("ix_outbox_token", outbox.c.token)
Index("ix_outbox_customer_address_created_at", outbox.c.customer_address, outbox.c.created_at)
# What bounds a new automatic answer is counted for each one: out of the index alone, a day of one location or domain.
_ANSWERS = "kind = 'autoresponse'"
Index("ix_outbox_answers_of_location", outbox.c.location, outbox.c.created_at, outbox.c.state,
      sqlite_where=text(_ANSWERS), postgresql_where=text(_ANSWERS))  # fmt: skip
Index("ix_outbox_answers_to_domain", outbox.c.customer_domain, outbox.c.created_at, outbox.c.state,
      sqlite_where=text(_ANSWERS), postgresql_where=text(_ANSWERS))  # fmt: skip
Index("ix_outbox_lead", outbox.c.lead)
Index("ix_outbox_created_at", outbox.c.created_at)
_WITHHELD = "state = 'suppressed' AND raw IS NOT NULL"
Index("ix_outbox_withheld", outbox.c.location, outbox.c.created_at,
      sqlite_where=text(_WITHHELD), postgresql_where=text(_WITHHELD))  # fmt: skip
# What waits for a person: in doubt, failed.
_STUCK = "state IN ('in_doubt', 'failed')"
Index("ix_outbox_stuck", outbox.c.state, sqlite_where=text(_STUCK), postgresql_where=text(_STUCK))
Index("ix_outbox_sent_at", outbox.c.sent_at, sqlite_where=text("state = 'sent'"),
      postgresql_where=text("state = 'sent'"))  # fmt: skip

# Notices to staff of the last hour, by address: beyond a number they go as digests (security.md 2.2).
notice_sent = Table(
    "notice_sent",
    metadata,
    Column("address", String(320), primary_key=True),  # case-folded
    Column("message_id", String(255), primary_key=True),
    Column("at", Instant, nullable=False),
)

# The clock's events, derived from facts; `run_at` is their effective_at (R19). They fire within one transaction and so
# need no lease.
timer = Table(
    "timer",
    metadata,
    _id(),
    Column("lead", ForeignKey(lead.c.number), nullable=False),
    Column("location", String(64), nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("base_at", Instant, nullable=False),  # arrival, customer message or follow-up moment: what it counts from
    Column("due_at", Instant, nullable=False),
    Column("effective_at", Instant, nullable=False),
    Column("send_at", Instant, nullable=False),
    Column("state", String(16), nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("run_at", Instant, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),  # bugs of ours it ran into
    UniqueConstraint("lead", "cycle", "kind"),
)
Index("ix_timer_pending", timer.c.run_at, timer.c.id, sqlite_where=text("state = 'pending'"),
      postgresql_where=text("state = 'pending'"))  # fmt: skip

absence = Table(
    "absence",
    metadata,
    _id(),
    Column("username", String(64), nullable=False),
    Column("start_at", Instant, nullable=False),
    Column("end_at", Instant, nullable=False),
    Column("representative", String(64), nullable=False, server_default=""),
    Index("ix_absence_end_at", "end_at"),
)

# Days off set at run time: imported ranges, and single dates taken out again (R10).
set_day = Table(
    "set_day",
    metadata,
    _id(),
    Column("location", String(64), nullable=False),
    Column("kind", String(16), nullable=False),  # imported | taken_out
    Column("first", Date, nullable=False),
    Column("until", Date, nullable=False),  # the last day, inclusive
    Column("label", Text, nullable=False, server_default=""),
    Column("set_at", Instant, nullable=False),
    Index("ix_set_day_location", "location"),
)

# Flags set at run time; they hold until `people reset` or until the file's value changes (R72).
user_setting = Table(
    "user_setting",
    metadata,
    Column("username", String(64), primary_key=True),
    Column("key", String(32), primary_key=True),
    Column("value", Boolean, nullable=False),
    Column("file_value", Boolean, nullable=False),
    Column("set_at", Instant, nullable=False),
)

settings_log = Table(
    "settings_log",
    metadata,
    _id(),
    Column("at", Instant, nullable=False),
    Column("who", String(64), nullable=False),
    Column("location", String(64), nullable=False, server_default=""),
    Column("key", Text, nullable=False),
    Column("old", Text),
    Column("new", Text),
)

# Addresses that get no automatic mail (AR-24), by keyed hash, so that an erased address is not kept (R181).
suppression = Table(
    "suppression",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("reason", String(32), nullable=False),
    Column("since", Instant, nullable=False),
)

# What the installation made once and keeps: keys, the last settings seen, the start of a learning span.
installation = Table(
    "installation",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("value", LargeBinary, nullable=False),
    Column("set_at", Instant, nullable=False),
)

imap_ledger = Table(
    "imap_ledger",
    metadata,
    Column("mailbox", String(64), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("taken_at", Instant, nullable=False),
    Column("is_refused", Boolean, nullable=False, server_default=false()),  # too large: left where it is, told once
)

# The first look at a mailbox under each of its UIDVALIDITYs: what was there before gets no automatic mail (AR-20).
imap_opening = Table(
    "imap_opening",
    metadata,
    Column("mailbox", String(64), primary_key=True),
    Column("uidvalidity", BigInteger, primary_key=True, autoincrement=False),
    Column("first_uidnext", BigInteger, nullable=False),
    Column("first_at", Instant, nullable=False),
)

# How a watched mailbox stands: when it was last looked through, and why it is not reached since when.
mailbox_watch = Table(
    "mailbox_watch",
    metadata,
    Column("mailbox", String(64), primary_key=True),
    Column("last_success_at", Instant),
    Column("problem", Text, nullable=False, server_default=""),  # "" = it is reached
    Column("lost_at", Instant),
)

# Work that only one node may do at a time: an IMAP mailbox, housekeeping.
node_lease = Table(
    "node_lease",
    metadata,
    Column("name", String(96), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("until", Instant, nullable=False),
)

stock_vehicle = Table(
    "stock_vehicle",
    metadata,
    Column("internal_number", String(64), primary_key=True),
    Column("location", String(64), nullable=False, server_default=""),
    Column("vin", String(32), nullable=False, server_default=""),
    Column("ad_ids", Json, nullable=False),
    Column("make", Text, nullable=False, server_default=""),
    Column("model", Text, nullable=False, server_default=""),
    Column("condition", String(16), nullable=False, server_default=""),
    Column("price", Numeric(12, 2)),
    Column("url", Text, nullable=False, server_default=""),
    Column("imported_at", Instant, nullable=False),
)

# By what a vehicle may be called in a mail: kind is internal_number, ad_id, vin or url; value is normalised.
stock_reference = Table(
    "stock_reference",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("value", String(255), primary_key=True),
    Column("internal_number", ForeignKey(stock_vehicle.c.internal_number), primary_key=True),
    Index("ix_stock_reference_internal_number", "internal_number"),  # a vehicle that goes looks for its names
)
