"""Kuaishou: signed pushes that are repeated until they are heard, and the token.

Private messages themselves go by contract: fields of `data` and the path to send to are this stand-in's own.
"""

import hashlib
import time
from typing import Any, ClassVar

import msgspec

from fakes.base import Connected, Misused, Platform, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.wire import Asked, Refused, Route, Told, told
from fakes.world import Meter, Tokens

Given = dict[str, Any]
ACCESS, REFRESH, CODE = 48 * 3600, 180 * 86400, 600
PER_SECOND, TEXT = 100, 1000
# By the name a push has: the open platform gives up after three repeats, mini-programs after sixteen.
PAUSES = {"taskId": (5,) * 3, "message_id": (5,) * 16}
SEND = "/openapi/im/message/send"
GRANTS = {"authorization_code": "code", "refresh_token": "refresh_token"}
WHY = {
    1001: "app_id or app_secret is wrong",
    1002: "grant is wrong or expired",
    1003: "access_token is invalid or expired",
    1004: "parameter is wrong",
    1005: "no such user",
    1006: "too many requests",
    1007: "content is too long",
}


def signed(secret: str, body: bytes) -> str:
    """The header kwaisign."""
    return hashlib.md5(body + secret.encode(), usedforsecurity=False).hexdigest()


def _fault(code: int, status: int = 200) -> Told:
    return told({"result": code, "error_msg": WHY.get(code, "refused on purpose")}, status)


class Kuaishou(Platform):
    name: ClassVar[str] = "kuaishou"
    label: ClassVar[Words] = Words("快手", "Kuaishou")
    rank: ClassVar[int] = 22
    kinds: ClassVar[tuple[str, ...]] = ("text", "image")
    quotes: ClassVar[bool] = False
    hint: ClassVar[Words] = Words(
        f"App ID、App Secret 照抄；令牌接口填本页地址加 /oauth2/access_token，发送接口填本页地址加 {SEND}。",
        "Copy app ID and secret; the token address is this page's address with /oauth2/access_token behind "
        f"it, the address to send to with {SEND}.",
    )

    def __init__(self) -> None:
        super().__init__()
        clock = self.world.clock
        self.access, self.refreshers = Tokens(clock, "ChFv", 60), Tokens(clock, "ChJv", 60)
        self.codes, self.sends = Tokens(clock, size=32), Meter(clock)
        self.form["code"] = self.codes.issue(self.form["app_id"], CODE)

    def boxes(self) -> list[Box]:
        return [
            Box(name="app_id", label=Words("App ID", "App ID"), value=f"ks{digits(18)}"),
            Box(name="app_secret", label=Words("App Secret", "App secret"), value=letters(22)),
            Box(name="code", label=Words("授权码（一次）", "Authorisation code, once")),
            Box(
                name="named",
                label=Words("推送编号的字段", "Pushes are named in"),
                value="message_id",
                options=list(PAUSES),
            ),
            Box(
                name="auth_in",
                label=Words("令牌位置", "Token goes"),
                value="query",
                options=["query", "header"],
            ),
        ]

    def acts(self) -> list[Act]:
        return [Act(name="authorise", label=Words("授权 / 取消授权", "Authorise / take back"))]

    def routes(self) -> list[Route]:
        return [
            *(
                Route(method=method, path=f"/oauth2/{name}", run=self.token)
                for method in ("GET", "POST")
                for name in ("access_token", "refresh_token")
            ),
            Route(method="POST", path=SEND, run=self.send, sends=True),
        ]

    def customer_id(self) -> str:
        return f"f18{letters(29, '0123456789abcdef')}"

    def void_tokens(self) -> None:
        self.access.void_all()

    def refuse_rate(self) -> Told:
        return _fault(1006, 429)

    def refuse_fault(self) -> Told:
        return told({"result": 0, "error_msg": "system error"}, 503)

    def refuse_code(self, code: str) -> Told:
        return _fault(int(code))

    def refuse_shape(self, why: str) -> Told:
        return _fault(1004)

    # Pushes.

    def push(self, event: str, data: Given, shown: Shown | None = None) -> None:
        value = {
            self.form["named"]: shown.id if shown is not None else letters(24),
            "event": event,
            "app_id": self.form["app_id"],
            "timestamp": int(time.time() * 1000),
            "data": data,
        }
        manners = Manners(timeout=5, pauses=PAUSES[self.form["named"]], heard=self.heard)
        post = self.post(value)
        self.bring(lambda: post, manners, shown)

    def post(self, value: object) -> Post:
        body = msgspec.json.encode(value)
        headers = {"content-type": "application/json", "kwaisign": signed(self.form["app_secret"], body)}
        return Post(url=self.form["webhook"], body=body, headers=headers)

    @staticmethod
    def heard(status: int, body: bytes) -> bool:
        """Nothing but {"result": 1} is an answer."""
        answer = msgspec.json.decode(body)
        return status == 200 and isinstance(answer, dict) and answer.get("result") == 1

    async def handshake(self) -> Connected:
        """Saving the address sends a test event."""
        if not self.form["webhook"]:
            return Connected(ok=True)
        value = {self.form["named"]: letters(24), "event": "TEST", "app_id": self.form["app_id"]}
        post = self.post({**value, "timestamp": int(time.time() * 1000), "data": {}})
        status, body, ok = await self.courier.call(post, 5, self.heard)
        return Connected(ok=ok, status=status, answer=body.decode(errors="replace")[:200])

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = letters(24)
        if said.kind == "image" and not shown.file:
            raise Misused("image needs a file")
        data: Given = {"open_id": phone.id, "type": said.kind}
        if said.kind == "text":
            data["content"] = said.text
        self.push("IM_RECEIVE_MESSAGE", data, shown)

    async def act_authorise(self, phone: Phone, _: dict[str, str]) -> None:
        phone.notes["authorised"] = not phone.notes.get("authorised")
        event = "AUTHORIZE" if phone.notes["authorised"] else "UNAUTHORIZE"
        self.push(event, {"open_id": phone.id})

    # Calls of ours.

    async def token(self, asked: Asked) -> Told:
        """By the app itself, by a code, or by a refresh token. A new one does not end those before."""
        given = {**dict(asked.query), **dict(asked.form())}
        app = (given.get("app_id"), given.get("app_secret"))
        if app != (self.form["app_id"], self.form["app_secret"]):
            return _fault(1001)
        made: Given = {
            "result": 1,
            "access_token": self.access.issue(self.form["app_id"], ACCESS),
            "expires_in": ACCESS,
        }
        grant = given.get("grant_type", "")
        if grant == "client_credentials" and asked.path.endswith("access_token"):
            return told(made)
        store = {"authorization_code": self.codes, "refresh_token": self.refreshers}.get(grant)
        if store is None or not store.use_up(given.get(GRANTS[grant], "")):
            return _fault(1002)
        refresh = self.refreshers.issue(self.form["app_id"], REFRESH)
        more = {"refresh_token": refresh, "refresh_token_expires_in": REFRESH, "open_id": self.form["app_id"]}
        return told({**made, **more})

    async def send(self, asked: Asked) -> Told:
        in_header = self.form["auth_in"] == "header"
        token = asked.headers.get("access_token", "") if in_header else asked.one("access_token")
        if not self.access.good(token):
            raise Refused(_fault(1003, 401))
        if not self.sends.take("", PER_SECOND, 1):
            return self.refuse_rate()
        given = asked.json()
        phone = self.phones.get(str(given.get("open_id")))
        text = given.get("content")
        if given.get("type") != "text" or not isinstance(text, str) or not text:
            return _fault(1004)
        if phone is None:
            return _fault(1005)
        if len(text) > TEXT:
            return _fault(1007)
        shown = phone.show(letters(24), "us", "text", text, raw=given)
        return told({"result": 1, "message_id": shown.id})


PLATFORM = Kuaishou
