"""What a card is made of. How long and how many is for `check.checked` to say, in words for the reader."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

MAX_TITLE = 200
MAX_SHORT = 60
MAX_TEXT = 500
MAX_PHONE = 40
MAX_WORDS = 4000
"""Of the text above a card, so that with the card it still is a message."""
MAX_ITEMS = 20
MAX_COUNT = 9999
MAX_BUTTONS = 10
MAX_LABEL = 40
MAX_PATH = 1000


class ProductCard(Struct, frozen=True, kw_only=True, tag="product", tag_field="is", omit_defaults=True):
    """`price` as it is read ("¥299"); `url`: its page; `image`: an uploaded file; `image_url`: a picture that
    lies elsewhere, shown as a link and fetched by nobody of ours."""

    title: str
    price: str = ""
    url: str = ""
    image: UUID | None = None
    image_url: str = ""


class OrderItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    title: str
    count: int = 1


class OrderCard(Struct, frozen=True, kw_only=True, tag="order", tag_field="is", omit_defaults=True):
    """`state` and `total` as they are read ("shipped", "¥299")."""

    number: str
    state: str = ""
    items: list[OrderItem] = []
    total: str = ""
    url: str = ""


class MiniPage(Struct, frozen=True, kw_only=True):
    """A page of a WeChat mini-program: its id (wx and sixteen letters or digits), the path with its query."""

    app_id: str
    path: str


class LinkCard(Struct, frozen=True, kw_only=True, tag="link", tag_field="is", omit_defaults=True):
    """A page elsewhere; pictures as of a product. `page`: where the customer's channel opens mini-programs it
    opens that one, and `url` everywhere else."""

    title: str
    url: str
    text: str = ""
    page: MiniPage | None = None
    image: UUID | None = None
    image_url: str = ""


class PlaceCard(Struct, frozen=True, kw_only=True, tag="place", tag_field="is", omit_defaults=True):
    """A point on the map and what it is called; degrees, north and east positive."""

    title: str
    address: str = ""
    latitude: float
    longitude: float


class PersonCard(Struct, frozen=True, kw_only=True, tag="person", tag_field="is", omit_defaults=True):
    """Somebody to turn to."""

    title: str
    phone: str


Card = ProductCard | OrderCard | LinkCard | PlaceCard | PersonCard


Asked = Literal["", "phone", "place"]


class CardButton(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """With `url` it opens that page; without, it answers with its text. `asks`: where the customer's channel
    has a button for that, it shares her phone number or where she is instead."""

    text: str
    url: str = ""
    asks: Asked = ""


class CardContent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands below a text."""

    v: int = 1
    card: Card | None = None
    buttons: list[CardButton] = []


def image_of(card: Card | None) -> UUID | None:
    """The uploaded picture it shows."""
    return getattr(card, "image", None)
