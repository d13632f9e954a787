"""The parts of a webhook that are read here; everything else in it is left alone."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from kezhan.channels.vendors.meta.faults import GraphError

Id = Annotated[str, Meta(min_length=1, max_length=500)]


class Profile(Struct, frozen=True, kw_only=True):
    name: str = ""
    username: str = ""


class ContactIn(Struct, frozen=True, kw_only=True):
    """Who writes. The phone (`wa_id`) may be missing, the `user_id` is new."""

    profile: Profile = Profile()
    wa_id: str = ""
    user_id: str = ""


class Metadata(Struct, frozen=True, kw_only=True):
    phone_number_id: str = ""


class Status(Struct, frozen=True, kw_only=True):
    """What has become of a message of ours: sent, delivered, read, played, failed."""

    id: str
    status: str
    recipient_id: str = ""
    recipient_user_id: str = ""
    biz_opaque_callback_data: str = ""
    errors: list[GraphError] = []


class Value(Struct, frozen=True, kw_only=True):
    metadata: Metadata = Metadata()
    contacts: list[ContactIn] = []
    messages: list[dict[str, Any]] = []
    message_echoes: list[dict[str, Any]] = []
    statuses: list[Status] = []


class Change(Struct, frozen=True, kw_only=True):
    value: Value
    field: str = ""


class Entry(Struct, frozen=True, kw_only=True):
    changes: list[Change] = []


class Body(Struct, frozen=True, kw_only=True):
    entry: list[Entry] = []


class Context(Struct, frozen=True, kw_only=True):
    """What is answered; a forwarded message has no `id` in it."""

    id: str = ""


class Referral(Struct, frozen=True, kw_only=True):
    """The advertisement she came by."""

    source_id: str = ""
    source_type: str = ""
    source_url: str = ""
    headline: str = ""

    @property
    def word(self) -> str:
        return self.headline or self.source_id or self.source_url


class Text(Struct, frozen=True, kw_only=True):
    body: str = ""


class FileIn(Struct, frozen=True, kw_only=True):
    id: Annotated[str, Meta(min_length=1, max_length=500)]
    mime_type: str = ""
    caption: str = ""
    filename: str = ""


class Location(Struct, frozen=True, kw_only=True):
    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    url: str = ""


class CardName(Struct, frozen=True, kw_only=True):
    formatted_name: str = ""


class CardPhone(Struct, frozen=True, kw_only=True):
    phone: str = ""


class CardMail(Struct, frozen=True, kw_only=True):
    email: str = ""


class Card(Struct, frozen=True, kw_only=True):
    name: CardName = CardName()
    phones: list[CardPhone] = []
    emails: list[CardMail] = []


class Reaction(Struct, frozen=True, kw_only=True):
    """Without an emoji: taken back."""

    message_id: str
    emoji: str = ""


class Reply(Struct, frozen=True, kw_only=True):
    id: str = ""
    title: str = ""
    description: str = ""


class FormReply(Struct, frozen=True, kw_only=True):
    body: str = ""
    response_json: str = ""


class Interactive(Struct, frozen=True, kw_only=True):
    button_reply: Reply | None = None
    list_reply: Reply | None = None
    nfm_reply: FormReply | None = None


class Button(Struct, frozen=True, kw_only=True):
    text: str = ""
    payload: str = ""


class Item(Struct, frozen=True, kw_only=True):
    product_retailer_id: str = ""
    quantity: float = 0
    item_price: float = 0
    currency: str = ""


class Order(Struct, frozen=True, kw_only=True):
    text: str = ""
    product_items: list[Item] = []


class Edit(Struct, frozen=True, kw_only=True):
    original_message_id: str
    message: dict[str, Any] = {}


class Revoke(Struct, frozen=True, kw_only=True):
    original_message_id: str


class System(Struct, frozen=True, kw_only=True):
    type: str = ""
    body: str = ""


class MessageIn(Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    """One message; the part called like its `type` says what it is. An echo, written on the business's own
    phone, has the customer in `to`."""

    id: Id
    type: str
    sender: str = ""
    from_user_id: str = ""
    to: str = ""
    to_user_id: str = ""
    timestamp: str = ""
    context: Context = Context()
    referral: Referral | None = None
    errors: list[GraphError] = []
    text: Text | None = None
    image: FileIn | None = None
    video: FileIn | None = None
    audio: FileIn | None = None
    document: FileIn | None = None
    sticker: FileIn | None = None
    location: Location | None = None
    contacts: list[Card] = []
    reaction: Reaction | None = None
    interactive: Interactive | None = None
    button: Button | None = None
    order: Order | None = None
    edit: Edit | None = None
    revoke: Revoke | None = None
    system: System | None = None
