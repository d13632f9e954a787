"""The tables of rights, and how names and addresses are compared."""

import itertools

import pytest

from kezhan.kit.errors import Forbidden
from kezhan.workspaces.names import email_key, person_sort_key, sort_key
from kezhan.workspaces.permissions import ROLES, Permission, Role, permissions_of
from kezhan.workspaces.tests.factories import caller

OWNER, ADMIN, SUPERVISOR, AGENT, INSPECTOR, AUDITOR = Role
_MANAGERS = {OWNER, ADMIN}
_SERVING = {OWNER, ADMIN, SUPERVISOR, AGENT}
_SEEING = {*_SERVING, INSPECTOR}

_WHO_MAY = {
    Permission.WORKSPACE_OWN: {OWNER},
    Permission.WORKSPACE_MANAGE: _MANAGERS,
    Permission.MEMBER_READ: set(Role),
    Permission.SURVEY_READ: _SEEING,
    Permission.SURVEY_MANAGE: _SERVING - {AGENT},
    Permission.STAFF_CHAT: _SEEING,
    Permission.STAFF_ANNOUNCE: _SERVING - {AGENT},
    Permission.SEARCH_EXPORT: _SERVING - {AGENT},
    Permission.MEMBER_MANAGE: _MANAGERS,
    Permission.TEAM_MANAGE: {*_MANAGERS, SUPERVISOR},
    Permission.TOKEN_MANAGE: _MANAGERS,
    Permission.AUDIT_READ: {*_MANAGERS, AUDITOR},
    Permission.AUDIT_EXPORT: {*_MANAGERS, AUDITOR},
    Permission.CHANNEL_READ: _SEEING,
    Permission.CHANNEL_MANAGE: _MANAGERS,
    Permission.CONTACT_READ: _SEEING,
    Permission.CONTACT_WRITE: _SERVING,
    Permission.CONTACT_MERGE: _SERVING,
    Permission.CONTACT_IMPORT: {*_MANAGERS, SUPERVISOR},
    Permission.CONVERSATION_READ: _SEEING,
    Permission.CONVERSATION_READ_ALL: {*_MANAGERS, SUPERVISOR, INSPECTOR},
    Permission.CONVERSATION_REPLY: _SERVING,
    Permission.CONVERSATION_ASSIGN: _SERVING,
    Permission.CONVERSATION_CLOSE: _SERVING,
    Permission.CONVERSATION_SUPERVISE: {*_MANAGERS, SUPERVISOR},
    Permission.FILE_UPLOAD: _SERVING,
    Permission.CONTACT_BLOCK: {*_MANAGERS, SUPERVISOR},
    Permission.ROUTING_MANAGE: {*_MANAGERS, SUPERVISOR},
    Permission.QUICK_REPLY_MANAGE: {*_MANAGERS, SUPERVISOR},
    Permission.VIEW_MANAGE: {*_MANAGERS, SUPERVISOR},
    Permission.TAG_MANAGE: {*_MANAGERS, SUPERVISOR},
    Permission.WORD_LIST_MANAGE: {*_MANAGERS, SUPERVISOR},
    Permission.FIELD_MANAGE: _MANAGERS,
    Permission.WEBHOOK_MANAGE: _MANAGERS,
    Permission.WEBHOOK_NOTES: _MANAGERS,
    Permission.PRIVACY_MANAGE: _MANAGERS,
    Permission.CONTACT_NOTE_MANAGE: {*_MANAGERS, SUPERVISOR},
}

# Whose role a caller may give, change or take: those that may do nothing she may not.
_REACHES = {
    OWNER: set(Role),
    ADMIN: set(Role) - {OWNER},
    SUPERVISOR: {SUPERVISOR, AGENT, INSPECTOR},
    AGENT: {AGENT},
    INSPECTOR: {INSPECTOR},
    AUDITOR: {AUDITOR},
}


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
