"""Cards, buttons and reactions between a conversation and its platform."""

import re
from uuid import UUID

from msgspec import structs

from kezhan.cards.schemas import LinkCard, PersonCard, PlaceCard
from kezhan.cards.words import card_lines
from kezhan.channels.base import Button, MiniPage, Outbound, OutboundCard, OutboundFile, Place
from kezhan.conversations.items import Append
from kezhan.conversations.rich.card import pressed
from kezhan.conversations.rich.schemas import CardPayload, Tap
from kezhan.kit.db import Tx
from kezhan.kit.ids import parse_id

_NUMBER = re.compile("[0-9]{1,9}")


def with_card(outbound: Outbound, payload: CardPayload, picture: OutboundFile | None) -> Outbound:
    """The message with its card and buttons apart from its text. `picture`: the uploaded one of its card."""
    buttons = [
        Button(text=one.text, url=one.url, ref="" if one.url else ref_of(outbound, place), asks=one.asks)
        for place, one in enumerate(payload.buttons)
    ]
    card = _card(payload, picture)
    return structs.replace(outbound, text=payload.text, card=card, buttons=buttons)


def _card(payload: CardPayload, picture: OutboundFile | None) -> OutboundCard | None:
    if payload.card is None:
        return None
    card = payload.card
    title, *lines = card_lines(card)
    if isinstance(card, PlaceCard):
        place = Place(latitude=card.latitude, longitude=card.longitude, address=card.address)
        return OutboundCard(title=title, text="\n".join(lines), place=place)
    if isinstance(card, PersonCard):
        return OutboundCard(title=title, text=card.phone, phone=card.phone)
    url = card.url
    text = "\n".join(line for line in lines if line != url)
    page = card.page if isinstance(card, LinkCard) else None
    opens = MiniPage(app_id=page.app_id, path=page.path) if page is not None else None
    return OutboundCard(title=title, text=text, url=url, picture=picture, page=opens)


def ref_of(outbound: Outbound, place: int) -> str:
    """Names a button of this message, in 64 characters at the most."""
    return f"{outbound.conversation_id}.{outbound.seq}.{place}"


async def tapped(tx: Tx, item: Append, identity_id: UUID, ref: str) -> bool:
    """Make `item` the text of the button; False where it is none of ours, or another customer's."""
    tap = _tap(ref)
    return tap is not None and await pressed(tx, item, identity_id, tap)


def _tap(ref: str) -> Tap | None:
    name, *numbers = ref.split(".")
    conversation_id = parse_id(name)
    if conversation_id is None or len(numbers) != 2 or not all(map(_NUMBER.fullmatch, numbers)):
        return None
    seq, button = map(int, numbers)
    return Tap(conversation_id=conversation_id, seq=seq, button=button)
