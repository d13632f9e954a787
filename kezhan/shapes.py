"""What the contract says beyond the routes: socket frames, webhooks, refusals, who may call what."""

from collections.abc import Mapping
from typing import Any

import msgspec

from kezhan.channels.schemas import ReachFrame
from kezhan.channels.visitor_schemas import Auth, PageFrame, Ready
from kezhan.conversations import schemas as c
from kezhan.conversations.reactions.schemas import React
from kezhan.devices.schemas import PersonalFrame
from kezhan.integrations.schemas import WebhookEvent
from kezhan.kit.errors import Problem
from kezhan.proactive.schemas import Invited
from kezhan.realtime.schemas import Attend, Follow, Ping, Pong, Refusal, Stale
from kezhan.routing.schemas import OfferFrame, OfferOverFrame, PlaceFrame, SeatFrame
from kezhan.scheduled.schemas import ScheduledMoved
from kezhan.staffchat.schemas import StaffChanged, StaffRead, StaffRoomsMoved, StaffTyping

AGENT_SAYS = (
    c.Send,
    c.Edit,
    c.Recall,
    React,
    c.MarkFrame,
    c.Typing,
    c.Watch,
    c.Unwatch,
    c.Lists,
    Follow,
    Attend,
    Ping,
)
AGENT_HEARS = (
    c.Ack,
    c.Done,
    Refusal,
    c.Changed,
    c.Resync,
    c.TypingSeen,
    c.PresenceSeen,
    c.Viewers,
    c.MentionsMoved,
    ScheduledMoved,
    c.ReadElsewhere,
    c.Listed,
    c.ListsReady,
    c.DraftMoved,
    PersonalFrame,
    Stale,
    SeatFrame,
    OfferFrame,
    OfferOverFrame,
    ReachFrame,
    StaffChanged,
    StaffRead,
    StaffTyping,
    StaffRoomsMoved,
    Pong,
)
VISITOR_SAYS = (Auth, c.Send, c.Edit, c.Recall, React, c.MarkFrame, c.Typing, c.Watch, PageFrame, Ping)
VISITOR_HEARS = (
    Ready,
    c.Ack,
    c.Done,
    Refusal,
    c.VisitorChanged,
    c.Resync,
    c.TypingSeen,
    c.AgentsOnline,
    Invited,
    PlaceFrame,
    Pong,
)
_UNIONS: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "WorkspaceFrame": AGENT_SAYS,
    "WorkspaceEvent": AGENT_HEARS,
    "VisitorFrame": VISITOR_SAYS,
    "VisitorEvent": VISITOR_HEARS,
}


_TOLD = """
Programs call with an API key: `Authorization: Bearer kza_…`. Each answer says how many calls are left
(`RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` in seconds); beyond them it is 429 with
`Retry-After`. A `POST` or `PATCH` with an `Idempotency-Key` of the caller's is carried out once: for 24 hours
the same request gets the same answer (`Idempotent-Replayed: true`), another request with that key 422, one
that comes while the first is being carried out 409. Refusals are `application/problem+json` with a stable
`code`. Lists go on with `after`, which is the `next` of the page before.
"""
_KEY: dict[str, list[str]] = {"key": []}
_SESSION: dict[str, list[str]] = {"session": []}


def complete(document: dict[str, Any], guards: Mapping[str, str]) -> dict[str, Any]:
    """The document with all of that in it, in a stable order. `guards`: the rule of each operation."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    shapes = {shape for union in _UNIONS.values() for shape in union} | {WebhookEvent, Problem}
    _, found = msgspec.json.schema_components(
        sorted(shapes, key=lambda shape: shape.__name__), ref_template="#/components/schemas/{name}"
    )
    schemas |= {name: shape for name, shape in found.items() if name not in schemas}
    for name, union in _UNIONS.items():
        schemas[name] = {"oneOf": [{"$ref": f"#/components/schemas/{shape.__name__}"} for shape in union]}
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["components"]["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key, `kza_…`."},
        "session": {"type": "apiKey", "in": "cookie", "name": "kz_session"},
    }
    document["info"]["description"] = " ".join(_TOLD.split())
    document["paths"] = dict(sorted(document["paths"].items()))
    rooms = set()
    for methods in document["paths"].values():
        for operation in methods.values():
            rooms.add(_complete_operation(operation, guards))
    document["tags"] = [{"name": room} for room in sorted(rooms)]
    event = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/WebhookEvent"}}}}
    heard = {"2XX": {"description": "Taken; anything else is sent again."}}
    told = {
        "operationId": "webhook_event",
        "tags": ["integrations"],
        "requestBody": event,
        "responses": heard,
    }
    document["webhooks"] = {"event": {"post": told | {"tags": ["integrations"]}}}
    return document


def _complete_operation(operation: dict[str, Any], guards: Mapping[str, str]) -> str:
    """Its room."""
    room = str(operation["operationId"].partition("_")[0])
    operation["tags"] = [room]
    refused = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers = {status: answer for status, answer in operation["responses"].items() if status[0] in "23"}
    operation["responses"] = answers | {"4XX": {"description": "Refused", "content": refused}}
    rule, _, right = guards[operation["operationId"]].partition(": ")
    if rule == "needs":
        operation["security"] = [_KEY, _SESSION]
        operation["x-permission"] = right
    else:
        operation["security"] = [] if rule == "public" else [_SESSION]
    return room
