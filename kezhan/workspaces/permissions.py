"""What a caller may do, and which role may do what."""

from enum import StrEnum


class Permission(StrEnum):
    """One right each. `conversation.read` reaches own, unassigned and own teams' conversations.
    `webhook.notes`: to have programs told of internal notes."""

    WORKSPACE_OWN = "workspace.own"
    WORKSPACE_MANAGE = "workspace.manage"
    MEMBER_READ = "member.read"
    MEMBER_MANAGE = "member.manage"
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
    CONTACT_BLOCK = "contact.block"
    CONTACT_NOTE_MANAGE = "contact_note.manage"
    CONVERSATION_READ = "conversation.read"
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
    WORD_LIST_MANAGE = "word_list.manage"
    FIELD_MANAGE = "field.manage"
    WEBHOOK_MANAGE = "webhook.manage"
    WEBHOOK_NOTES = "webhook.notes"
    PRIVACY_MANAGE = "privacy.manage"


class Role(StrEnum):
    """The ready-made roles, as stored in `memberships.role`."""

    OWNER = "owner"
    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    INSPECTOR = "inspector"
    AUDITOR = "auditor"


_AGENT = frozenset(
    {
        Permission.MEMBER_READ,
        Permission.CHANNEL_READ,
        Permission.CONTACT_READ,
        Permission.CONTACT_WRITE,
        Permission.CONTACT_MERGE,
        Permission.CONVERSATION_READ,
        Permission.CONVERSATION_REPLY,
        Permission.CONVERSATION_ASSIGN,
        Permission.CONVERSATION_CLOSE,
        Permission.FILE_UPLOAD,
        Permission.SURVEY_READ,
        Permission.STAFF_CHAT,
    }
)
_SUPERVISOR = _AGENT | {
    Permission.CONVERSATION_READ_ALL,
    Permission.CONTACT_IMPORT,
    Permission.CONTACT_BLOCK,
    Permission.CONTACT_NOTE_MANAGE,
    Permission.CONVERSATION_SUPERVISE,
    Permission.ROUTING_MANAGE,
    Permission.QUICK_REPLY_MANAGE,
    Permission.TEAM_MANAGE,
    Permission.SURVEY_MANAGE,
    Permission.STAFF_ANNOUNCE,
    Permission.SEARCH_EXPORT,
    Permission.VIEW_MANAGE,
    Permission.TAG_MANAGE,
    Permission.WORD_LIST_MANAGE,
}
_ADMIN = frozenset(Permission) - {Permission.WORKSPACE_OWN}

ROLES: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: _ADMIN,
    Role.SUPERVISOR: _SUPERVISOR,
    Role.AGENT: _AGENT,
    Role.INSPECTOR: frozenset(
        {
            Permission.MEMBER_READ,
            Permission.CHANNEL_READ,
            Permission.CONTACT_READ,
            Permission.CONVERSATION_READ,
            Permission.CONVERSATION_READ_ALL,
            Permission.SURVEY_READ,
            Permission.STAFF_CHAT,
        }
    ),
    Role.AUDITOR: frozenset({Permission.MEMBER_READ, Permission.AUDIT_READ, Permission.AUDIT_EXPORT}),
}


_BY_NAME = {str(role): frozenset(str(right) for right in rights) for role, rights in ROLES.items()}


def permissions_of(role: str) -> frozenset[str]:
    """The rights of a stored role; a role this version does not know has none."""
    return _BY_NAME.get(role, frozenset())
