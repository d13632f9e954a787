"""A message as its channel can carry it: cut where it is too long, a file as a link where it may not go as
one. Pure: the same message, the same parts, whatever has been sent of them already."""

from collections.abc import Callable
from uuid import UUID

from msgspec import structs

from kezhan.channels.base import Button, Capabilities, CardNeeds, Outbound, OutboundCard, OutboundFile

_BREAKS = ("\n\n", "\n", "。", "！", "？", ". ", "! ", "? ", "；", "，", ", ", " ")
"""Where a text is rather cut, the best first."""
_LEAST = 0.5
"""A cut in the first half of what fits would leave too short a part."""
_DIGITS = 4
"""Of the number of a part, at most."""


def parts_of(able: Capabilities, outbound: Outbound, link: str = "") -> list[Outbound]:
    """At least one; the first keeps the event's id, the others have it with their number. `link`: where the
    customer can fetch the file, if it does not go as one."""
    if outbound.what in {"recalled", "closed", "reacted"} or outbound.template is not None:
        return [outbound]
    outbound = plainly(able, outbound)
    file, text = outbound.file, outbound.text
    if file is not None and not carries(able, file):
        text = "\n".join(line for line in (text, f"{file.name} {link}".strip()) if line)
        file = None
    most = min(able.text_length, able.button_body) if outbound.buttons else able.text_length
    pieces = cut(text, most, length_in(able)) if text or file is None else []
    # What is a message by itself stands below that of its text.
    alone = outbound.card is not None and (able.cards_alone or _placed(able, outbound, outbound.card))
    if outbound.what == "edited":
        pieces = pieces[:1]
    bodies: list[tuple[str, OutboundFile | None]] = [(piece, None) for piece in pieces]
    if file is not None and able.captions and len(pieces) <= 1:
        bodies = [(pieces[0] if pieces else "", file)]
    elif file is not None or (alone and text):
        bodies.append(("", file))
    return [
        structs.replace(
            outbound,
            event_id=outbound.event_id if number == 0 else f"{outbound.event_id}.{number}",
            text=body,
            file=carried,
            card=outbound.card if number == len(bodies) - 1 else None,
            buttons=outbound.buttons if number == len(bodies) - 1 else (),
            kind="text" if carried is None else "file",
            first=number == 0,
            quote_seq=outbound.quote_seq if number == 0 else None,
            quote_id=outbound.quote_id if number == 0 else "",
        )
        for number, (body, carried) in enumerate(bodies)
    ]


def part_of(event_id: str) -> tuple[UUID, int] | None:
    """The delivery and the number of its part that went out under this id; None where it is none of ours."""
    row_id, dot, number = event_id.partition(".")
    if dot and not (number.isdecimal() and len(number) <= _DIGITS):
        return None
    try:
        return UUID(row_id), int(number or 0)
    except ValueError:
        return None


def plainly(able: Capabilities, outbound: Outbound) -> Outbound:
    """What of card and buttons the channel does not have becomes lines of its text, below the card's picture
    where that can have a text."""
    card, buttons, lines = outbound.card, list(outbound.buttons), [outbound.text]
    file = outbound.file
    kept = _kept(able, buttons)
    if card is not None and card.page is not None and not _opens(able, outbound, card):
        card = structs.replace(card, page=None)
    if card is not None and not (_drawn(able, outbound, card) or _placed(able, outbound, card)):
        picture = card.picture
        shown = picture is not None and able.captions and not kept and carries(able, picture)
        address = picture.url if picture is not None and not shown else ""
        lines += [card.title, card.text, card.url or address]
        card, file = None, picture if shown else file
    lines += [f"{one.text} {one.url}" if one.url else f"[{one.text}]" for one in buttons if one not in kept]
    text = "\n".join(line for line in lines if line)
    return structs.replace(outbound, text=text, card=card, buttons=kept, file=file)


def _kept(able: Capabilities, buttons: list[Button]) -> list[Button]:
    """The buttons that stay some; those that open a page give way to the others, and all to one that asks."""
    asking = next((one for one in buttons if one.asks in able.asks), None)
    if asking is not None:
        return [asking]
    fit = [one for one in buttons if len(one.text) <= able.button_text]
    replies = [one for one in fit if not one.url]
    kept = [one for one in fit if able.button_links or not one.url]
    most = able.buttons if able.buttons_linked is None else able.buttons_linked
    if len(kept) > len(replies) and len(kept) > most:
        kept = replies
    return kept if len(kept) <= able.buttons else []


def _drawn(able: Capabilities, outbound: Outbound, card: OutboundCard) -> bool:
    """Whether the platform draws this card."""
    if card.page is not None:
        return True
    short = max(len(card.title), len(card.text)) <= able.card_text
    return able.cards and short and _meets(able.card_needs, outbound, card)


def _opens(able: Capabilities, outbound: Outbound, card: OutboundCard) -> bool:
    """Whether the platform opens the page of this card."""
    if able.pages is None or card.page is None or able.pages_of not in {"", card.page.app_id}:
        return False
    return _meets(able.pages, outbound, card)


def _meets(needs: CardNeeds, outbound: Outbound, card: OutboundCard) -> bool:
    if (needs.alone and (outbound.text or outbound.buttons)) or (needs.url and not card.url):
        return False
    return not needs.pictures or (card.picture is not None and card.picture.media_type in needs.pictures)


def _placed(able: Capabilities, outbound: Outbound, card: OutboundCard) -> bool:
    if able.card_needs.alone and outbound.text:
        return False
    return able.places if card.place is not None else able.persons if card.phone else False


def carries(able: Capabilities, file: OutboundFile) -> bool:
    """Whether the channel takes this file as a file."""
    if "file" not in able.sends or file.size > able.file_bytes:
        return False
    if file.milliseconds:
        return True
    if not able.files:
        return True
    family = file.media_type.partition("/")[0] + "/*"
    return any(file.size <= able.files[one] for one in (file.media_type, family, "*/*") if one in able.files)


def length_in(able: Capabilities) -> Callable[[str], int]:
    """How the channel counts a text."""
    if able.text_unit == "bytes":
        return lambda text: len(text.encode("utf-8", "replace"))
    if able.text_unit == "utf16":
        return lambda text: len(text.encode("utf-16-le", "replace")) // 2
    return len


def cut(text: str, most: int, length: Callable[[str], int]) -> list[str]:
    """The text in pieces of at most `most`, cut between paragraphs, sentences, words, in this order; nothing
    of it is lost but the space at a cut."""
    pieces: list[str] = []
    rest = text
    while length(rest) > most:
        fits = _fitting(rest, most, length)
        end = _break(rest, fits)
        pieces.append(rest[:end].rstrip())
        rest = rest[end:].lstrip("\n ")
    return [*pieces, rest] if rest or not pieces else pieces


def _fitting(text: str, most: int, length: Callable[[str], int]) -> int:
    """How many characters of it fit; one at least."""
    low, high = 1, min(len(text), most)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle]) <= most:
            low = middle
        else:
            high = middle - 1
    return low


def _break(text: str, fits: int) -> int:
    if text[fits : fits + 1].isspace():
        return fits
    for mark in _BREAKS:
        found = text.rfind(mark, 0, fits)
        if found >= fits * _LEAST:
            return found + len(mark)
    return fits
