"""What WhatsApp's messages must be, and are."""

from collections.abc import Callable
from typing import Any

from fakes.phone import Choice, Said, Shown
from fakes.platforms.meta_graph import Given, checked, refused, words
from fakes.platforms.whatsapp_templates import filled

MEDIA = ("image", "video", "audio", "document", "sticker")
MB = 1 << 20
# Kind → media types (None: any) and bytes at most.
LIMITS: dict[str, tuple[tuple[str, ...] | None, int]] = {
    "image": (("image/jpeg", "image/png"), 5 * MB),
    "video": (("video/mp4", "video/3gpp"), 16 * MB),
    "audio": (("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg"), 16 * MB),
    "document": (None, 100 * MB),
    "sticker": (("image/webp",), 500 * 1024),
}
SHOWN_AS = {"audio": "voice", "document": "file"}
_COMMON = {
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "context",
    "biz_opaque_callback_data",
}


class Meant:
    """A message of ours as the phone will show it; `media` is an id, `link` an address. `any_time`: also
    outside the window."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind, self.text = kind, text
        self.any_time = kind in ("template", "reaction")
        self.media = self.link = self.name = ""
        self.choices: list[Choice] = []


def meant(given: Given) -> Meant:
    """Refused says what the schema does not allow."""
    kind = given.get("type", "text")
    if given.get("messaging_product") != "whatsapp":
        raise refused(100, "The parameter messaging_product is required.")
    if kind not in KINDS:
        raise refused(100, f"Param type must be one of {sorted(KINDS)}")
    checked(given, _COMMON | {kind}, "message")
    if kind not in given:
        raise refused(131008, "Required parameter is missing", details=f"{kind} is missing")
    if given.get("recipient_type", "individual") != "individual":
        raise refused(100, "Param recipient_type must be individual")
    if len(given.get("biz_opaque_callback_data", "")) > 512:
        raise refused(100, "Param biz_opaque_callback_data must be at most 512 characters long")
    if "context" in given and set(given["context"]) != {"message_id"}:
        raise refused(100, "Param context must hold message_id")
    return KINDS[kind](kind, given[kind])


def _text(kind: str, given: Given) -> Meant:
    checked(given, {"body", "preview_url"}, "text")
    return Meant("text", words(given, "body", 4096, "text"))


def _media(kind: str, given: Given) -> Meant:
    more = {"image": {"caption"}, "video": {"caption"}, "document": {"caption", "filename"}}.get(kind, set())
    checked(given, {"id", "link", *more}, kind)
    if ("id" in given) == ("link" in given):
        raise refused(131009, "Parameter value is not valid", details=f"{kind} needs either id or link")
    made = Meant(SHOWN_AS.get(kind, kind), words(given, "caption", 1024, kind, least=0))
    made.media, made.link, made.name = (
        str(given.get("id", "")),
        given.get("link", ""),
        given.get("filename", ""),
    )
    return made


def _location(kind: str, given: Given) -> Meant:
    checked(given, {"latitude", "longitude", "name", "address"}, "location")
    try:
        place = f"{float(given['latitude'])}, {float(given['longitude'])}"
    except (KeyError, TypeError, ValueError):
        raise refused(131009, "Parameter value is not valid", details="latitude, longitude") from None
    return Meant("location", "\n".join(filter(None, (given.get("name"), given.get("address"), place))))


def _contacts(kind: str, given: Any) -> Meant:
    if not isinstance(given, list) or not 1 <= len(given) <= 257:
        raise refused(131009, "Parameter value is not valid", details="contacts")
    names = [contact.get("name", {}).get("formatted_name") for contact in given]
    if not all(names):
        raise refused(131008, "Required parameter is missing", details="name.formatted_name")
    phones = [phone for contact in given for phone in contact.get("phones", [])]
    if not all(checked(phone, {"phone", "type", "wa_id"}, "phones").get("phone") for phone in phones):
        raise refused(131008, "Required parameter is missing", details="phones.phone")
    return Meant("contact", "\n".join([*names, *(phone["phone"] for phone in phones)]))


def _reaction(kind: str, given: Given) -> Meant:
    checked(given, {"message_id", "emoji"}, "reaction")
    if "message_id" not in given or "emoji" not in given:
        raise refused(131008, "Required parameter is missing", details="reaction")
    return Meant("reaction", given["emoji"])


SHARES_PLACE = "send_location"
"""Of the button that the platform itself puts there."""


def _interactive(kind: str, given: Given) -> Meant:
    checked(given, {"type", "header", "body", "footer", "action"}, "interactive")
    made = Meant("text", words(given.get("body", {}), "text", 1024, "interactive['body']"))
    if "footer" in given:
        words(given["footer"], "text", 60, "interactive['footer']")
    if given.get("header", {}).get("type") == "text":
        words(given["header"], "text", 60, "interactive['header']")
    action = given.get("action", {})
    if given.get("type") == "button":
        made.choices = _buttons(action.get("buttons", []))
    elif given.get("type") == "list":
        made.choices = _rows(action)
    elif given.get("type") == "cta_url":
        made.choices = [_link(action)]
    elif given.get("type") == "location_request_message":
        if action != {"name": "send_location"}:
            raise refused(131009, "Parameter value is not valid", details="action.name")
        made.choices = [Choice(id=SHARES_PLACE, label="Send location")]
    elif given.get("type") not in ("flow", "product", "product_list"):
        raise refused(131009, "Parameter value is not valid", details="interactive.type")
    return made


def _link(action: Given) -> Choice:
    """The one that opens a page."""
    said = checked(action.get("parameters", {}), {"display_text", "url"}, "parameters")
    if action.get("name") != "cta_url" or not str(said.get("url", "")).startswith(("http://", "https://")):
        raise refused(131009, "Parameter value is not valid", details="action.parameters.url")
    return Choice(id=said["url"], label=words(said, "display_text", 20, "parameters"))


def _buttons(buttons: list[Given]) -> list[Choice]:
    if not 1 <= len(buttons) <= 3:
        raise refused(
            131009, "Parameter value is not valid", details="Invalid buttons count. Min allowed: 1, Max: 3"
        )
    replies = [checked(button, {"type", "reply"}, "buttons").get("reply", {}) for button in buttons]
    made = [Choice(id=words(r, "id", 256, "reply"), label=words(r, "title", 20, "reply")) for r in replies]
    if len({choice.id for choice in made}) < len(made):
        raise refused(131009, "Parameter value is not valid", details="Duplicated button id")
    return made


def _rows(action: Given) -> list[Choice]:
    words(action, "button", 20, "action")
    sections = action.get("sections", [])
    rows = [row for section in sections for row in section.get("rows", [])]
    if not 1 <= len(sections) <= 10 or not 1 <= len(rows) <= 10:
        raise refused(
            131009, "Parameter value is not valid", details="Total row count exceed max allowed count: 10"
        )
    for row in rows:
        checked(row, {"id", "title", "description"}, "rows")
        words(row, "description", 72, "rows", least=0)
    return [Choice(id=words(row, "id", 200, "rows"), label=words(row, "title", 24, "rows")) for row in rows]


def _template(kind: str, given: Given) -> Meant:
    found = filled(given)
    made = Meant("template", "\n".join(found.lines))
    made.kind = SHOWN_AS.get(found.kind, found.kind) or made.kind
    made.media, made.link, made.name, made.choices = found.media, found.link, found.name, found.choices
    return made


KINDS: dict[str, Callable[[str, Any], Meant]] = {
    "text": _text,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": _template,
    **dict.fromkeys(MEDIA, _media),
}


def said_body(said: Said, shown: Shown, media: Given) -> Given:
    """The part of a customer's message that its type names."""
    more, caption = said.more, {"caption": said.text} if said.text else {}
    place = {"latitude": float(more.get("latitude", "0")), "longitude": float(more.get("longitude", "0"))}
    names = (
        {"name": more["title"]} | ({"address": more["address"]} if "address" in more else {})
        if "title" in more
        else {}
    )
    number = more.get("phone_number", "8613800000000")
    contact = {"name": {"formatted_name": said.text, "first_name": said.text},
               "phones": [{"phone": f"+{number}", "wa_id": number, "type": "CELL"}]}  # fmt: skip
    item = {"product_retailer_id": "sku-1", "quantity": 2, "item_price": 88, "currency": "CNY"}
    unknown = {"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}
    made: dict[str, Given] = {
        "text": {"type": "text", "text": {"body": said.text}},
        "image": {"type": "image", "image": {**media, **caption}},
        "video": {"type": "video", "video": {**media, **caption}},
        "voice": {"type": "audio", "audio": {**media, "voice": True}},
        "audio": {"type": "audio", "audio": {**media, "voice": False}},
        "file": {"type": "document", "document": {**media, **caption, "filename": said.name or "file"}},
        "sticker": {"type": "sticker", "sticker": {**media, "animated": False}},
        "location": {"type": "location", "location": {**place, **names}},
        "contact": {"type": "contacts", "contacts": [contact]},
        "order": {"type": "order", "order": {"catalog_id": "1", "text": said.text, "product_items": [item]}},
        "unsupported": {"type": "unsupported", "errors": [unknown]},
    }
    return made[said.kind]
