"""What a message without a file says: by the same fields in a session, where it has a type, and by the
robot's interface, where it has a key."""

from typing import NamedTuple

from kezhan.channels.base import Outbound, OutboundCard


class Said(NamedTuple):
    """`type` in a session, `key` of the robot."""

    type: str
    key: str
    fields: dict[str, str]


def said(outbound: Outbound) -> Said:
    """A text; a card with its page as a link, without one as Markdown; with a button an action card."""
    card, text = outbound.card, outbound.text
    title = card.title if card is not None else text.partition("\n")[0]
    shown = {"title": title, "text": "\n\n".join(line for line in (text, *_lines(card)) if line)}
    if outbound.buttons:
        (button,) = outbound.buttons
        pressed = {"singleTitle": button.text, "singleURL": button.url}
        return Said("actionCard", "sampleActionCard", {**shown, **pressed})
    if card is None:
        return Said("text", "sampleText", {"content": text})
    if not card.url:
        return Said("markdown", "sampleMarkdown", shown)
    words = "\n".join(line for line in (text, card.text) if line) or card.title
    picture = card.picture.url if card.picture is not None else ""
    link = {"title": card.title, "text": words, "messageUrl": card.url, "picUrl": picture}
    return Said("link", "sampleLink", link)


def _lines(card: OutboundCard | None) -> list[str]:
    """The card in Markdown."""
    if card is None:
        return []
    title = f"[{card.title}]({card.url})" if card.url else card.title
    picture = f"![]({card.picture.url})" if card.picture is not None else ""
    return [line for line in (f"#### {title}", picture, card.text.replace("\n", "\n\n")) if line]
