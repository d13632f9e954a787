"""Which group an action belongs to: by the action itself, else by what is done, else by what it is done to;
the rest are settings."""

from kezhan.audit.schemas import AuditGroup

ACTIONS = {
    "contact.look": AuditGroup.LOOKUP,
    "contact.search": AuditGroup.LOOKUP,
    "conversation.look": AuditGroup.LOOKUP,
    "contact.reveal": AuditGroup.LOOKUP,
    "conversation.reveal": AuditGroup.LOOKUP,
    "search.run": AuditGroup.LOOKUP,
    "audit.verify": AuditGroup.LOOKUP,
    "member.edit": AuditGroup.ACCESS,
    "member.rights": AuditGroup.ACCESS,
    "role.remove": AuditGroup.ACCESS,
    "member.join": AuditGroup.ACCESS,
    "member.change_password": AuditGroup.ACCESS,
    "member.add_factor": AuditGroup.ACCESS,
    "member.remove_factor": AuditGroup.ACCESS,
    "member.renew_codes": AuditGroup.ACCESS,
    "member.reset_factors": AuditGroup.ACCESS,
    "access.edit": AuditGroup.ACCESS,
    "team.set_members": AuditGroup.ACCESS,
}
VERBS = {
    **dict.fromkeys(("export", "export_read"), AuditGroup.EXPORT),
    **dict.fromkeys(("archive", "remove", "revoke", "cut"), AuditGroup.REMOVAL),
}
SUBJECTS = {
    "session": AuditGroup.SIGN_IN,
    **dict.fromkeys(("invitation", "token", "role", "masking"), AuditGroup.ACCESS),
    **dict.fromkeys(("contact", "contact_note", "follow_up"), AuditGroup.CUSTOMER),
    "conversation": AuditGroup.CONVERSATION,
}
