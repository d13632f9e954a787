"""Users, groups and refusals as SCIM writes them (RFC 7643; RFC 7644 §3.12). Pure."""

import hashlib
from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from kezhan.kit import clock
from kezhan.kit.errors import Refused
from kezhan.workspaces.provisioning.said import Group, Person

MEDIA_TYPE = "application/scim+json"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
_MESSAGES = "urn:ietf:params:scim:api:messages:2.0"
_KINDS = {
    "workspaces.scim_taken": "uniqueness",
    "workspaces.team_name_taken": "uniqueness",
    "workspaces.scim_bad_filter": "invalidFilter",
    "workspaces.scim_bad_path": "invalidPath",
    "workspaces.scim_no_target": "noTarget",
    "workspaces.scim_bad_body": "invalidSyntax",
    "kit.bad_text": "invalidValue",
    "workspaces.scim_bad_value": "invalidValue",
}


def person_of(row: Row[Any]) -> Person:
    """What is said of a member here, in the directory's words."""
    return Person(
        user_name=row.user_name,
        external_id=row.external_id,
        email=row.email,
        name=row.name,
        given=row.given_name,
        family=row.family_name,
        active=row.archived_at is None,
    )


def user(row: Row[Any], groups: Sequence[Row[Any]], base: str) -> dict[str, Any]:
    said = person_of(row)
    name = {"formatted": said.name, "givenName": said.given, "familyName": said.family}
    return _versioned(
        {
            "schemas": [USER],
            "id": str(row.id),
            **({"externalId": said.external_id} if said.external_id else {}),
            "userName": said.user_name,
            "displayName": said.name,
            "name": {key: value for key, value in name.items() if value},
            "emails": [{"value": said.email, "type": "work", "primary": True}],
            "active": said.active,
            "groups": [
                {"value": str(one.id), "display": one.name, "$ref": f"{base}/Groups/{one.id}"}
                for one in groups
            ],
        },
        row,
        "User",
        f"{base}/Users/{row.id}",
    )


def group_of(row: Row[Any], members: Sequence[Row[Any]]) -> Group:
    ids = frozenset(one.membership_id for one in members)
    return Group(name=row.name, external_id=row.external_id, members=ids)


def group(row: Row[Any], members: Sequence[Row[Any]], base: str) -> dict[str, Any]:
    return _versioned(
        {
            "schemas": [GROUP],
            "id": str(row.id),
            **({"externalId": row.external_id} if row.external_id else {}),
            "displayName": row.name,
            "members": [
                {
                    "value": str(one.membership_id),
                    "display": one.name,
                    "type": "User",
                    "$ref": f"{base}/Users/{one.membership_id}",
                }
                for one in members
            ],
        },
        row,
        "Group",
        f"{base}/Groups/{row.id}",
    )


def _versioned(resource: dict[str, Any], row: Row[Any], kind: str, place: str) -> dict[str, Any]:
    """The version is of all that can be read, so that whoever changes it here changes it too."""
    digest = hashlib.sha256(msgspec.json.encode(resource)).hexdigest()[:24]
    resource["meta"] = {
        "resourceType": kind,
        "created": clock.wire(row.created_at),
        "lastModified": clock.wire(row.changed_at),
        "location": place,
        "version": f'W/"{digest}"',
    }
    return resource


def listed(
    total: int, start: int, found: Sequence[dict[str, Any]], only: Collection[str], without: Collection[str]
) -> dict[str, Any]:
    return {
        "schemas": [f"{_MESSAGES}:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(found),
        "Resources": [trimmed(one, only, without) for one in found],
    }


def trimmed(resource: dict[str, Any], only: Collection[str], without: Collection[str]) -> dict[str, Any]:
    """`attributes` and `excludedAttributes`, by the first part of their names in lower case."""
    always = {"schemas", "id", "meta"}
    return {
        key: value
        for key, value in resource.items()
        if key in always or (key.lower() not in without and (not only or key.lower() in only))
    }


def refusal(refused: Refused, detail: str) -> dict[str, Any]:
    kind = _KINDS.get(refused.code)
    if kind is None and refused.status == 400:
        kind = "invalidValue"
    return {
        "schemas": [f"{_MESSAGES}:Error"],
        "status": str(refused.status),
        **({"scimType": kind} if kind else {}),
        "detail": detail,
    }
