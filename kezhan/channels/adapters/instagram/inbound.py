"""What an Instagram account hears."""

from collections.abc import Sequence
from datetime import datetime

from kezhan.channels.base import Account, Admitted, Came, Request, Unreadable
from kezhan.channels.vendors.meta.talk import parse_items
from kezhan.channels.vendors.meta.webhook import admit


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """The handshake, or a call signed by the app's secret. No time is signed."""
    return admit(request, account, parse)


def parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    """All that the call brings, in its order."""
    return parse_items(request, account, "instagram")
