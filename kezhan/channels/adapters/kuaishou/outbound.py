"""What goes out: a body of the shape the settings give it."""

from collections.abc import Mapping
from typing import Any

import msgspec

from kezhan.channels.adapters.kuaishou.call import called
from kezhan.channels.base import Line, Outbound, Receipt, Turned


async def send(line: Line, outbound: Outbound) -> Receipt:
    """Raises Retry, Turned and Expired."""
    settings = line.account.settings
    if not settings.send_url:
        raise Turned("no address to send to is set", fault="not_allowed")
    words = {
        "{{customer}}": outbound.external_id,
        "{{text}}": outbound.text,
        "{{id}}": outbound.event_id,
        "{{app}}": settings.app_id,
    }
    body = _filled(msgspec.json.decode(settings.send_body), words)
    token = {settings.auth_name: await line.token()}
    place = {"headers": token} if settings.auth_in == "header" else {"query": token}
    answer = await called(line, settings.send_url, json=body, **place)
    return Receipt(external_id=str(answer.message_id), status=200)


def _filled(shape: Any, words: Mapping[str, str]) -> Any:
    if isinstance(shape, dict):
        return {name: _filled(value, words) for name, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(value, words) for value in shape]
    if not isinstance(shape, str):
        return shape
    # Each piece on its own: what a customer is called or an agent writes is never filled again.
    return "".join(words.get(piece, piece) for piece in _pieces(shape))


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    while "{{" in text and "}}" in text[text.index("{{") :]:
        before, _, rest = text.partition("{{")
        name, _, text = rest.partition("}}")
        pieces += [before, "{{" + name + "}}"]
    return [*pieces, text]
