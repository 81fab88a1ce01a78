"""The first schema."""

import sqlalchemy as sa
from alembic import op

from leadmaild.storage.types import Id, Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "absence",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("start_at", Instant, nullable=False),
        sa.Column("end_at", Instant, nullable=False),
        sa.Column("representative", sa.String(length=64), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index("ix_absence_end_at", ["end_at"], unique=False)

    op.create_table(
        "contact",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("salutation", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("unverified_email", sa.Text(), nullable=True),
        sa.Column("relay_email", sa.Text(), nullable=True),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("zip", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=16), nullable=True),
        sa.Column("assigned_user", sa.String(length=64), server_default="", nullable=False),
        sa.Column("is_user_settled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("merged_into", Id, nullable=True),
        sa.Column("erased_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_table(
        "content",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stored_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content")),
    )
    op.create_table(
        "content_seen",
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("content_key", sa.String(length=64), nullable=False),
        sa.Column("journal_id", Id, nullable=False),
        sa.Column("seen_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("location", "content_key", name=op.f("pk_content_seen")),
    )
    op.create_table(
        "imap_ledger",
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("taken_at", Instant, nullable=False),
        sa.Column("is_refused", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "uidvalidity", "uid", name=op.f("pk_imap_ledger")),
    )
    op.create_table(
        "imap_opening",
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("uidvalidity", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_uidnext", sa.BigInteger(), nullable=False),
        sa.Column("first_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "uidvalidity", name=op.f("pk_imap_opening")),
    )
    op.create_table(
        "mailbox_watch",
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("last_success_at", Instant, nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("lost_at", Instant, nullable=True),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_mailbox_watch")),
    )
    op.create_table(
        "installation",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("set_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_installation")),
    )
    op.create_table(
        "node_lease",
        sa.Column("name", sa.String(length=96), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_node_lease")),
    )
    op.create_table(
        "outbox",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("cause", sa.String(length=96), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("recipient", sa.String(length=400), nullable=False),
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("sender_mailbox", sa.String(length=320), nullable=False),
        sa.Column("lead", Id, nullable=True),
        sa.Column("cycle", sa.Integer(), nullable=True),
        sa.Column("journal_id", Id, nullable=True),
        sa.Column("vehicle_key", sa.Text(), nullable=True),
        sa.Column("customer_address", sa.String(length=320), nullable=True),
        sa.Column("customer_domain", sa.String(length=255), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("first_tried_at", Instant, nullable=True),
        sa.Column("sent_at", Instant, nullable=True),
        sa.Column("token", sa.String(length=40), nullable=True),
        sa.Column("message_id", sa.String(length=255), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("to_addresses", Json, nullable=True),
        sa.Column("results", Json, nullable=True),
        sa.Column("last_reply", sa.Text(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("details", Json, nullable=True),
        sa.Column("run_at", Instant, nullable=False),
        sa.Column("claims", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_token", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", Instant, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("cause", "kind", "recipient", name=op.f("uq_outbox_cause_kind_recipient")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index("ix_outbox_created_at", ["created_at"], unique=False)
        batch_op.create_index("ix_outbox_customer_address_created_at", ["customer_address", "created_at"], unique=False)
        batch_op.create_index(
            "ix_outbox_due",
            ["run_at", "id"],
            unique=False,
            sqlite_where=sa.text("state IN ('held', 'queued', 'deferred', 'sending')"),
            postgresql_where=sa.text("state IN ('held', 'queued', 'deferred', 'sending')"),
        )
        batch_op.create_index("ix_outbox_lead", ["lead"], unique=False)
        for name, column in (("of_location", "location"), ("to_domain", "customer_domain")):
            batch_op.create_index(
                f"ix_outbox_answers_{name}",
                [column, "created_at", "state"],
                unique=False,
                sqlite_where=sa.text("kind = 'autoresponse'"),
                postgresql_where=sa.text("kind = 'autoresponse'"),
            )
        batch_op.create_index("ix_outbox_message_id", ["message_id"], unique=False)
        batch_op.create_index(
            "ix_outbox_sent_at",
            ["sent_at"],
            unique=False,
            sqlite_where=sa.text("state = 'sent'"),
            postgresql_where=sa.text("state = 'sent'"),
        )
        batch_op.create_index(
            "ix_outbox_stuck",
            ["state"],
            unique=False,
            sqlite_where=sa.text("state IN ('in_doubt', 'failed')"),
            postgresql_where=sa.text("state IN ('in_doubt', 'failed')"),
        )
        batch_op.create_index("ix_outbox_token", ["token"], unique=False)
        batch_op.create_index(
            "ix_outbox_withheld",
            ["location", "created_at"],
            unique=False,
            sqlite_where=sa.text("state = 'suppressed' AND raw IS NOT NULL"),
            postgresql_where=sa.text("state = 'suppressed' AND raw IS NOT NULL"),
        )

    op.create_table(
        "rotation",
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("group_name", sa.String(length=64), nullable=False),
        sa.Column("members", Json, nullable=False),
        sa.Column("moved_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("location", "group_name", name=op.f("pk_rotation")),
    )
    op.create_table(
        "set_day",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("set_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_day")),
    )
    with op.batch_alter_table("set_day", schema=None) as batch_op:
        batch_op.create_index("ix_set_day_location", ["location"], unique=False)

    op.create_table(
        "notice_sent",
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("message_id", sa.String(length=255), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("address", "message_id", name=op.f("pk_notice_sent")),
    )
    op.create_table(
        "settings_log",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("location", sa.String(length=64), server_default="", nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settings_log")),
    )
    op.create_table(
        "stock_vehicle",
        sa.Column("internal_number", sa.String(length=64), nullable=False),
        sa.Column("location", sa.String(length=64), server_default="", nullable=False),
        sa.Column("vin", sa.String(length=32), server_default="", nullable=False),
        sa.Column("ad_ids", Json, nullable=False),
        sa.Column("make", sa.Text(), server_default="", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("condition", sa.String(length=16), server_default="", nullable=False),
        sa.Column("price", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("imported_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("internal_number", name=op.f("pk_stock_vehicle")),
    )
    op.create_table(
        "suppression",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_suppression")),
    )
    op.create_table(
        "user_setting",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Boolean(), nullable=False),
        sa.Column("file_value", sa.Boolean(), nullable=False),
        sa.Column("set_at", Instant, nullable=False),
        sa.PrimaryKeyConstraint("username", "key", name=op.f("pk_user_setting")),
    )
    op.create_table(
        "contact_email",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_email_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_email")),
        sa.UniqueConstraint("location", "address", name=op.f("uq_contact_email_location_address")),
    )
    with op.batch_alter_table("contact_email", schema=None) as batch_op:
        batch_op.create_index("ix_contact_email_contact_id", ["contact_id"], unique=False)

    op.create_table(
        "contact_phone",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_phone_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_phone")),
    )
    with op.batch_alter_table("contact_phone", schema=None) as batch_op:
        batch_op.create_index("ix_contact_phone_contact_id", ["contact_id"], unique=False)
        batch_op.create_index("ix_contact_phone_location_number", ["location", "number"], unique=False)

    op.create_table(
        "journal",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("content_id", sa.String(length=32), nullable=False),
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("mailbox", sa.String(length=320), nullable=False),
        sa.Column("received_at", Instant, nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("reverse_path", sa.String(length=320), nullable=True),
        sa.Column("peer", sa.String(length=64), server_default="", nullable=False),
        sa.Column("helo", sa.String(length=255), server_default="", nullable=False),
        sa.Column("is_trusted_client", sa.Boolean(), nullable=False),
        sa.Column("sender_verdict", sa.String(length=16), nullable=False),
        sa.Column("is_first_scan", sa.Boolean(), nullable=False),
        sa.Column("authentication", Json, nullable=True),
        sa.Column("state", sa.String(length=16), server_default="waiting", nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("content_key", sa.String(length=64), nullable=True),
        sa.Column("header_message_id", sa.Text(), nullable=True),
        sa.Column("from_address", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("reading", Json, nullable=True),
        sa.Column("trace", Json, nullable=True),
        sa.Column("lead", Id, nullable=True),
        sa.Column("settled_at", Instant, nullable=True),
        sa.Column("released_at", Instant, nullable=True),
        sa.Column("run_at", Instant, nullable=False),
        sa.Column("claims", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_token", sa.Integer(), server_default="0", nullable=False),
        sa.Column("lease_until", Instant, nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_journal_content_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    with op.batch_alter_table("journal", schema=None) as batch_op:
        batch_op.create_index("ix_journal_content_id", ["content_id"], unique=False)
        batch_op.create_index(
            "ix_journal_kept",
            ["location", "received_at"],
            unique=False,
            sqlite_where=sa.text("state = 'done' AND released_at IS NULL"),
            postgresql_where=sa.text("state = 'done' AND released_at IS NULL"),
        )
        batch_op.create_index("ix_journal_lead", ["lead"], unique=False)
        batch_op.create_index(
            "ix_journal_outcome",
            ["outcome", "id", "lead"],
            unique=False,
            sqlite_where=sa.text("outcome IS NOT NULL"),
            postgresql_where=sa.text("outcome IS NOT NULL"),
        )
        batch_op.create_index("ix_journal_received_at", ["received_at"], unique=False)
        batch_op.create_index(
            "ix_journal_source",
            ["source", "location", "received_at"],
            unique=False,
            sqlite_where=sa.text("source IS NOT NULL"),
            postgresql_where=sa.text("source IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_journal_waiting",
            ["run_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    op.create_table(
        "lead",
        sa.Column("number", Id, sa.Identity(always=False, start=100001), nullable=False),
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("received_location", sa.String(length=64), nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("source_provider", sa.Text(), nullable=True),
        sa.Column("source_lead_id", sa.Text(), nullable=True),
        sa.Column("conversation_id", sa.Text(), nullable=True),
        sa.Column("relay_email", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("types", Json, nullable=False),
        sa.Column("prospect", Json, nullable=True),
        sa.Column("stock_number", sa.Text(), nullable=True),
        sa.Column("message_digest", sa.String(length=64), nullable=True),
        sa.Column("vehicle_key", sa.Text(), nullable=True),
        sa.Column("assignee", sa.String(length=64), nullable=False),
        sa.Column("assignment_reason", sa.String(length=16), nullable=False),
        sa.Column("group_name", sa.String(length=64), server_default="", nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("needs_review", sa.Boolean(), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("arrived_at", Instant, nullable=False),
        sa.Column("last_active_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=True),
        sa.Column("due_kind", sa.String(length=20), nullable=True),
        sa.Column("reacted_at", Instant, nullable=True),
        sa.Column("completion_reason", sa.String(length=64), nullable=True),
        sa.Column("closed_at", Instant, nullable=True),
        sa.Column("previous_lead", Id, nullable=True),
        sa.Column("journal_id", Id, nullable=True),
        sa.Column("client_key", sa.String(length=128), nullable=True),
        sa.Column("erased_at", Instant, nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_lead_contact_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_lead")),
        sa.UniqueConstraint("client_key", name=op.f("uq_lead_client_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("lead", schema=None) as batch_op:
        batch_op.create_index("ix_lead_arrived_at", ["arrived_at", "number"], unique=False)
        batch_op.create_index("ix_lead_assignee_state", ["assignee", "state"], unique=False)
        batch_op.create_index(
            "ix_lead_closed",
            ["location", "closed_at"],
            unique=False,
            sqlite_where=sa.text("state = 'closed' AND erased_at IS NULL"),
            postgresql_where=sa.text("state = 'closed' AND erased_at IS NULL"),
        )
        batch_op.create_index("ix_lead_contact_id_state", ["contact_id", "state"], unique=False)
        batch_op.create_index(
            "ix_lead_due_at",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        )
        batch_op.create_index("ix_lead_location_arrived_at", ["location", "arrived_at"], unique=False)
        batch_op.create_index("ix_lead_relay_email", ["relay_email"], unique=False)
        batch_op.create_index("ix_lead_source_conversation_id", ["source", "conversation_id"], unique=False)
        batch_op.create_index("ix_lead_source_number", ["source", "number"], unique=False)

    op.create_table(
        "stock_reference",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=255), nullable=False),
        sa.Column("internal_number", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["internal_number"], ["stock_vehicle.internal_number"], name=op.f("fk_stock_reference_internal_number")
        ),
        sa.PrimaryKeyConstraint("kind", "value", "internal_number", name=op.f("pk_stock_reference")),
    )
    with op.batch_alter_table("stock_reference", schema=None) as batch_op:
        batch_op.create_index("ix_stock_reference_internal_number", ["internal_number"], unique=False)

    op.create_table(
        "activity",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("lead", Id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("by", sa.String(length=64), server_default="", nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("journal_id", Id, nullable=True),
        sa.Column("outbox_id", Id, nullable=True),
        sa.Column("details", Json, nullable=True),
        sa.ForeignKeyConstraint(["lead"], ["lead.number"], name=op.f("fk_activity_lead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index(
            "ix_activity_journal_id",
            ["journal_id"],
            unique=False,
            sqlite_where=sa.text("journal_id IS NOT NULL"),
            postgresql_where=sa.text("journal_id IS NOT NULL"),
        )
        batch_op.create_index("ix_activity_lead_at", ["lead", "at"], unique=False)

    op.create_table(
        "timer",
        sa.Column("id", Id, sa.Identity(always=False, start=1), nullable=False),
        sa.Column("lead", Id, nullable=False),
        sa.Column("location", sa.String(length=64), nullable=False),
        sa.Column("cycle", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("base_at", Instant, nullable=False),
        sa.Column("due_at", Instant, nullable=False),
        sa.Column("effective_at", Instant, nullable=False),
        sa.Column("send_at", Instant, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("run_at", Instant, nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["lead"], ["lead.number"], name=op.f("fk_timer_lead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
        sa.UniqueConstraint("lead", "cycle", "kind", name=op.f("uq_timer_lead_cycle_kind")),
    )
    with op.batch_alter_table("timer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_timer_pending",
            ["run_at", "id"],
            unique=False,
            sqlite_where=sa.text("state = 'pending'"),
            postgresql_where=sa.text("state = 'pending'"),
        )

    if op.get_bind().dialect.name == "sqlite":
        # PostgreSQL's identity starts at 100001; SQLite's counter is told here.
        op.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('lead', 100000)")
