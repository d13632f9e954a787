"""Which group an action belongs to: by the action itself, else by what is done, else by what it is done to;
the rest are settings."""

from kezhan.audit.schemas import Group

ACTIONS = {
    "contact.look": Group.LOOKUP,
    "contact.search": Group.LOOKUP,
    "conversation.look": Group.LOOKUP,
    "search.run": Group.LOOKUP,
    "member.edit": Group.ACCESS,
    "member.join": Group.ACCESS,
    "member.change_password": Group.ACCESS,
    "team.set_members": Group.ACCESS,
}
VERBS = {
    **dict.fromkeys(("export", "export_read"), Group.EXPORT),
    **dict.fromkeys(("archive", "remove", "revoke", "cut"), Group.REMOVAL),
}
SUBJECTS = {
    "session": Group.SIGN_IN,
    **dict.fromkeys(("invitation", "token"), Group.ACCESS),
    **dict.fromkeys(("contact", "contact_note", "follow_up"), Group.CUSTOMER),
    "conversation": Group.CONVERSATION,
}
