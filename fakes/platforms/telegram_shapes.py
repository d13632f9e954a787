"""Parameters of the Bot API's methods, and the messages and updates it sends."""

import re
import time
from html.parser import HTMLParser
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from fakes.phone import Choice, Phone, Shown

TEXT, CAPTION, ANSWER = 4096, 1024, 200
UPLOAD, PHOTO, BY_URL, PHOTO_BY_URL, DOWNLOAD = 50 << 20, 10 << 20, 20 << 20, 5 << 20, 20 << 20
ACTIONS = {
    *(
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
    ),
    *("choose_sticker", "find_location", "record_video_note", "upload_video_note"),
}
# Method's own file field → the kind the phone shows.
FILES = {
    "photo": "image",
    "document": "file",
    "voice": "voice",
    "video": "video",
    "audio": "voice",
    "animation": "video",
    "video_note": "video",
    "sticker": "sticker",
}
TAGS = {
    *("b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "span", "tg-spoiler", "a", "code", "pre"),
    *("blockquote", "tg-emoji"),
}
_NESTED = {
    *("allowed_updates", "caption_entities", "entities", "link_preview_options", "media", "message_ids"),
    "reaction",
    *("reply_markup", "reply_parameters"),
}


class Entity(Struct, kw_only=True):
    type: str
    offset: Annotated[int, Meta(ge=0)]
    length: Annotated[int, Meta(ge=1)]
    url: str = ""
    language: str = ""


class LinkPreview(Struct, kw_only=True, forbid_unknown_fields=True):
    is_disabled: bool = False
    url: str = ""


class ReplyTo(Struct, kw_only=True, forbid_unknown_fields=True):
    message_id: int
    chat_id: int | str | None = None
    allow_sending_without_reply: bool = False
    quote: str = ""


class Button(Struct, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1)]
    callback_data: str | None = None
    url: str | None = None
    request_contact: bool = False
    request_location: bool = False


class Markup(Struct, kw_only=True, forbid_unknown_fields=True):
    inline_keyboard: list[list[Button]] | None = None
    keyboard: list[list[Button | str]] | None = None
    resize_keyboard: bool = False
    one_time_keyboard: bool = False
    remove_keyboard: bool = False
    force_reply: bool = False


class Target(Struct, kw_only=True, forbid_unknown_fields=True):
    chat_id: int | str
    message_thread_id: int | None = None
    business_connection_id: str = ""
    disable_notification: bool = False
    protect_content: bool = False
    reply_parameters: ReplyTo | None = None
    reply_markup: Markup | None = None


class SendMessage(Target, kw_only=True):
    text: str
    parse_mode: str = ""
    entities: list[Entity] = []
    link_preview_options: LinkPreview | None = None


class SendFile(Target, kw_only=True):
    """sendPhoto, sendDocument … with the file itself under the method's own name, taken out before."""

    caption: str = ""
    parse_mode: str = ""
    caption_entities: list[Entity] = []
    duration: int = 0
    width: int = 0
    height: int = 0
    length: int = 0
    title: str = ""
    performer: str = ""
    supports_streaming: bool = False
    thumbnail: str = ""
    disable_content_type_detection: bool = False


class GroupItem(Struct, kw_only=True, forbid_unknown_fields=True):
    type: str
    media: str
    caption: str = ""
    parse_mode: str = ""
    caption_entities: list[Entity] = []


class SendMediaGroup(Target, kw_only=True):
    media: list[GroupItem]


class SendLocation(Target, kw_only=True):
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]


class SendVenue(SendLocation, kw_only=True):
    title: str
    address: str


class SendContact(Target, kw_only=True):
    phone_number: str
    first_name: str
    last_name: str = ""
    vcard: str = ""


class SendChatAction(Struct, kw_only=True, forbid_unknown_fields=True):
    chat_id: int | str
    action: str
    message_thread_id: int | None = None
    business_connection_id: str = ""


class SendMessageDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    chat_id: int | str
    draft_id: int
    text: str
    parse_mode: str = ""
    entities: list[Entity] = []


class OfMessage(Struct, kw_only=True, forbid_unknown_fields=True):
    """deleteMessage, and what the edits have in common."""

    chat_id: int | str
    message_id: int
    business_connection_id: str = ""


class EditText(OfMessage, kw_only=True):
    text: str
    parse_mode: str = ""
    entities: list[Entity] = []
    link_preview_options: LinkPreview | None = None
    reply_markup: Markup | None = None


class EditCaption(OfMessage, kw_only=True):
    caption: str = ""
    parse_mode: str = ""
    caption_entities: list[Entity] = []
    reply_markup: Markup | None = None


class ReadBusiness(Struct, kw_only=True, forbid_unknown_fields=True):
    business_connection_id: str
    chat_id: int
    message_id: int


class DeleteBusiness(Struct, kw_only=True, forbid_unknown_fields=True):
    business_connection_id: str
    message_ids: list[int]


class EditMarkup(OfMessage, kw_only=True):
    reply_markup: Markup | None = None


class React(OfMessage, kw_only=True):
    reaction: list[dict[str, str]] = []
    is_big: bool = False


class AnswerCallback(Struct, kw_only=True, forbid_unknown_fields=True):
    callback_query_id: str
    text: str = ""
    show_alert: bool = False
    url: str = ""
    cache_time: int = 0


class SetWebhook(Struct, kw_only=True, forbid_unknown_fields=True):
    url: str
    secret_token: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{0,256}$")] = ""
    max_connections: Annotated[int, Meta(ge=1, le=100)] = 40
    allowed_updates: list[str] = []
    drop_pending_updates: bool = False
    ip_address: str = ""
    certificate: str = ""


class GetUpdates(Struct, kw_only=True, forbid_unknown_fields=True):
    offset: int = 0
    limit: Annotated[int, Meta(ge=1, le=100)] = 100
    timeout: Annotated[int, Meta(ge=0)] = 0
    allowed_updates: list[str] = []


class _Tags(HTMLParser):
    """What is wrong with a text of parse_mode HTML, and what is left of it without its tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.fault = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in TAGS:
            self.fault = self.fault or f'Unsupported start tag "{tag}"'
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.fault = self.fault or f'Unmatched end tag "{tag}"'

    def handle_data(self, data: str) -> None:
        self.text += data


def parsed(text: str, parse_mode: str, entities: list[Entity]) -> str:
    """The text as it is shown; ValueError says what is wrong with its marks."""
    if parse_mode.upper() == "HTML":
        tags = _Tags()
        tags.feed(text)
        tags.close()
        fault = tags.fault or (
            f'Can\'t find end tag corresponding to start tag "{tags.open[-1]}"' if tags.open else ""
        )
        if fault:
            raise ValueError(fault)
        return tags.text
    if parse_mode.lower() in ("markdownv2", "markdown"):
        if parse_mode.lower() == "markdownv2" and (bare := re.search(r"(?<!\\)[.!#+=|{}-]", text)):
            raise ValueError(f"Character '{bare[0]}' is reserved and must be escaped with the preceding '\\'")
        return re.sub(r"\\(.)", r"\1", text)
    if parse_mode:
        raise ValueError("unsupported parse_mode")
    units = len(text.encode("utf-16-le")) // 2
    if any(entity.offset + entity.length > units for entity in entities):
        raise ValueError("entity beyond the end of the text")
    return text


def checked_markup(markup: Markup | None) -> None:
    """ValueError says which of the keyboard's limits is broken."""
    if markup and markup.keyboard is not None and markup.inline_keyboard is not None:
        raise ValueError("object expected as reply markup")
    rows = (markup.inline_keyboard if markup else None) or []
    if any(len(row) > 8 for row in rows) or sum(map(len, rows)) > 100:
        raise ValueError("BUTTON_COUNT_INVALID")
    for button in (button for row in rows for button in row):
        if (button.callback_data is None) == (button.url is None):
            raise ValueError(
                "Can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
            )
        if button.callback_data is not None and not 1 <= len(button.callback_data.encode()) <= 64:
            raise ValueError("BUTTON_DATA_INVALID")


def choices(markup: Markup | None) -> list[Choice]:
    """What there is to tap below a message."""
    rows = (markup.inline_keyboard if markup else None) or []
    below = [
        Choice(id=button.callback_data or button.url or "", label=button.text)
        for row in rows
        for button in row
    ]
    keys = [key for row in (markup.keyboard if markup else None) or [] for key in row]
    return below + [_key(key) for key in keys]


KEYS = {"key:contact": "contact", "key:location": "location", "key:text": "text"}
"""A key of the keyboard tells no data: it shares something, or says what stands on it."""


def _key(key: Button | str) -> Choice:
    if isinstance(key, str):
        return Choice(id="key:text", label=key)
    kind = "contact" if key.request_contact else "location" if key.request_location else "text"
    return Choice(id=f"key:{kind}", label=key.text)


def person(phone: Phone) -> dict[str, Any]:
    """A User."""
    first, _, last = phone.name.partition(" ")
    names = {"first_name": first} | ({"last_name": last} if last else {})
    language = "en" if phone.name.isascii() else "zh-hans"
    return {"id": int(phone.id), "is_bot": False, **names, "language_code": language}


def chat(phone: Phone, group: str = "") -> dict[str, Any]:
    """Her own chat, or the supergroup of this (negative) id."""
    if group:
        return {"id": int(group), "type": "supergroup", "title": "客栈客户群", "is_forum": True}
    user = person(phone)
    return {"id": user["id"], "type": "private", **{k: v for k, v in user.items() if k.endswith("_name")}}


def message(phone: Phone, shown: Shown, sender: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    """A Message with its kind's own fields in `body`."""
    group = phone.notes.get(f"group of {shown.id}", "")
    made = {
        "message_id": int(shown.id),
        "date": int(shown.at),
        "chat": chat(phone, group),
        "from": sender,
        **body,
    }
    if shown.quote and (quoted := phone.find(shown.quote)):
        made["reply_to_message"] = {
            "message_id": int(quoted.id),
            "date": int(quoted.at),
            "chat": chat(phone, group),
            "text": quoted.text,
        }
    return made


def edited(made: dict[str, Any]) -> dict[str, Any]:
    return {**made, "edit_date": int(time.time())}


def decoded(given: dict[str, str]) -> dict[str, Any]:
    """A form's fields: nested values arrive in it as JSON text."""
    return {key: msgspec.json.decode(value) if key in _NESTED else value for key, value in given.items()}
