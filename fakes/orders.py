"""A company's order service, as small as one can be: it believes a signature, and knows its customers by
their own ids, their e-mail addresses and telephone numbers. See docs/guide/en/orders.md."""

import hashlib
import hmac
import json
import time
from typing import Any

from litestar import Request, Response, post
from litestar.types import ControllerRouterHandler

SECRET = "order-service-secret"  # noqa: S105 - of a fake
SKEW_SECONDS = 300
_TEAS = ("明前龙井", "凤凰单丛", "Earl Grey", "武夷岩茶", "白毫银针")
_STATES = ("待发货", "已发货", "已签收", "已退款")


class OrderService:
    """`trouble`: answers with this status instead; `strange`: answers something that is no list of orders."""

    def __init__(self, secret: str = SECRET) -> None:
        self.secret = secret
        self.asked: list[dict[str, Any]] = []
        self.trouble = 0
        self.strange = False

    def answer(self, signature: str, body: bytes) -> tuple[int, Any]:
        """Status and body."""
        if not self._signed(signature, body):
            return 401, {"error": "bad signature"}
        asked = json.loads(body)
        self.asked.append(asked)
        if self.trouble:
            return self.trouble, {"error": "trouble"}
        return 200, "no list at all" if self.strange else {"orders": _orders(asked["customer"])}

    def _signed(self, signature: str, body: bytes) -> bool:
        stamp, _, given = signature.removeprefix("t=").partition(",v1=")
        if not stamp.isdecimal() or abs(time.time() - int(stamp)) > SKEW_SECONDS:
            return False
        wanted = hmac.new(self.secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(wanted, given)

    def routes(self) -> list[ControllerRouterHandler]:
        @post("/orders", status_code=200)
        async def orders(request: Request[Any, Any, Any]) -> Response[Any]:
            status, told = self.answer(request.headers.get("x-kezhan-signature", ""), await request.body())
            return Response(told, status_code=status)

        return [orders]


def _orders(customer: dict[str, Any]) -> list[dict[str, Any]]:
    """The same for the same customer: somebody whom only her visit makes known has none."""
    ids = [one["id"] for one in customer["identities"] if one["verified"]]
    known = "|".join(sorted(filter(None, [*ids, customer["email"], customer["phone"]])))
    if not known:
        return []
    seed = hashlib.sha256(known.encode()).digest()
    return [
        {
            "number": f"T{int.from_bytes(seed[n : n + 4]) % 10**8:08d}",
            "status": _STATES[seed[n] % len(_STATES)],
            "placed_at": f"2026-{seed[n] % 10 + 1:02d}-{seed[n + 1] % 28 + 1:02d}T08:30:00Z",
            "total": f"¥{seed[n + 2] + 38}.00",
            "url": f"https://shop.example/orders/{n}",
            "items": [{"name": _TEAS[seed[n + 3] % len(_TEAS)], "quantity": seed[n + 4] % 3 + 1}],
        }
        for n in range(seed[0] % 3 + 2)
    ]
