"""Request bodies as Entra ID and Okta send them, and what is to be true of the resource afterwards.

Each starts from a person `user_name` li.wei@tea.example, called Li Wei, or a group 晚班 with the first of two
members; `{0}` and `{1}` are the members' ids.
"""

from typing import Any

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

ENTRA_NEW: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE],
    "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    "userName": "Test_User_ab6490ee@tea.example",
    "active": True,
    "displayName": "lennay",
    "emails": [{"primary": True, "type": "work", "value": "Test_User_fd0ea19b@tea.example"}],
    "meta": {"resourceType": "User"},
    "name": {"formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName"},
    "roles": [],
    "title": "Engineer",
    ENTERPRISE: {"department": "Support", "manager": {"value": "x"}},
}
OKTA_NEW: dict[str, Any] = {
    "schemas": [USER],
    "userName": "test.user@okta.tea.example",
    "name": {"givenName": "Test", "familyName": "User"},
    "emails": [{"primary": True, "value": "test.user@okta.tea.example", "type": "work"}],
    "displayName": "Test User",
    "locale": "en-US",
    "externalId": "00ujl29u0le5T6Aj10h7",
    "groups": [],
    "password": "1mz050nq",
    "active": True,
}


def _ops(*operations: dict[str, Any]) -> dict[str, Any]:
    return {"schemas": [PATCH], "Operations": list(operations)}


# name → body, what is true of the resource then
PEOPLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Entra ends a seat": (
        _ops({"op": "Replace", "path": "active", "value": "False"}),
        {"active": False},
    ),
    "Entra ends a seat, as the standard says it": (
        _ops({"op": "replace", "path": "active", "value": False}),
        {"active": False},
    ),
    "Okta ends a seat": (_ops({"op": "replace", "value": {"active": False}}), {"active": False}),
    "Entra changes several": (
        _ops(
            {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "lw@tea.example"},
            {"op": "Replace", "path": "name.familyName", "value": "Wang"},
            {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Tea"},
            {"op": "Add", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"},
        ),
        {"emails": [{"value": "lw@tea.example", "type": "work", "primary": True}], "displayName": "Li Wang"},
    ),
    "Entra changes several without paths": (
        _ops(
            {
                "op": "Add",
                "value": {"displayName": "Wei", "name.givenName": "W", f"{USER}:externalId": "e-9"},
            }
        ),
        {"displayName": "Wei", "externalId": "e-9"},
    ),
    "Entra names a new user": (
        _ops({"op": "Replace", "path": "userName", "value": "lw2@tea.example"}),
        {"userName": "lw2@tea.example"},
    ),
    "another address is not the one at work": (
        _ops({"op": "Add", "path": 'emails[type eq "home"].value', "value": "home@tea.example"}),
        {"emails": [{"value": "li.wei@tea.example", "type": "work", "primary": True}]},
    ),
    "Entra takes a name away": (
        _ops({"op": "Remove", "path": "externalId"}),
        {"externalId": None, "userName": "li.wei@tea.example"},
    ),
}
GROUPS: dict[str, tuple[dict[str, Any], set[str] | None, str | None]] = {
    "Entra adds a member": (
        _ops({"op": "Add", "path": "members", "value": [{"$ref": None, "value": "{1}"}]}),
        {"{0}", "{1}"},
        None,
    ),
    "Entra removes a member": (
        _ops({"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "{0}"}]}),
        set(),
        None,
    ),
    "the standard removes a member": (
        _ops({"op": "remove", "path": 'members[value eq "{0}"]'}),
        set(),
        None,
    ),
    "Okta changes members": (
        _ops(
            {"op": "remove", "path": 'members[value eq "{0}"]'},
            {"op": "add", "path": "members", "value": [{"value": "{1}", "display": "x@tea.example"}]},
        ),
        {"{1}"},
        None,
    ),
    "Okta replaces members": (
        _ops({"op": "replace", "path": "members", "value": [{"value": "{0}"}, {"value": "{1}"}]}),
        {"{0}", "{1}"},
        None,
    ),
    "all members go": (_ops({"op": "remove", "path": "members"}), set(), None),
    "Okta renames": (
        _ops({"op": "replace", "value": {"id": "{0}", "displayName": "早班"}}),
        None,
        "早班",
    ),
    "Entra renames": (_ops({"op": "Replace", "path": "displayName", "value": "夜班"}), None, "夜班"),
}

# what is refused → its scimType
BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "invalidSyntax"),
    (_ops(), "invalidSyntax"),
    (_ops({"op": "move", "path": "active", "value": True}), "invalidSyntax"),
    (_ops({"op": "replace", "value": "x"}), "invalidSyntax"),
    (_ops({"op": "remove"}), "noTarget"),
    (_ops({"op": "replace", "path": "emails[type sw", "value": "x"}), "invalidPath"),
    (_ops({"op": "replace", "path": 'emails[type sw "w"].value', "value": "x@y.z"}), "invalidPath"),
    (_ops({"op": "replace", "path": "active", "value": "perhaps"}), "invalidValue"),
    (_ops({"op": "replace", "path": "userName", "value": ["x"]}), "invalidValue"),
    (_ops({"op": "remove", "path": "userName"}), "invalidValue"),
    (_ops({"op": "replace", "path": "emails", "value": "no address"}), "invalidValue"),
    (_ops({"op": "replace", "path": "displayName", "value": "x" * 101}), "invalidValue"),
]
