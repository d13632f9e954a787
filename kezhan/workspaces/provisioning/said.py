"""What a directory says of a person or a group, and changes of it (PATCH, RFC 7644 §3.5.2), in the spellings
that Entra ID and Okta use. Attributes that Kezhan has no use for are passed over. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct, structs

from kezhan.kit.errors import Refused
from kezhan.workspaces.provisioning.filters import PREFIX

_PATH = re.compile(r"^(?P<name>[\w$-]+)(?:\[(?P<only>[^\]]*)\])?(?:\.(?P<sub>[\w$-]+))?$")
_CLAUSE = re.compile(r'^\s*(\w+)\s+eq\s+(?:"([^"]*)"|(true|false))\s*$', re.IGNORECASE)
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+$")
_MOST_OPERATIONS = 100
MOST_MEMBERS = 1000
_FIELDS = {
    "username": ("user_name", 254),
    "externalid": ("external_id", 255),
    "displayname": ("name", 100),
    "name.formatted": ("name", 100),
    "name.givenname": ("given", 100),
    "name.familyname": ("family", 100),
}


class Person(Struct, frozen=True, kw_only=True):
    """`name` is what colleagues read; empty: made of what else is said."""

    user_name: str = ""
    external_id: str | None = None
    email: str = ""
    name: str = ""
    given: str = ""
    family: str = ""
    active: bool = True


class Group(Struct, frozen=True, kw_only=True):
    name: str = ""
    external_id: str | None = None
    members: frozenset[UUID] = frozenset()


class Change(NamedTuple):
    """One attribute, by its path in lower case; `only` is what stands in brackets behind its name."""

    op: str
    path: str
    only: str
    value: Any


def bad_value(attribute: str) -> Refused:
    return Refused("workspaces.scim_bad_value", 400, attribute=attribute)


def person(body: dict[str, Any], before: Person | None = None) -> Person:
    """A whole resource (POST, PUT). What `before` has alone stays where a PUT says nothing of it: whether
    she is active, and what the provider calls her."""
    kept = before or Person()
    fresh = Person(external_id=kept.external_id, active=kept.active)
    said = fresh
    for change in _spread("replace", body):
        said = _person_with(said, change, fresh)
    return complete(said)


def changed_person(before: Person, body: dict[str, Any]) -> Person:
    said = before
    for change in _operations(body):
        said = _person_with(said, change, before)
    if said.name == before.name == joined(before.given, before.family) != "":
        said = structs.replace(said, name="")
    return complete(said)


def complete(said: Person) -> Person:
    """Raises Refused 400 without a user name or an e-mail."""
    email = said.email or (said.user_name if _EMAIL.match(said.user_name) else "")
    if not said.user_name or not email:
        raise bad_value("userName" if not said.user_name else "emails")
    name = said.name or joined(said.given, said.family) or email.partition("@")[0]
    return structs.replace(said, email=email, name=name[:100])


def joined(given: str, family: str) -> str:
    """A name of its two parts, as it is written where it comes from."""
    if not given or not family:
        return given or family
    return f"{given} {family}" if (given + family).isascii() or " " in given else _joined_far(given, family)


def _joined_far(given: str, family: str) -> str:
    chinese = all("\u3400" <= sign <= "\u9fff" for sign in given + family)
    return family + given if chinese else f"{given} {family}"


def group(body: dict[str, Any], before: Group | None = None) -> Group:
    """A whole resource. A PUT that says nothing of the members leaves none."""
    said = Group(external_id=before.external_id if before else None)
    for change in _spread("replace", body):
        said = _group_with(said, change)
    if not said.name:
        raise bad_value("displayName")
    return said


def changed_group(before: Group, body: dict[str, Any]) -> Group:
    said = before
    for change in _operations(body):
        said = _group_with(said, change)
    return said


def _operations(body: dict[str, Any]) -> Iterator[Change]:
    found = _get(body, "operations")
    if not isinstance(found, list) or not 1 <= len(found) <= _MOST_OPERATIONS:
        raise Refused("workspaces.scim_bad_body", 400)
    for one in found:
        op = _get(one, "op") if isinstance(one, dict) else None
        if not isinstance(op, str) or op.lower() not in {"add", "replace", "remove"}:
            raise Refused("workspaces.scim_bad_body", 400)
        path, value = _get(one, "path"), _get(one, "value")
        if isinstance(path, str) and path:
            yield from _change(op.lower(), path, value)
        elif op.lower() == "remove":
            raise Refused("workspaces.scim_no_target", 400)
        elif isinstance(value, dict):
            yield from _spread(op.lower(), value)
        else:
            raise Refused("workspaces.scim_bad_body", 400)


def _get(thing: dict[str, Any], name: str) -> Any:
    """Names of attributes know no upper and lower case."""
    return next((value for key, value in thing.items() if key.lower() == name), None)


def _spread(op: str, value: dict[str, Any]) -> Iterator[Change]:
    """The attributes of a resource, or of an operation without a path, one by one."""
    for path, one in value.items():
        yield from _change(op, path, one)


def _change(op: str, path: str, value: Any) -> Iterator[Change]:
    path = PREFIX.sub("", path)
    if path.lower().startswith("urn:"):
        return  # an extension
    found = _PATH.match(path)
    if found is None:
        raise Refused("workspaces.scim_bad_path", 400, path=path[:100])
    name, sub = found["name"].lower(), (found["sub"] or "").lower()
    if name == "name" and not sub and isinstance(value, dict):
        for key, one in value.items():
            yield Change(op, f"name.{key.lower()}", "", one)
    else:
        yield Change(op, f"{name}.{sub}" if sub else name, found["only"] or "", value)


def _person_with(said: Person, change: Change, before: Person) -> Person:
    if change.path == "active":
        return structs.replace(said, active=change.op != "remove" and _truth(change.value))
    if change.path in {"emails", "emails.value"}:
        found = _email(change)
        return said if found is None else structs.replace(said, email=found)
    field = _FIELDS.get(change.path)
    if field is None:
        return said
    name, most = field
    if change.path == "name.formatted" and said.name != before.name:
        return said  # the name to be shown counts for more
    if change.op == "remove" or change.value is None:
        empty = None if name == "external_id" else ""
        return structs.replace(said, **{name: empty})
    return structs.replace(said, **{name: _text(change.value, change.path, most)})


def _email(change: Change) -> str | None:
    """The address that an attribute names; None where it is another than the one at work."""
    if change.only:
        clause = _CLAUSE.match(change.only)
        if clause is None:
            raise Refused("workspaces.scim_bad_path", 400, path=f"emails[{change.only[:60]}]")
        wanted = {"type": "work", "primary": "true"}.get(clause[1].lower())
        if (clause[2] or clause[3] or "").lower() != wanted:
            return None
    if change.op == "remove":
        return ""
    value = change.value
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, list):
        rows = [one for one in value if isinstance(one, dict) and _get(one, "value")]
        rows.sort(key=lambda one: (not _get(one, "primary"), _get(one, "type") != "work"))
        if not rows:
            return ""
        value = _get(rows[0], "value")
    email = _text(value, "emails", 254)
    if not _EMAIL.match(email):
        raise bad_value("emails")
    return email


def _group_with(said: Group, change: Change) -> Group:
    if change.path == "displayname":
        name = "" if change.op == "remove" else _text(change.value, "displayName", 200)
        if not name:
            raise bad_value("displayName")
        return structs.replace(said, name=name)
    if change.path == "externalid":
        gone = change.op == "remove" or change.value is None
        external = None if gone else _text(change.value, "externalId", 255)
        return structs.replace(said, external_id=external)
    if change.path != "members":
        return said
    members = _members(said, change)
    if len(members) > MOST_MEMBERS:
        raise bad_value("members")
    return structs.replace(said, members=members)


def _members(said: Group, change: Change) -> frozenset[UUID]:
    if change.only:
        clause = _CLAUSE.match(change.only)
        if clause is None or clause[1].lower() != "value" or clause[2] is None:
            raise Refused("workspaces.scim_bad_path", 400, path=f"members[{change.only[:60]}]")
        named = frozenset(_ids([clause[2]], strict=change.op != "remove"))
    elif change.op == "remove" and change.value is None:
        return frozenset()
    else:
        named = frozenset(_ids(_values(change.value), strict=change.op != "remove"))
    if change.op == "remove":
        return said.members - named
    return named if change.op == "replace" else said.members | named


def _values(value: Any) -> list[Any]:
    rows = value if isinstance(value, list) else [] if value is None else [value]
    return [_get(one, "value") if isinstance(one, dict) else one for one in rows]


def _ids(values: Iterable[Any], *, strict: bool) -> Iterator[UUID]:
    """Who is to go and was never there is no fault."""
    for value in values:
        try:
            yield UUID(value)
        except (ValueError, TypeError, AttributeError) as fault:
            if strict:
                raise bad_value("members") from fault


def _truth(value: Any) -> bool:
    """Some say it in words."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in {"true", "false"}:
        return value.strip().lower() == "true"
    raise bad_value("active")


def _text(value: Any, attribute: str, most: int) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or len(value.strip()) > most or "\x00" in value:
        raise bad_value(attribute)
    return value.strip()
