"""The names that scripts are written against: commands with their options, values, exit codes, keys of JSON.

Names may be added; none may go or be renamed. What stands here is what every version after this one must still have.
"""

# Of each command the arguments in capitals, then the options; `-c` and `--help` go without saying.
COMMANDS = {
    "audit": "--json",
    "calendar import": "FILE.ics --location --yes",
    "calendar remove": "--location --date",
    "calendar restore": "--location --date",
    "calendar show": "--location --from --until --json",
    "check-config": "--diff --json",
    "contacts create": "--location --first-name --last-name --company --email --phone --json",
    "contacts edit": "ID FIELD=VALUE... --json",
    "contacts list": "--json --limit",
    "contacts merge": "ID OTHER --json",
    "contacts show": "ID --json",
    "deliver": "FILE --to --from",
    "distribution show": "--location --json",
    "distribution simulate": "--location --count --absent --json",
    "doctor": "--json",
    "explain": "FILE --to --from --at --json",
    "gdpr erase": "ADDR --yes",
    "gdpr export": "ADDR",
    "gdpr retention": "--plan",
    "journal discard": "ID --why",
    "journal export": "ID",
    "journal list": "--outcome --limit --json",
    "journal reprocess": "ID...",
    "journal show": "ID --json",
    "leads answer": "N --text --attach --by --json",
    "leads assign": "N --to --by --json",
    "leads call": "N --text --by --json",
    "leads claim": "N --by --json",
    "leads close": "N --reason --by --json",
    "leads create": "--contact --source --subject --note --follow-up --assignee --client-key --location --by --json",
    "leads edit": "N FIELD=VALUE... --by --json",
    "leads follow-up": "N --at --by --json",
    "leads list": "--location --assignee --state --source --due --search --limit --json",
    "leads note": "N --text --due --by --json",
    "leads release": "N --by --json",
    "leads reopen": "N --by --json",
    "leads show": "N --json",
    "mailbox inspect": "NAME --json",
    "migrate": "--to",
    "parse": "FILES... --json --sources",
    "people absent": "USER --from --until --representative",
    "people list": "--json",
    "people present": "USER",
    "people reset": "USER",
    "people set": "USER --receives-leads --assignable",
    "queue cancel": "ID --why",
    "queue list": "--limit --json",
    "queue retry": "ID...",
    "queue show": "ID --raw --json",
    "reload": "",
    "serve": "--dev",
    "settings log": "--limit --json",
    "sources check": "FILE",
    "sources learn": "MAIL",
    "sources list": "--json",
    "sources show": "ID",
    "sources test": "FILE MAIL",
    "status": "--json",
    "stock import": "FILE.csv --location --json",
    "stock list": "--limit --json",
    "stock show": "NUMBER --json",
    "suppression add": "ADDR",
    "suppression list": "--json",
    "suppression remove": "ADDR",
    "template preview": "--location --group --language --lead --send-to",
    "timeline": "--lead --location --arrival --follow-up --json",
}

OUTCOMES = "lead joined manual_review unparsed duplicate auto_reply bounce loop spam ignored set_aside"
MAIL_KINDS = (
    "autoresponse answer redirect trade_in_cc unassigned_notice new_lead new_pool_lead customer_message relayed_reply"
    " reminder stage1 stage2 follow_up follow_up_stage2 digest alarm"
)
QUEUE_STATES = "held queued sending sent deferred failed in_doubt suppressed cancelled"
ASSIGNMENT_REASONS = "contact_user representative rolling group pool fallback admin manual claim"
TIMER_KINDS = "reminder stage1 stage2 follow_up follow_up_stage2"
COLOURS = "ok warning overdue none"
LEAD_STATES = "open closed"
EVENTS = (
    "daemon_started listening config_reloaded config_rejected draining stopped session_rejected mail_accepted"
    " mail_refused mail_read verdict lead_opened lead_joined lead_assigned pool_waiting no_lead set_aside duplicate"
    " loop_cut redirected trade_in_copied notice_queued autoresponse_queued autoresponse_withheld mail_sent"
    " mail_deferred mail_failed mail_in_doubt mail_suppressed timer_armed reminder_fired stage1_fired stage2_fired"
    " follow_up_fired reaction lead_closed lead_erased retention_applied lease_lost mailbox_connected mailbox_lost"
    " budget_exhausted source_silent source_drifted pdf_failed settings_warning alarm_raised alarm_not_sent bug"
)

# The keys of each JSON document, or of each object of a list.
LEAD_KEYS = (
    "number location received_location source type contact vehicle trade_in assignee assignment_reason state arrived_at"
    " due_at due_kind colour cycle completion_reason activities"
)
CONTACT_KEYS = "name email phones"
JOURNAL_KEYS = "id received_at mailbox from subject outcome reason lead attempts"
QUEUE_KEYS = "id kind lead to state not_before attempts last_reply message_id subject"
TIMELINE_KEYS = "kind due_at effective_at send_at state to why"
EXPLAIN_KEYS = "outcome reason source contact vehicle assignee assignment_reason candidates rules timers mails"
CANDIDATE_KEYS = "user eligible why"
RULE_KEYS = "rule matched value why"
EXPLAINED_MAIL_KEYS = "kind to not_before withheld_by"
