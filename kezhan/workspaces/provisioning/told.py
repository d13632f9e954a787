"""What the endpoint says of itself (RFC 7643 §5–7). Pure."""

from collections.abc import Sequence
from typing import Any

from kezhan.kit.errors import NotFound
from kezhan.workspaces.provisioning.resources import GROUP, USER

_SCHEMAS = "urn:ietf:params:scim:schemas:core:2.0"
_Resource = dict[str, Any]


def config(base: str, most: int) -> _Resource:
    no = {"supported": False}
    return {
        "schemas": [f"{_SCHEMAS}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": {**no, "maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": most},
        "changePassword": no,
        "sort": no,
        "etag": {"supported": True},
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A provisioning token from the settings of single sign-on",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


def resource_types(base: str) -> list[_Resource]:
    return [
        {
            "schemas": [f"{_SCHEMAS}:ResourceType"],
            "id": name,
            "name": name,
            "endpoint": f"/{name}s",
            "schema": schema,
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{name}"},
        }
        for name, schema in (("User", USER), ("Group", GROUP))
    ]


def named(found: Sequence[_Resource], name: str) -> _Resource:
    for one in found:
        if one["id"] == name:
            return one
    raise NotFound()


def _attribute(name: str, kind: str = "string", **more: Any) -> _Resource:
    return {
        "name": name,
        "type": kind,
        "multiValued": False,
        "required": False,
        "caseExact": False,
        "mutability": "readWrite",
        "returned": "default",
        "uniqueness": "none",
        **more,
    }


def _list(name: str, *parts: _Resource, **more: Any) -> _Resource:
    return _attribute(name, "complex", multiValued=True, subAttributes=list(parts), **more)


def schemas(base: str) -> list[_Resource]:
    own = {"mutability": "readOnly"}
    person = [
        _attribute("userName", required=True, uniqueness="server"),
        _attribute("externalId", caseExact=True, uniqueness="server"),
        _attribute("displayName"),
        _attribute(
            "name",
            "complex",
            subAttributes=[_attribute(one) for one in ("formatted", "givenName", "familyName")],
        ),
        _list("emails", _attribute("value"), _attribute("type"), _attribute("primary", "boolean")),
        _attribute("active", "boolean"),
        _list("groups", _attribute("value", **own), _attribute("display", **own), **own),
    ]
    group = [
        _attribute("displayName", required=True, uniqueness="server"),
        _attribute("externalId", caseExact=True),
        _list("members", _attribute("value"), _attribute("display", **own), _attribute("type", **own)),
    ]
    return [
        {
            "schemas": [f"{_SCHEMAS}:Schema"],
            "id": schema,
            "name": name,
            "description": words,
            "attributes": attributes,
            "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{schema}"},
        }
        for schema, name, words, attributes in (
            (USER, "User", "A member of the workspace", person),
            (GROUP, "Group", "A group of members", group),
        )
    ]
