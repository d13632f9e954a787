"""The tables of rights, and how names and addresses are compared."""

import itertools

import pytest

from kezhan.kit.errors import Forbidden
from kezhan.workspaces.names import email_key, person_sort_key, sort_key
from kezhan.workspaces.permissions import AREAS, ROLES, Permission, Role, permissions_of, whole
from kezhan.workspaces.tests.factories import caller

OWNER, ADMIN, SUPERVISOR, TEAM_LEADER, AGENT, INSPECTOR, ANALYST, OPERATOR, ENGINEER, AUDITOR = Role
_MANAGERS = {OWNER, ADMIN}
_SUPERVISING = {*_MANAGERS, SUPERVISOR}
_LEADING = {*_SUPERVISING, TEAM_LEADER}
_SERVING = {*_LEADING, AGENT}
_READING = {*_SERVING, INSPECTOR, ANALYST}
_SEEING = {*_READING, OPERATOR}

_WHO_MAY = {
    Permission.WORKSPACE_OWN: {OWNER},
    Permission.WORKSPACE_MANAGE: _MANAGERS,
    Permission.MEMBER_READ: set(Role),
    Permission.SURVEY_READ: _SEEING,
    Permission.SURVEY_MANAGE: {*_SUPERVISING, OPERATOR},
    Permission.STAFF_CHAT: {*_SEEING, ENGINEER},
    Permission.STAFF_ANNOUNCE: {*_SUPERVISING, OPERATOR},
    Permission.SEARCH_EXPORT: {*_SUPERVISING, ANALYST},
    Permission.MEMBER_MANAGE: _MANAGERS,
    Permission.ROLE_MANAGE: _MANAGERS,
    Permission.TEAM_MANAGE: _SUPERVISING,
    Permission.TOKEN_MANAGE: {*_MANAGERS, ENGINEER},
    Permission.AUDIT_READ: {*_MANAGERS, AUDITOR},
    Permission.AUDIT_EXPORT: {*_MANAGERS, AUDITOR},
    Permission.CHANNEL_READ: {*_SEEING, ENGINEER},
    Permission.CHANNEL_MANAGE: {*_MANAGERS, ENGINEER},
    Permission.CONTACT_READ: _SEEING,
    Permission.CONTACT_WRITE: _SERVING,
    Permission.CONTACT_MERGE: _SERVING,
    Permission.CONTACT_IMPORT: _SUPERVISING,
    Permission.CONTACT_EXPORT: _SUPERVISING,
    Permission.CONVERSATION_READ: _READING,
    Permission.CONVERSATION_READ_TEAM: _READING,
    Permission.CONVERSATION_READ_ALL: {*_SUPERVISING, INSPECTOR, ANALYST},
    Permission.CONVERSATION_REPLY: _SERVING,
    Permission.CONVERSATION_ASSIGN: _SERVING,
    Permission.CONVERSATION_CLOSE: _SERVING,
    Permission.CONVERSATION_SUPERVISE: _LEADING,
    Permission.FILE_UPLOAD: {*_SERVING, OPERATOR},
    Permission.CONTACT_BLOCK: _LEADING,
    Permission.ROUTING_MANAGE: _SUPERVISING,
    Permission.QUICK_REPLY_MANAGE: {*_LEADING, OPERATOR},
    Permission.VIEW_MANAGE: {*_LEADING, OPERATOR},
    Permission.TAG_MANAGE: {*_LEADING, OPERATOR},
    Permission.SEGMENT_MANAGE: {*_SUPERVISING, OPERATOR},
    Permission.WORD_LIST_MANAGE: {*_SUPERVISING, OPERATOR},
    Permission.FIELD_MANAGE: {*_MANAGERS, ENGINEER},
    Permission.WEBHOOK_MANAGE: {*_MANAGERS, ENGINEER},
    Permission.WEBHOOK_NOTES: _MANAGERS,
    Permission.PRIVACY_MANAGE: _MANAGERS,
    Permission.CONTACT_NOTE_MANAGE: _LEADING,
    Permission.SENSITIVE_READ: _MANAGERS,
    Permission.SENSITIVE_REVEAL: _SERVING,
}

# Whose role a caller may give, change or take: those that may do nothing she may not.
_REACHES = {
    OWNER: set(Role),
    ADMIN: set(Role) - {OWNER},
    SUPERVISOR: {SUPERVISOR, TEAM_LEADER, AGENT, INSPECTOR, ANALYST, OPERATOR},
    TEAM_LEADER: {TEAM_LEADER, AGENT},
    AGENT: {AGENT},
    INSPECTOR: {INSPECTOR},
    ANALYST: {ANALYST, INSPECTOR},
    OPERATOR: {OPERATOR},
    ENGINEER: {ENGINEER},
    AUDITOR: {AUDITOR},
}


def test_every_right_stands_in_one_area_and_no_role_lacks_what_its_rights_need() -> None:
    shown = [right for rights in AREAS.values() for right in rights]
    assert sorted(shown) == sorted(Permission)
    assert all(whole(rights) == rights for rights in ROLES.values())
    assert whole([Permission.CONVERSATION_READ_ALL]) >= {Permission.CONVERSATION_READ, Permission.MEMBER_READ}


@pytest.mark.parametrize("permission", list(Permission))
def test_each_permission_is_with_the_roles_agreed_and_no_other(permission: Permission) -> None:
    assert {role for role in Role if permission in ROLES[role]} == _WHO_MAY[permission]
    for role in Role:
        person = caller(role)
        assert person.may(permission) is (role in _WHO_MAY[permission])
        assert (permission in permissions_of(role)) is person.may(permission)


@pytest.mark.parametrize(("role", "other"), list(itertools.product(Role, Role)))
def test_a_role_reaches_only_roles_that_may_do_no_more(role: Role, other: Role) -> None:
    if other in _REACHES[role]:
        caller(role).require_role(other)
    else:
        with pytest.raises(Forbidden) as refusal:
            caller(role).require_role(other)
        assert refusal.value.code == "workspaces.above_own_role"


@pytest.mark.parametrize("stored", ["", "Owner", "OWNER", " owner", "wizard", "workspace.own"])
def test_a_role_this_version_does_not_know_may_nothing(stored: str) -> None:
    assert permissions_of(stored) == frozenset()
    stranger = caller(stored)
    for permission in Permission:
        with pytest.raises(Forbidden) as refusal:
            stranger.require(permission)
        assert refusal.value.params == {"permission": str(permission)}
    with pytest.raises(Forbidden):
        stranger.require_role(AUDITOR)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("lin@example.com", "lin@example.com"),
        ("  Lin@Example.COM\t", "lin@example.com"),
        ("\u3000lin@example.com\u3000", "lin@example.com"),
        ("ｌｉｎ＠example.com", "lin@example.com"),
        ("STRASSE@example.com", "strasse@example.com"),
        ("straße@example.com", "strasse@example.com"),
        ("İ@example.com", "i̇@example.com"),
        ("e\u0301@example.com", "é@example.com"),
        ("林@例子.中国", "林@例子.中国"),
        ("lin+tag@example.com", "lin+tag@example.com"),
        ("l.in@example.com", "l.in@example.com"),
    ],
)
def test_every_spelling_of_an_address_has_one_key(written: str, key: str) -> None:
    assert email_key(written) == key
    assert email_key(key) == key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("张三", "zhang san"),
        ("曾一", "zeng yi"),
        ("单小满", "shan xiao man"),
        ("任我行", "ren wo xing"),
        ("小任", "xiao ren"),
        ("重庆", "chong qing"),
        ("Bob", "bob"),
        ("ＢＯＢ", "bob"),
        (" 李四 ", "li si"),
        ("李 Amy", "li  amy"),
        ("单", "shan"),
        ("🍵", "🍵"),
        ("林" * 100, ("lin " * 100)[:200]),
    ],
)
def test_names_sort_by_the_sound_a_chinese_reader_expects(name: str, key: str) -> None:
    assert person_sort_key(name) == key


def test_only_people_have_family_names() -> None:
    assert (sort_key("单品"), person_sort_key("单品")) == ("dan pin", "shan pin")
    assert (sort_key("区域"), person_sort_key("区域")) == ("qu yu", "ou yu")
