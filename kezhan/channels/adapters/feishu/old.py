"""Events of the first version, as those of the second would be:

{"uuid", "token", "ts", "type": "event_callback", "event": {"type", "open_id", "open_chat_id", …}}
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from kezhan.kit.loose import rows, word

_READ = "im.message.message_read_v1"
_RECEIVED = "im.message.receive_v1"


def modern(body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The type and content the second version would have."""
    event = body.get("event")
    kind = word(event, "type")
    if not isinstance(event, dict):
        return kind, {}
    people = {"open_id": word(event, "open_id"), "union_id": word(event, "union_id")}
    if kind == "message":
        seconds = word(body, "ts").partition(".")[0]
        message = {
            "message_id": word(event, "open_message_id"),
            "parent_id": word(event, "parent_id"),
            "chat_id": word(event, "open_chat_id"),
            "chat_type": "p2p" if word(event, "chat_type") == "private" else "group",
            "message_type": word(event, "msg_type"),
            "content": msgspec.json.encode(_content(event)).decode(),
            "create_time": f"{seconds}000",
        }
        return _RECEIVED, {"sender": {"sender_id": people}, "message": message}
    if kind == "message_read":
        return _READ, {"reader": {"reader_id": people}, "message_id_list": rows(event, "open_message_ids")}
    return kind, {"chat_id": word(event, "open_chat_id"), "operator_id": people, **event}


def _content(event: Mapping[str, Any]) -> dict[str, Any]:
    text = word(event, "text_without_at_bot") or word(event, "text")
    if word(event, "msg_type") != "post":
        return {**event, "text": text}
    images = [{"tag": "img", "image_key": word(key)} for key in rows(event, "image_keys")]
    return {"title": word(event, "title"), "content": [[{"tag": "text", "text": text}], images]}
