"""What the company's service is asked and answers (`Asked`, `Answer`), and what the workbench gets."""

from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import SAID

MOST_ORDERS = 50
MOST_ITEMS = 100
_Word = Annotated[str, Meta(max_length=200)]


class Known(Struct, frozen=True, kw_only=True):
    """A customer as one channel knows her. `id`: as the company's site or the platform calls her; `verified`:
    one of them vouches for it."""

    account_id: UUID
    id: str
    verified: bool


class Customer(Struct, frozen=True, kw_only=True):
    """Fields that nobody knows are empty."""

    id: UUID
    name: str
    email: str
    phone: str
    identities: list[Known]


class Asked(Struct, frozen=True, kw_only=True):
    """`trial`: somebody tries out the settings; the customer is made up."""

    v: int = 1
    trial: bool
    customer: Customer


class OrderLine(Struct, frozen=True, kw_only=True):
    name: _Word
    quantity: Annotated[float, Meta(ge=0)] = 1


class ShopOrder(Struct, frozen=True, kw_only=True):
    """`status` and `total` in words for people ("已发货", "¥128.00"); `url`: the order in the company's own
    system, https alone."""

    number: Annotated[str, Meta(min_length=1, max_length=100)]
    status: _Word = ""
    placed_at: Instant | None = None
    total: Annotated[str, Meta(max_length=60)] = ""
    url: Annotated[str, Meta(max_length=2000)] = ""
    items: Annotated[list[OrderLine], Meta(max_length=MOST_ITEMS)] = []


class Answer(Struct, frozen=True, kw_only=True):
    """The newest first."""

    orders: Annotated[list[ShopOrder], Meta(max_length=MOST_ORDERS)]


Fault = Literal["unreachable", "refused", "not_understood"]


class OrdersView(Struct, frozen=True, kw_only=True):
    """`configured` false: nobody has said where to ask. `fault`: why there is nothing to show; `status` what
    the service answered then, 0 for nothing."""

    configured: bool
    orders: Annotated[list[ShopOrder], SAID]
    fault: Fault | None = None
    status: int = 0


class SourceView(Struct, frozen=True, kw_only=True):
    """Where orders are asked for; the secret is never shown."""

    address: str
    changed_at: Instant
    changed_by: str


class SourceHolder(Struct, frozen=True, kw_only=True):
    """Null: none."""

    source: SourceView | None


class SourceIn(Struct, frozen=True, kw_only=True):
    """Without a secret the one that is kept stays."""

    address: Annotated[str, Meta(min_length=1, max_length=2000)]
    secret: Annotated[str, Meta(min_length=16, max_length=200)] | None = None


class SourceChange(Struct, frozen=True, kw_only=True):
    """For the audit log."""

    address: str
    secret_changed: bool
    v: int = 1
