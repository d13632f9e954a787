"""What crosses the wire and the room."""

from msgspec import Struct

from kezhan.kit.masking import Said

MAX_SEQS = 50


class LinkSettings(Struct, frozen=True):
    enabled: bool


class LinkPreview(Struct, frozen=True, kw_only=True):
    """What stands behind an address in a message. `picture`: itself, as an address of kind `data:`; empty
    where there is none."""

    seq: int
    address: Said
    title: Said
    about: Said
    site: str
    picture: str


class LinkCards(Struct, frozen=True, kw_only=True):
    """`enabled` false: nothing is fetched here. `pending`: something is under way; ask again in a moment."""

    enabled: bool
    pending: bool = False
    items: list[LinkPreview] = []


class Page(Struct, frozen=True, kw_only=True):
    """What a page says of itself."""

    title: str = ""
    about: str = ""
    site: str = ""
    picture: str = ""
