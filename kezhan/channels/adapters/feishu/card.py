"""Cards with buttons, and what is told when one is pressed. A button's value says which it is and to whom it
was shown: of the chat the platform tells no kind then."""

from collections.abc import Mapping, Sequence
from typing import Any

from kezhan.channels.adapters.feishu.media import image
from kezhan.channels.adapters.feishu.person import GROUP
from kezhan.channels.base import Button, Came, Inbound, Line, Outbound
from kezhan.kit.loose import word

PRESSED = "card.action.trigger"


async def card_of(line: Line, outbound: Outbound) -> dict[str, Any]:
    """The message as one card: its text, then picture and lines, then the buttons; pressed anywhere else it
    opens its page."""
    card, elements = outbound.card, [_words(outbound.text)] if outbound.text else []
    made: dict[str, Any] = {"config": {"wide_screen_mode": True}}
    if card is not None:
        made["header"] = {"title": {"tag": "plain_text", "content": card.title}}
        if card.url:
            made["card_link"] = {"url": card.url}
        if card.picture is not None:
            key = await image(line, card.picture, await line.content(card.picture))
            alt = {"tag": "plain_text", "content": card.title}
            elements.append({"tag": "img", "img_key": key, "alt": alt})
        elements += [_words(card.text)] if card.text else []
    if outbound.buttons:
        pressed = [_button(one, outbound.external_id) for one in outbound.buttons]
        elements.append({"tag": "action", "actions": pressed})
    return {**made, "elements": elements}


def _words(text: str) -> dict[str, Any]:
    return {"tag": "div", "text": {"tag": "plain_text", "content": text}}


def _button(button: Button, to: str) -> dict[str, Any]:
    made = {"tag": "button", "text": {"tag": "plain_text", "content": button.text}, "type": "default"}
    if button.url:
        return {**made, "url": button.url}
    return {**made, "value": {"ref": button.ref, "to": to, "text": button.text}}


def came_press(event: Mapping[str, Any], key: str) -> Sequence[Came] | None:
    """None where the card is none of ours."""
    value, who = event.get("action", {}), word(event, "operator", "open_id")
    ref, to = word(value, "value", "ref"), word(value, "value", "to")
    if not ref or not to or not who:
        return None
    # A card for one that another has pressed, to whom it was passed on, is that one's word.
    group = to.startswith(GROUP)
    said = Inbound(
        external_id=to if group else who,
        dedup_key=key,
        kind="text",
        text=word(value, "value", "text") or ref,
        speaker=who if group else "",
        speaker_id=who if group else "",
        quote_id=word(event, "context", "open_message_id"),
        original_kind=PRESSED,
        tap=ref[:64],
    )
    return [said]
