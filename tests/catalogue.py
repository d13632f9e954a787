"""What the database says of itself, and the table of who may do what to which table."""

from typing import Any

import psycopg

from kezhan.kit.postgres import BACKUP, Access

TABLES = ("r", "p", "v", "m")
ROLES = ("kz_app", "kz_lane", "kz_system")
# Letters: select, insert, update, delete. Tables not named here may not exist.
# Backups read every one of them.
GRANTS = """
alembic_version               -     -    -
outbox                        si    -    s
outbox_cursors                su    -    si
dead_letters                  siud  -    s
timers                        siud  -    su
procrastinate_jobs            -     -    siud
procrastinate_events          -     -    siud
procrastinate_workers         -     -    siud
procrastinate_periodic_defers -     -    siud
workspaces                    su    -    siu
users                         -     -    siu
sign_in_failures              -     -    siud
totp_secrets                  -     -    siud
passkeys                      -     -    siud
recovery_codes                -     -    siud
sign_in_steps                 -     -    sid
factor_rules                  siud  -    s
access_rules                  siud  -    s
single_sign_on                siud  -    s
single_sign_on_people         siud  -    -
single_sign_on_seen           sid   -    -
provisioning                  siu   -    -
provisioning_tokens           siu   -    su
provisioned_people            siud  -    -
provisioned_groups            siud  -    -
provisioned_group_members     siud  -    -
memberships                   siu   -    siu
roles                         siu   -    s
sessions                      siu   -    siu
invitations                   siu   -    siu
api_tokens                    siu   -    su
teams                         siud  -    s
team_members                  siud  -    si
audit_log                     si    -    i
audit_waiting                 sid   -    si
audit_seals                   si    -    -
audit_anchors                 si    -    -
person_keys                   siu   -    -
audit_settings                siu   -    s
audit_exports                 siud  -    -
workspace_exports             siud  -    -
files                         siud  -    -
file_uses                     sid   -    -
channel_accounts              siu   -    s
channel_health                siud  -    s
channel_inbox                 siud  -    sud
channel_kept                  siud  -    -
channel_message_names         siud  -    -
channel_windows               siud  -    -
channel_sides                 siud  -    -
channel_checks                siud  -    -
channel_deliveries            siud  -    su
contacts                      siud  -    -
identities                    siud  -    s
visitor_sessions              siud  -    su
visits                        siud  -    -
page_views                    siud  -    -
schedules                     siu   -    -
schedule_versions             si    -    -
holiday_sets                  siu   -    -
schedule_holidays             siud  -    -
schedule_uses                 siud  -    -
quick_replies                 siu   -    -
quick_reply_files             sid   -    -
quick_uses                    siu   -    -
quick_settings                siu   -    -
tags                          siu   -    -
contact_tags                  siud  -    -
conversation_tags             siud  -    -
word_lists                    siud  -    s
word_hits                     siud  -    sd
shield_settings               siu   -    s
flood_counts                  siud  -    sd
blocked_sources               siud  -    s
puzzles_solved                si    -    sd
upload_rules                  siu   -    -
infected_files                sid   -    sd
conversations                 siud  su   -
life_rules                    siu   -    -
forms                         siu   -    -
form_versions                 si    -    -
wrap_ups                      siud  -    -
blocks                        siud  -    -
contact_notes                 siud  -    -
contact_note_versions         sid   -    -
contact_merges                siud  -    -
contact_merge_moves           siud  -    -
contact_strangers             siud  -    -
field_sets                    siu   -    -
field_seals                   siud  -    -
field_keys                    sid   -    -
companies                     siud  -    -
company_domains               siud  -    -
consent_texts                 siu   -    s
consent_versions              si    -    -
consents                      siud  -    -
contact_imports               siud  -    -
contact_import_rows           siud  -    -
order_sources                 siud  -    -
messages                      siud  s    -
message_keys                  siud  -    -
message_counts                siud  -    -
message_words                 siud  -    -
marks                         siud  siu  -
drafts                        siud  -    -
message_reactions             siud  -    -
supervisions                  siud  -    -
mentions                      siud  -    -
scheduled_messages            siud  -    -
translation_settings          siud  -    -
translation_usage             siud  -    -
translations                  siud  -    -
translation_readers           siud  -    -
link_settings                 siud  -    -
link_cards                    siud  -    -
routing_settings              siud  -    s
routing_policies              si    -    -
channel_weights               siud  -    -
break_reasons                 siud  -    -
seats                         siud  -    s
skills                        siud  -    -
seat_skills                   siud  -    -
queues                        siud  -    -
waits                         siud  -    s
wait_queues                   siud  -    s
wait_needs                    siud  -    s
holdings                      siud  -    -
queue_events                  si    -    s
seat_events                   si    -    -
invite_rules                  siu   -    -
invites                       siud  -    -
surveys                       siu   -    -
survey_versions               si    -    -
survey_invites                siud  -    -
survey_follow_ups             siud  -    -
staff_rooms                   siu   -    -
staff_members                 siu   -    -
staff_messages                siu   -    -
shifts                        siud  -    -
week_patterns                 siud  -    -
week_pattern_days             siud  -    -
roster_entries                siud  -    -
roster_duties                 siud  -    -
staffing_settings             siud  -    -
search_words                  siud  -    -
search_exports                siud  -    -
personal_settings             siud  -    -
push_keys                     -     -    siu
backup_settings               -     -    siu
backup_runs                   -     -    siud
push_subscriptions            siud  -    -
pushes                        siud  -    -
alert_rules                   siu   -    s
alert_events                  si    -    -
channel_alerts                siud  -    s
saved_views                   siu   -    -
segments                      siu   -    -
tag_rules                     siu   -    -
view_orders                   siu   -    -
bulk_acts                     siud  -    -
bulk_items                    siud  -    -
webhook_endpoints             siu   -    s
webhook_events                siud  -    sd
webhook_deliveries            siud  -    su
webhook_attempts              siud  -    -
api_answers                   siud  -    sd
privacy_requests              siu   -    -
legal_holds                   siu   -    -
privacy_settings              siu   -    s
"""


def rows(access: Access, query: str, role: str = "kz_owner", *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(access.psycopg(role)) as connection:
        return connection.execute(query, values or None).fetchall()


def granted(access: Access, kinds: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """(relation, role) → first letters of the privileges, for relations of these `pg_class.relkind`; the role
    `public` is everybody. Backups read parts of tables by themselves, and nobody else does."""
    found = rows(
        access,
        "select c.relname, coalesce(g.rolname, 'public'), x.privilege_type from pg_class c"
        " cross join aclexplode(c.relacl) x left join pg_roles g on g.oid = x.grantee"
        " where c.relnamespace = 'public'::regnamespace and x.grantee <> c.relowner"
        " and c.relkind::text = any(%s) and not (c.relispartition and g.rolname = 'kz_backup')",
        "kz_owner",
        list(kinds),
    )
    letters: dict[tuple[str, str], str] = {}
    for name, role, privilege in found:
        letters[name, role] = letters.get((name, role), "") + privilege[0].lower()
    return {key: "".join(sorted(value, key="siudtrxm".find)) for key, value in letters.items()}


def intended() -> dict[tuple[str, str], str]:
    table: dict[tuple[str, str], str] = {}
    for line in GRANTS.strip().splitlines():
        name, *letters = line.split()
        table |= {(name, role): given for role, given in zip(ROLES, letters, strict=True) if given != "-"}
        table[name, BACKUP] = "s"
    return table
