"""The words by which a statement reads heads and keeps to what its reader may see: for the stores of this
room, and of those above that join its tables."""

from kezhan.conversations.see import NOBODY

HEAD_COLUMNS = """
    c.id, c.account_id, c.channel, c.identity_id, c.contact_id, c.state, c.assignee_id, c.team_id,
    c.last_seq, c.inbound_count, c.preview_seq, c.preview_kind, c.preview_author, c.preview_text,
    c.waiting_since, c.opened_at, c.active_at, c.closed_at, c.parked_at, c.wake_at, c.woken_seq, c.spam_at,
    c.merged_into,
    c.transfer_by, c.transfer_to, c.transfer_at, c.transfer_until, c.guests,
    p.name as contact_name, m.name as assignee_name,
    array(select t.tag_id from conversation_tags t where t.conversation_id = c.id order by t.at, t.tag_id)
        as tags
"""
PEOPLE = """
    join contacts p on p.id = c.contact_id
    left join memberships m on m.id = c.assignee_id
"""


def in_sight(teams: str) -> str:
    """The rule of `see.may_see` for a walk of conversations whose reader is $1."""
    return (
        f" and (assignee_id = $1 or team_id = any({teams}::uuid[]) or $1 = any(guests)"
        f" or coalesce(assignee_id, team_id) is null and '{NOBODY}' <> all({teams}::uuid[]))"
    )
