"""What a caller may do, and which role may do what."""

from collections.abc import Iterable
from enum import StrEnum


class Permission(StrEnum):
    """One right each, and how far it reaches is a right as well: `conversation.read` reaches one's own
    conversations, with `conversation.read_team` those of one's teams and those nobody has been given too,
    with `conversation.read_all` every one. `webhook.notes`: to have programs told of internal notes.
    `sensitive.read`: to read what is masked for others; `sensitive.reveal`: one value at a time, with a
    reason."""

    WORKSPACE_OWN = "workspace.own"
    WORKSPACE_MANAGE = "workspace.manage"
    MEMBER_READ = "member.read"
    MEMBER_MANAGE = "member.manage"
    ROLE_MANAGE = "role.manage"
    TEAM_MANAGE = "team.manage"
    TOKEN_MANAGE = "token.manage"  # noqa: S105 - the name of a right
    AUDIT_READ = "audit.read"
    AUDIT_EXPORT = "audit.export"
    CHANNEL_READ = "channel.read"
    CHANNEL_MANAGE = "channel.manage"
    CONTACT_READ = "contact.read"
    CONTACT_WRITE = "contact.write"
    CONTACT_MERGE = "contact.merge"
    CONTACT_IMPORT = "contact.import"
    CONTACT_EXPORT = "contact.export"
    CONTACT_BLOCK = "contact.block"
    CONTACT_NOTE_MANAGE = "contact_note.manage"
    CONVERSATION_READ = "conversation.read"
    CONVERSATION_READ_TEAM = "conversation.read_team"
    CONVERSATION_READ_ALL = "conversation.read_all"
    CONVERSATION_REPLY = "conversation.reply"
    CONVERSATION_ASSIGN = "conversation.assign"
    CONVERSATION_CLOSE = "conversation.close"
    CONVERSATION_SUPERVISE = "conversation.supervise"
    FILE_UPLOAD = "file.upload"
    ROUTING_MANAGE = "routing.manage"
    QUICK_REPLY_MANAGE = "quick_reply.manage"
    SURVEY_READ = "survey.read"
    SURVEY_MANAGE = "survey.manage"
    STAFF_CHAT = "staff.chat"
    STAFF_ANNOUNCE = "staff.announce"
    SEARCH_EXPORT = "search.export"
    VIEW_MANAGE = "view.manage"
    TAG_MANAGE = "tag.manage"
    SEGMENT_MANAGE = "segment.manage"
    WORD_LIST_MANAGE = "word_list.manage"
    FIELD_MANAGE = "field.manage"
    WEBHOOK_MANAGE = "webhook.manage"
    WEBHOOK_NOTES = "webhook.notes"
    PRIVACY_MANAGE = "privacy.manage"
    SENSITIVE_READ = "sensitive.read"
    SENSITIVE_REVEAL = "sensitive.reveal"


class Role(StrEnum):
    """The ready-made roles, as stored in `memberships.role`; there an own role stands by its id."""

    OWNER = "owner"
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    TEAM_LEADER = "team_leader"
    AGENT = "agent"
    INSPECTOR = "inspector"
    ANALYST = "analyst"
    OPERATOR = "operator"
    ENGINEER = "engineer"
    AUDITOR = "auditor"


_P = Permission
_AGENT = frozenset(
    {
        _P.MEMBER_READ,
        _P.CHANNEL_READ,
        _P.CONTACT_READ,
        _P.CONTACT_WRITE,
        _P.CONTACT_MERGE,
        _P.CONVERSATION_READ,
        _P.CONVERSATION_READ_TEAM,
        _P.CONVERSATION_REPLY,
        _P.CONVERSATION_ASSIGN,
        _P.CONVERSATION_CLOSE,
        _P.FILE_UPLOAD,
        _P.SURVEY_READ,
        _P.STAFF_CHAT,
        _P.SENSITIVE_REVEAL,
    }
)
_TEAM_LEADER = _AGENT | {
    _P.CONTACT_BLOCK,
    _P.CONTACT_NOTE_MANAGE,
    _P.CONVERSATION_SUPERVISE,
    _P.QUICK_REPLY_MANAGE,
    _P.VIEW_MANAGE,
    _P.TAG_MANAGE,
}
_SUPERVISOR = _TEAM_LEADER | {
    _P.CONVERSATION_READ_ALL,
    _P.CONTACT_IMPORT,
    _P.CONTACT_EXPORT,
    _P.ROUTING_MANAGE,
    _P.TEAM_MANAGE,
    _P.SURVEY_MANAGE,
    _P.STAFF_ANNOUNCE,
    _P.SEARCH_EXPORT,
    _P.SEGMENT_MANAGE,
    _P.WORD_LIST_MANAGE,
}
_INSPECTOR = frozenset(
    {
        _P.MEMBER_READ,
        _P.CHANNEL_READ,
        _P.CONTACT_READ,
        _P.CONVERSATION_READ,
        _P.CONVERSATION_READ_TEAM,
        _P.CONVERSATION_READ_ALL,
        _P.SURVEY_READ,
        _P.STAFF_CHAT,
    }
)
_OPERATOR = frozenset(
    {
        _P.MEMBER_READ,
        _P.CHANNEL_READ,
        _P.CONTACT_READ,
        _P.SURVEY_READ,
        _P.SURVEY_MANAGE,
        _P.QUICK_REPLY_MANAGE,
        _P.VIEW_MANAGE,
        _P.TAG_MANAGE,
        _P.SEGMENT_MANAGE,
        _P.WORD_LIST_MANAGE,
        _P.FILE_UPLOAD,
        _P.STAFF_CHAT,
        _P.STAFF_ANNOUNCE,
    }
)
_ENGINEER = frozenset(
    {
        _P.MEMBER_READ,
        _P.CHANNEL_READ,
        _P.CHANNEL_MANAGE,
        _P.TOKEN_MANAGE,
        _P.WEBHOOK_MANAGE,
        _P.FIELD_MANAGE,
        _P.STAFF_CHAT,
    }
)

ROLES: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission) - {_P.WORKSPACE_OWN},
    Role.SUPERVISOR: _SUPERVISOR,
    Role.TEAM_LEADER: _TEAM_LEADER,
    Role.AGENT: _AGENT,
    Role.INSPECTOR: _INSPECTOR,
    Role.ANALYST: _INSPECTOR | {_P.SEARCH_EXPORT},
    Role.OPERATOR: _OPERATOR,
    Role.ENGINEER: _ENGINEER,
    Role.AUDITOR: frozenset({_P.MEMBER_READ, _P.AUDIT_READ, _P.AUDIT_EXPORT}),
}

AREAS: dict[str, tuple[Permission, ...]] = {
    "conversations": (
        _P.CONVERSATION_READ, _P.CONVERSATION_READ_TEAM, _P.CONVERSATION_READ_ALL, _P.CONVERSATION_REPLY,
        _P.CONVERSATION_ASSIGN, _P.CONVERSATION_CLOSE, _P.CONVERSATION_SUPERVISE, _P.FILE_UPLOAD,
        _P.VIEW_MANAGE, _P.QUICK_REPLY_MANAGE,
    ),
    "customers": (
        _P.CONTACT_READ, _P.CONTACT_WRITE, _P.CONTACT_MERGE, _P.CONTACT_BLOCK, _P.CONTACT_IMPORT,
        _P.CONTACT_NOTE_MANAGE, _P.TAG_MANAGE, _P.SEGMENT_MANAGE, _P.SENSITIVE_READ,
        _P.SENSITIVE_REVEAL,
    ),
    "results": (_P.SURVEY_READ, _P.AUDIT_READ),
    "exports": (_P.CONTACT_EXPORT, _P.SEARCH_EXPORT, _P.AUDIT_EXPORT),
    "colleagues": (_P.STAFF_CHAT, _P.STAFF_ANNOUNCE, _P.MEMBER_READ, _P.MEMBER_MANAGE, _P.TEAM_MANAGE,
                   _P.ROLE_MANAGE),
    "settings": (
        _P.WORKSPACE_MANAGE, _P.PRIVACY_MANAGE, _P.ROUTING_MANAGE, _P.SURVEY_MANAGE, _P.FIELD_MANAGE,
        _P.WORD_LIST_MANAGE, _P.CHANNEL_READ, _P.CHANNEL_MANAGE, _P.TOKEN_MANAGE, _P.WEBHOOK_MANAGE,
        _P.WEBHOOK_NOTES,
    ),
    "owner": (_P.WORKSPACE_OWN,),
}  # fmt: skip
"""Every right once, as people are shown them."""

_TAKES: dict[Permission, frozenset[Permission]] = {
    _P.CONVERSATION_READ_ALL: frozenset({_P.CONVERSATION_READ_TEAM, _P.CONVERSATION_READ}),
    **dict.fromkeys(
        (
            _P.CONVERSATION_READ_TEAM, _P.CONVERSATION_REPLY, _P.CONVERSATION_ASSIGN, _P.CONVERSATION_CLOSE,
            _P.CONVERSATION_SUPERVISE, _P.SEARCH_EXPORT,
        ),
        frozenset({_P.CONVERSATION_READ}),
    ),
    **dict.fromkeys(
        (_P.CONTACT_WRITE, _P.CONTACT_MERGE, _P.CONTACT_BLOCK, _P.CONTACT_IMPORT),
        frozenset({_P.CONTACT_READ}),
    ),
    _P.CONTACT_EXPORT: frozenset({_P.CONTACT_READ, _P.SEARCH_EXPORT, _P.CONVERSATION_READ}),
    _P.AUDIT_EXPORT: frozenset({_P.AUDIT_READ}),
    _P.CHANNEL_MANAGE: frozenset({_P.CHANNEL_READ}),
    _P.SURVEY_MANAGE: frozenset({_P.SURVEY_READ}),
    _P.STAFF_ANNOUNCE: frozenset({_P.STAFF_CHAT}),
    _P.WEBHOOK_NOTES: frozenset({_P.WEBHOOK_MANAGE}),
}  # fmt: skip


def whole(rights: Iterable[Permission]) -> frozenset[Permission]:
    """With those that they are of no use without; whoever is a member sees who else is."""
    found = frozenset(rights)
    return found.union({_P.MEMBER_READ}, *(_TAKES.get(right, ()) for right in found))


_BY_NAME = {str(role): frozenset(str(right) for right in rights) for role, rights in ROLES.items()}


def permissions_of(role: str, own: Iterable[str] = ()) -> frozenset[str]:
    """What members of a stored role may do; `own` is what a role of the workspace's own lets them, kept
    beside its id. A role this version does not know has none."""
    ready = _BY_NAME.get(role)
    return frozenset(own) if ready is None else ready


def ready_made(role: str) -> bool:
    return role in _BY_NAME


def holding(permission: Permission) -> list[str]:
    """The ready-made roles that have it, and the right itself: a member is among its holders where one of
    these is her role or one of the rights beside it (`m.rights || m.role && …`)."""
    return [permission.value, *(role.value for role, rights in ROLES.items() if permission in rights)]
