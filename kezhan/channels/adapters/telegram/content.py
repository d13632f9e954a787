"""What a message says, whatever it is made of."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct

from kezhan.channels.adapters.telegram.update import Entity, Location, Media, Message
from kezhan.channels.base import InboundFile

_FILES = {
    "animation": ("animation.mp4", "video/mp4"),
    "voice": ("voice.ogg", "audio/ogg"),
    "video_note": ("video.mp4", "video/mp4"),
    "video": ("video.mp4", "video/mp4"),
    "audio": ("audio.mp3", "audio/mpeg"),
    "document": ("document", ""),
}
"""The files by their field, with what they are called where the platform does not say. An
animation brings its document too, so it stands first."""
_ENVELOPE = frozenset(
    {
        "message_id", "message_thread_id", "is_topic_message", "from", "sender_chat", "sender_boost_count",
        "sender_business_bot", "sender_tag", "date", "edit_date", "business_connection_id", "chat",
        "forward_origin", "is_automatic_forward", "reply_to_message", "external_reply", "quote",
        "reply_to_story", "reply_to_checklist_task_id", "via_bot", "has_protected_content", "is_from_offline",
        "is_paid_post", "media_group_id", "author_signature", "paid_star_count", "entities",
        "caption", "caption_entities", "link_preview_options", "effect_id", "show_caption_above_media",
        "has_media_spoiler", "reply_markup", "direct_messages_topic",
    }
)  # fmt: skip
"""What every message may carry besides its content."""
_SERVICE = frozenset(
    {
        "new_chat_members", "left_chat_member", "new_chat_title", "new_chat_photo", "delete_chat_photo",
        "group_chat_created", "supergroup_chat_created", "channel_chat_created", "migrate_to_chat_id",
        "migrate_from_chat_id", "pinned_message", "message_auto_delete_timer_changed",
        "connected_website", "write_access_allowed", "boost_added", "chat_background_set",
        "forum_topic_created", "forum_topic_edited", "forum_topic_closed", "forum_topic_reopened",
        "general_forum_topic_hidden", "general_forum_topic_unhidden", "video_chat_scheduled",
        "video_chat_started", "video_chat_ended", "video_chat_participants_invited",
    }
)  # fmt: skip
"""Said by the platform, not by anybody in the chat."""


class Content(Struct, frozen=True, kw_only=True):
    """`original` is the platform's word; a service message is nobody's."""

    kind: Literal["text", "file", "unsupported", "service"]
    original: str
    text: str = ""
    file: InboundFile | None = None


def content_of(message: Message, raw: dict[str, Any]) -> Content:
    """`raw` is the message as it came, for kinds that are not known here."""
    if message.text:
        return Content(kind="text", original="text", text=_linked(message.text, message.entities))
    found = _file(message)
    if found is not None:
        original, file = found
        emoji = message.sticker.emoji if message.sticker is not None else ""
        caption = _linked(message.caption, message.caption_entities)
        return Content(kind="file", original=original, text=caption or emoji, file=file)
    for original, lines in _cards(message):
        text = "\n".join(line for line in lines if line)
        if text:
            return Content(kind="text", original=original, text=text)
    original = next((name for name in raw if name not in _ENVELOPE), "unknown")
    kind: Literal["service", "unsupported"] = "service" if original in _SERVICE else "unsupported"
    return Content(kind=kind, original=original, text=message.caption)


def _linked(text: str, entities: Sequence[Entity]) -> str:
    """With the addresses that its words hide behind them."""
    units = text.encode("utf-16-le", "surrogatepass")
    for one in sorted(entities, key=lambda one: -one.offset):
        end = 2 * (one.offset + one.length)
        if one.url and 0 < end <= len(units):
            units = units[:end] + f" ({one.url})".encode("utf-16-le", "surrogatepass") + units[end:]
    return units.decode("utf-16-le", "replace")


def _file(message: Message) -> tuple[str, InboundFile] | None:
    if message.photo:
        # The sizes of one picture, the largest last.
        ref = message.photo[-1].file_id
        return "photo", InboundFile(ref=ref, name="photo.jpg", media_type="image/jpeg")
    if message.sticker is not None:
        return "sticker", _sticker(message.sticker)
    for field, (name, media_type) in _FILES.items():
        media: Media | None = getattr(message, field)
        if media is not None:
            named, typed = media.file_name or name, media.mime_type or media_type
            return field, InboundFile(ref=media.file_id, name=named, media_type=typed)
    return None


def _sticker(sticker: Media) -> InboundFile:
    name, media_type = "sticker.webp", "image/webp"
    if sticker.is_animated:
        name, media_type = "sticker.tgs", "application/x-tgsticker"
    elif sticker.is_video:
        name, media_type = "sticker.webm", "video/webm"
    return InboundFile(ref=sticker.file_id, name=name, media_type=media_type)


def _cards(message: Message) -> Iterator[tuple[str, list[str]]]:
    """What is shown as lines of text. A venue brings its location too."""
    if message.venue is not None:
        venue = message.venue
        yield "venue", [f"📍 {venue.title}", venue.address, _point(venue.location)]
    if message.location is not None:
        yield "location", [f"📍 {_point(message.location)}"]
    if message.contact is not None:
        contact = message.contact
        yield "contact", [f"👤 {contact.first_name} {contact.last_name}".rstrip(), contact.phone_number]
    if message.dice is not None:
        yield "dice", [f"{message.dice.emoji} {message.dice.value}"]
    if message.poll is not None:
        yield "poll", [f"📊 {message.poll.question}", *(f"- {one.text}" for one in message.poll.options)]


def _point(place: Location) -> str:
    return f"{place.latitude:.6f}, {place.longitude:.6f}"
