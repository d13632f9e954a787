"""What a message without a file says: in a session, where it has a type, and by the robot's interface, where
it has a key. The fields are the same but for those of several buttons."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from kezhan.channels.base import Button, Outbound, OutboundCard

_SAYS = "dtmd://dingtalkclient/sendMessage?content="


class Said(NamedTuple):
    """`type` and `fields` in a session, `key` and `params` of the robot (None: the same fields)."""

    type: str
    key: str
    fields: Mapping[str, object]
    params: Mapping[str, str] | None = None


def said(outbound: Outbound) -> Said:
    """A text; a card with its page as a link, without one as Markdown; with buttons an action card."""
    card, text = outbound.card, outbound.text
    title = card.title if card is not None else text.partition("\n")[0]
    shown = {"title": title, "text": "\n\n".join(line for line in (text, *_lines(card)) if line)}
    if len(outbound.buttons) == 1:
        (button,) = outbound.buttons
        pressed = {"singleTitle": button.text, "singleURL": _opens(button)}
        return Said("actionCard", "sampleActionCard", {**shown, **pressed})
    if outbound.buttons:
        return _several(shown, outbound.buttons)
    if card is None:
        return Said("text", "sampleText", {"content": text})
    if not card.url:
        return Said("markdown", "sampleMarkdown", shown)
    words = "\n".join(line for line in (text, card.text) if line) or card.title
    picture = card.picture.url if card.picture is not None else ""
    link = {"title": card.title, "text": words, "messageUrl": card.url, "picUrl": picture}
    return Said("link", "sampleLink", link)


def _several(shown: Mapping[str, str], buttons: Sequence[Button]) -> Said:
    """One below the other."""
    listed = [{"title": one.text, "actionURL": _opens(one)} for one in buttons]
    params = dict(shown)
    for number, one in enumerate(buttons, 1):
        params |= {f"actionTitle{number}": one.text, f"actionURL{number}": _opens(one)}
    fields = {**shown, "btnOrientation": "0", "btns": listed}
    return Said("actionCard", f"sampleActionCard{len(buttons)}", fields, params)


def _opens(button: Button) -> str:
    """Its page; of an answer what has her say it, as a message of hers like any other."""
    return button.url or f"{_SAYS}{quote(button.text, safe='')}"


def _lines(card: OutboundCard | None) -> list[str]:
    """The card in Markdown."""
    if card is None:
        return []
    title = f"[{card.title}]({card.url})" if card.url else card.title
    picture = f"![]({card.picture.url})" if card.picture is not None else ""
    return [line for line in (f"#### {title}", picture, card.text.replace("\n", "\n\n")) if line]
