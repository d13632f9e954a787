"""The contract, as the routes and frames themselves state it: OpenAPI 3.1 with every socket frame in it."""

from typing import Any

import msgspec
from litestar import Litestar

from kezhan.app import dependencies, openapi, routes
from kezhan.channels.schemas import ReachFrame
from kezhan.channels.visitor_schemas import Auth, PageFrame, Ready
from kezhan.conversations import schemas as c
from kezhan.conversations.reactions.schemas import React
from kezhan.devices.schemas import PersonalFrame
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


def contract() -> bytes:
    """`openapi.json`, stable to the byte."""
    app = Litestar(routes(), dependencies=dependencies(), openapi_config=openapi(), logging_config=None)
    document: dict[str, Any] = app.openapi_schema.to_schema()
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    shapes = {shape for union in _UNIONS.values() for shape in union}
    _, found = msgspec.json.schema_components(
        sorted(shapes, key=lambda shape: shape.__name__), ref_template="#/components/schemas/{name}"
    )
    schemas |= {name: shape for name, shape in found.items() if name not in schemas}
    for name, union in _UNIONS.items():
        schemas[name] = {"oneOf": [{"$ref": f"#/components/schemas/{shape.__name__}"} for shape in union]}
    document["components"]["schemas"] = dict(sorted(schemas.items()))
    document["paths"] = dict(sorted(document["paths"].items()))
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
