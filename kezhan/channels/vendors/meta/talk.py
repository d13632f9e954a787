"""What a page or an Instagram account hears: Messenger's shape, which Instagram shares."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from kezhan.channels.base import (
    Account,
    Came,
    Edited,
    Happened,
    Inbound,
    InboundFile,
    Progress,
    Reacted,
    Recalled,
    Request,
    Unreadable,
)
from kezhan.channels.vendors.meta.items import (
    Attachment,
    Body,
    Delivery,
    Item,
    MessageIn,
    Moment,
    Postback,
    Reaction,
    Read,
    Referral,
    moment_of,
    raw_items,
)
from kezhan.channels.vendors.meta.say import SIGNS

MARK = "kezhan:"
"""What the metadata of our own messages begins with."""
PARTS = 10
"""So many files one message may hold; each becomes a message here."""
_FILES = frozenset({"image", "video", "audio", "file"})
_ENVELOPE = frozenset({"sender", "recipient", "timestamp"})
_ECHOED = ("mid", "is_echo", "app_id", "metadata")
_decoder = msgspec.json.Decoder(dict[str, Any])


def parse_items(request: Request, account: Account, of: str) -> Sequence[Came] | Unreadable:
    """All that the call brings about the object `of` ("page", "instagram"), in its order. The account's
    settings have our program's `app_id`."""
    try:
        body = msgspec.convert(_decoder.decode(request.body), Body)
        if body.object != of:
            return []
        return [one for raw in raw_items(body) for one in _came(raw, account.settings.app_id)]
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])


def _came(raw: dict[str, Any], app_id: str) -> Iterator[Came]:
    if not isinstance(raw.get("sender"), dict):
        return  # of the page itself
    item = _item(raw)
    who = item.sender.id
    if item.came_by is not None:
        yield _referred(item, item.came_by)
    if item.message is not None:
        yield from _message(item, item.message, app_id)
    elif item.message_edit is not None:
        yield Edited(external_id=who, message_id=item.message_edit.mid, text=item.message_edit.text)
    elif item.delivery is not None:
        yield from _delivered(who, item.delivery)
    elif item.read is not None:
        yield from _read(who, item.read)
    elif item.postback is not None and (item.postback.title or item.postback.payload):
        yield _pressed(item, item.postback)
    elif item.reaction is not None and item.reaction.mid:
        yield _reacted(item, item.reaction)
    elif item.came_by is None:
        event = next((name for name in raw if name not in _ENVELOPE), "unknown")[:64]
        yield Happened(external_id=who, dedup_key=_key(event, item), event=event)


def _item(raw: dict[str, Any]) -> Item:
    """One whose content is not as documented keeps its place among the others, as of an unknown kind."""
    try:
        return msgspec.convert(raw, Item)
    except msgspec.ValidationError:
        bare = {name: raw[name] for name in _ENVELOPE if name in raw}
        message = raw.get("message")
        if isinstance(message, dict):
            bare["message"] = {name: message[name] for name in _ECHOED if name in message}
        return msgspec.convert(bare, Item)


def _key(event: str, item: Item) -> str:
    return f"{event}:{item.sender.id}:{item.timestamp}"


def _referred(item: Item, by: Referral) -> Happened:
    return Happened(
        external_id=item.sender.id,
        dedup_key=_key("referral", item),
        event="referral",
        by="ad" if by.source == "ADS" else "link",
        word=by.word,
    )


def ticket_of(timestamp: Moment) -> str:
    """When she has written, in milliseconds: how long ago that is decides how she may be answered."""
    at = moment_of(timestamp)
    return "" if at is None else str(int(at.timestamp() * 1000))


def _message(item: Item, message: MessageIn, app_id: str) -> Iterator[Came]:
    who = item.sender.id
    if message.is_echo:
        own = message.metadata.startswith(MARK) or (app_id and str(message.app_id) == app_id)
        if item.recipient is None:
            return
        who = item.recipient.id
        if own:
            event_id = message.metadata.removeprefix(MARK)
            if event_id and not message.is_deleted:
                yield Progress(external_id=who, state="sent", message_id=message.mid, event_id=event_id)
            return
    if message.is_deleted:
        yield Recalled(external_id=who, message_id=message.mid)
        for part in range(1, PARTS):
            yield Recalled(external_id=who, message_id=_part(message.mid, part))
        return
    files = [one for one in message.attachments if _is_file(one)]
    for number, file in enumerate(files):
        text = _text(message) if number == 0 else ""
        yield _said(item, message, who, number, kind="file", text=text, file=file)
    if not files:
        text = _text(message)
        yield _said(item, message, who, 0, kind="text" if text else "unsupported", text=text, file=None)


def _part(mid: str, number: int) -> str:
    return f"{mid}#{number}" if number else mid


def _said(
    item: Item,
    message: MessageIn,
    who: str,
    number: int,
    *,
    kind: Any,
    text: str,
    file: Attachment | None,
) -> Inbound:
    named = _part(message.mid, number)
    shown = file or next(iter(message.attachments), None)
    url = file.payload.url if file is not None and file.payload is not None else ""
    return Inbound(
        external_id=who,
        dedup_key=named,
        kind=kind,
        text=text,
        file=InboundFile(url=url) if file is not None else None,
        message_id=named,
        quote_id=message.reply_to.mid if message.reply_to is not None else "",
        sent_at=moment_of(item.timestamp),
        original_kind=shown.type[:64] if shown is not None else "text" if text else "unknown",
        ticket="" if message.is_echo else ticket_of(item.timestamp),
        ours=message.is_echo,
        tap=message.quick_reply.payload[:64] if message.quick_reply is not None and number == 0 else "",
    )


def _is_file(one: Attachment) -> bool:
    return one.type in _FILES and one.payload is not None and bool(one.payload.url)


def _text(message: MessageIn) -> str:
    """Her words, with what is shared or answered as lines below. The picture of a story is never kept, only
    where it is."""
    lines = [message.text]
    if message.reply_to is not None and message.reply_to.story is not None:
        lines.append(f"↩ {message.reply_to.story.url}")
    for one in message.attachments:
        if not _is_file(one):
            lines += [line for line in _shared(one) if line not in message.text]
    return "\n".join(line for line in lines if line)


def _shared(one: Attachment) -> Iterator[str]:
    payload = one.payload
    if payload is not None and payload.coordinates is not None:
        yield f"📍 {payload.coordinates.lat:.6f}, {payload.coordinates.long:.6f}"
    yield one.title or (payload.title if payload is not None else "")
    yield one.url or (payload.url if payload is not None else "")


def _delivered(who: str, delivery: Delivery) -> Iterator[Progress]:
    until = moment_of(delivery.watermark)
    if until is not None:
        yield Progress(external_id=who, state="delivered", until=until)
        return
    for mid in delivery.mids:
        yield Progress(external_id=who, state="delivered", message_id=mid)


def _read(who: str, read: Read) -> Iterator[Progress]:
    until = moment_of(read.watermark)
    if until is not None or read.mid:
        yield Progress(external_id=who, state="read", message_id=read.mid, until=until)


def _pressed(item: Item, postback: Postback) -> Inbound:
    """A button or an entry of the menu says what stands on it."""
    return Inbound(
        external_id=item.sender.id,
        dedup_key=postback.mid or _key("postback", item),
        kind="text",
        text=postback.title or postback.payload,
        message_id=postback.mid,
        sent_at=moment_of(item.timestamp),
        original_kind="postback",
        ticket=ticket_of(item.timestamp),
        tap=postback.payload[:64],
    )


def _reacted(item: Item, reaction: Reaction) -> Reacted:
    emoji = (reaction.emoji or SIGNS.get(reaction.reaction, "👍")) if reaction.action == "react" else ""
    return Reacted(external_id=item.sender.id, message_id=reaction.mid, emoji=emoji)
