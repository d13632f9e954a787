"""LINE's Messaging API as a bot calls it, both of its hosts: replies, pushes, contents, profiles, tokens."""

import re
import uuid
from typing import Any

from fakes.base import Platform, digits, letters
from fakes.deliver import Post
from fakes.phone import Box, Choice, Phone, Shown, Words
from fakes.wire import Asked, Refused, Route, Told, blob, told
from fakes.world import Tokens

Given = dict[str, Any]
REPLY_TOKEN, STATELESS, SHORT_LIVED, RETRY_KEY = 60, 900, 30 * 86400, 86400
LINK_TOKEN = 600
MOST, TEXT, ALT = 5, 5000, 1500
QUICK, SENDER, PLACE = 13, 20, 100
# Of this machine plain HTTP will do.
HTTPS = re.compile(r"https://|http://(127\.0\.0\.1|localhost)[:/]")
SHOWN_AS = {"audio": "voice", "textV2": "text", "template": "text", "flex": "text"}
COMMON = {"type", "quickReply", "sender"}
# Type → the keys that must be there, and those that may.
SHAPES: dict[str, tuple[set[str], set[str]]] = {
    "text": ({"text"}, {"emojis", "quoteToken"}),
    "textV2": ({"text"}, {"substitution", "quoteToken"}),
    "image": ({"originalContentUrl", "previewImageUrl"}, set()),
    "video": ({"originalContentUrl", "previewImageUrl"}, {"trackingId"}),
    "audio": ({"originalContentUrl", "duration"}, set()),
    "location": ({"title", "address", "latitude", "longitude"}, set()),
    "sticker": ({"packageId", "stickerId"}, {"quoteToken"}),
    "template": ({"altText", "template"}, set()),
    "flex": ({"altText", "contents"}, set()),
    "imagemap": ({"altText", "baseUrl", "baseSize", "actions"}, {"video"}),
}


def refused(
    message: str, status: int = 400, details: list[tuple[str, str]] | None = None, **headers: str
) -> Refused:
    more = {"details": [{"message": why, "property": where} for why, where in details]} if details else {}
    return Refused(told({"message": message, **more}, status, **headers))


def invalid(why: str, where: str) -> Refused:
    return refused("The request body has 1 error(s)", details=[(why, where)])


class MessagingApi(Platform):
    """What is called; what the customer does is in `line`."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens = Tokens(self.world.clock, size=80)
        self.reply_tokens = Tokens(self.world.clock, size=32)
        self.link_tokens = Tokens(self.world.clock, size=32)
        self.read_tokens: dict[str, Shown] = {}
        self.retries: dict[str, tuple[float, str]] = {}
        """When a retry key was accepted, and under which request id."""
        self.used = 0
        self.void: set[str] = set()

    def boxes(self) -> list[Box]:
        return [
            Box(name="channel_id", label=Words("Channel ID", "Channel ID"), value=digits(10)),
            Box(name="channel_secret", label=Words("Channel secret", "Channel secret"), value=letters(32)),
            Box(
                name="access_token",
                label=Words("长期访问令牌", "Long-lived access token"),
                value=letters(100),
            ),
            Box(
                name="bot",
                label=Words("机器人的用户编号", "Bot's user ID"),
                value=f"U{letters(32, '0123456789abcdef')}",
            ),
            Box(name="quota", label=Words("每月推送额度", "Pushes a month"), value="200"),
            Box(
                name="redelivery", label=Words("失败后重推", "Redelivery"), value="yes", options=["yes", "no"]
            ),
        ]

    def routes(self) -> list[Route]:
        message = "/v2/bot/message"
        return [
            Route(method="POST", path=f"{message}/reply", run=self.reply, sends=True),
            Route(method="POST", path=f"{message}/push", run=self.push, sends=True),
            Route(method="POST", path=f"{message}/multicast", run=self.multicast, sends=True),
            Route(method="POST", path=f"{message}/validate/{{kind}}", run=self.validate),
            Route(method="GET", path=f"{message}/quota", run=self.quota),
            Route(method="GET", path=f"{message}/quota/consumption", run=self.consumption),
            Route(method="GET", path=f"{message}/{{id}}/content", run=self.content),
            Route(method="GET", path=f"{message}/{{id}}/content/preview", run=self.content),
            Route(method="GET", path=f"{message}/{{id}}/content/transcoding", run=self.transcoding),
            Route(method="GET", path="/v2/bot/profile/{id}", run=self.profile),
            Route(method="GET", path="/v2/bot/info", run=self.info),
            Route(method="POST", path="/v2/bot/user/{id}/linkToken", run=self.link_token),
            Route(method="PUT", path="/v2/bot/channel/webhook/endpoint", run=self.set_webhook),
            Route(method="GET", path="/v2/bot/channel/webhook/endpoint", run=self.get_webhook),
            Route(method="POST", path="/v2/bot/chat/loading/start", run=self.loading),
            Route(method="POST", path="/v2/bot/chat/markAsRead", run=self.mark_read),
            Route(method="POST", path="/oauth2/v3/token", run=self.token),
            Route(method="POST", path="/v2/oauth/accessToken", run=self.token),
        ]

    def void_tokens(self) -> None:
        """The next long-lived one stands in the form."""
        self.tokens.void_all()
        self.void.add(self.form["access_token"])
        self.form["access_token"] = letters(100)

    def refuse_rate(self) -> Told:
        return told({"message": "The API rate limit has been exceeded. Try again later."}, 429)

    def refuse_fault(self) -> Told:
        return told({"message": "Internal server error"}, 500)

    def refuse_code(self, code: str) -> Told:
        monthly = "You have reached your monthly limit."
        return told({"message": monthly if code == "429" else "refused on purpose"}, int(code))

    def refuse_shape(self, why: str) -> Told:
        return invalid(why, "").told

    def no_such_path(self) -> Told:
        return told({"message": "Not found"}, 404)

    # Ground.

    async def token(self, asked: Asked) -> Told:
        form = dict(asked.form())
        wanted = ("client_credentials", self.form["channel_id"], self.form["channel_secret"])
        if (form.get("grant_type"), form.get("client_id"), form.get("client_secret")) != wanted:
            return told({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
        seconds = STATELESS if "v3" in asked.path else SHORT_LIVED
        token = self.tokens.issue("app", seconds)
        return told({"token_type": "Bearer", "access_token": token, "expires_in": seconds})

    def check(self, asked: Asked) -> None:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not token or not (token == self.form["access_token"] or self.tokens.good(token)):
            why = "Authentication failed. Confirm that the access token in the authorization header is valid."
            raise refused(why, 401)

    def body(self, asked: Asked, needed: set[str], allowed: tuple[str, ...] = ()) -> Given:
        self.check(asked)
        if not asked.headers.get("content-type", "").startswith("application/json"):
            raise refused("Unsupported Media Type", 415)
        try:
            given = asked.json()
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise refused("The request body could not be parsed as JSON")
        if missing := needed - set(given):
            raise invalid("May not be empty", min(missing))
        if unknown := set(given) - needed - set(allowed):
            raise invalid("Unknown property", min(unknown))
        return given

    # Messages.

    async def reply(self, asked: Asked) -> Told:
        given = self.body(asked, {"replyToken", "messages"}, ("notificationDisabled",))
        self.checked(given["messages"])
        phone = self.phones.get(self.reply_tokens.owner(given["replyToken"]) or "")
        if not self.reply_tokens.use_up(given["replyToken"]) or phone is None:
            raise refused("Invalid reply token")
        return told({"sentMessages": [await self.show(phone, message) for message in given["messages"]]})

    async def push(self, asked: Asked) -> Told:
        given = self.body(asked, {"to", "messages"}, ("notificationDisabled", "customAggregationUnits"))
        return await self._push(asked, given, [given["to"]])

    async def multicast(self, asked: Asked) -> Told:
        given = self.body(asked, {"to", "messages"}, ("notificationDisabled", "customAggregationUnits"))
        if not isinstance(given["to"], list) or not 1 <= len(given["to"]) <= 500:
            raise invalid("Size must be between 1 and 500", "to")
        return await self._push(asked, given, given["to"])

    async def _push(self, asked: Asked, given: Given, to: list[str]) -> Told:
        key = asked.headers.get("x-line-retry-key", "")
        since, request_id = self.retries.get(key, (0.0, ""))
        if request_id and self.now() - since < RETRY_KEY:
            why = "The retry key is already accepted"
            raise refused(why, 409, x_line_accepted_request_id=request_id)
        if key and not _is_uuid(key):
            raise refused("Invalid retry key")
        self.checked(given["messages"])
        if any(id not in self.phones for id in to):
            raise invalid("The property, 'to', in the request body is invalid", "to")
        if self.used + len(to) > int(self.form["quota"]):
            raise refused("You have reached your monthly limit.", 429)
        self.used += len(to)
        if key:
            self.retries[key] = (self.now(), str(uuid.uuid4()))
        sent = [await self.show(self.phones[id], message) for id in to for message in given["messages"]]
        return told({"sentMessages": sent} if "multicast" not in asked.path else {})

    async def validate(self, asked: Asked) -> Told:
        self.checked(self.body(asked, {"messages"})["messages"])
        return told({})

    def checked(self, messages: Any) -> None:
        if not isinstance(messages, list) or not 1 <= len(messages) <= MOST:
            raise invalid(f"Size must be between 1 and {MOST}", "messages")
        for nr, message in enumerate(messages):
            self._check_one(message, f"messages[{nr}]")

    def _check_one(self, message: Any, where: str) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        if kind not in SHAPES:
            raise invalid("Must be one of the following values: " + ", ".join(SHAPES), f"{where}.type")
        needed, more = SHAPES[kind]
        for key in needed:
            if message.get(key) in (None, ""):
                raise invalid("May not be empty", f"{where}.{key}")
        _check_kind(kind, message, where)
        if unknown := set(message) - needed - more - COMMON:
            raise invalid("Unknown property", f"{where}.{min(unknown)}")
        if kind in ("text", "textV2") and len(message["text"]) > TEXT:
            raise invalid(f"Length must be between 0 and {TEXT}", f"{where}.text")
        if len(message.get("altText", "")) > ALT:
            raise invalid(f"Length must be between 0 and {ALT}", f"{where}.altText")
        for key in ("originalContentUrl", "previewImageUrl"):
            if key in message and not HTTPS.match(message[key]):
                raise invalid("Must be an HTTPS address", f"{where}.{key}")
        if len(message.get("quickReply", {}).get("items", [])) > QUICK:
            raise invalid(f"Size must be between 1 and {QUICK}", f"{where}.quickReply.items")
        if len(message.get("sender", {}).get("name", "")) > SENDER:
            raise invalid(f"Length must be between 0 and {SENDER}", f"{where}.sender.name")

    async def show(self, phone: Phone, message: Given) -> Given:
        """What she sees, if she has not blocked the account; what is sent is told as sent in any case."""
        id, quote_token = digits(18), letters(40)
        if phone.notes.get("blocked"):
            return {"id": id, "quoteToken": quote_token}
        kind: str = message["type"]
        file, fate = "", "shown"
        if url := message.get("originalContentUrl"):
            post = Post(url=url, method="GET")
            _, data, ok = await self.courier.call(post, 10, lambda status, _: status == 200)
            file, fate = (self.keep(data, ""), "shown") if ok else ("", "failed")
        quoted = message.get("quoteToken")
        quote = next(
            (shown.id for shown in phone.chat if quoted and shown.raw.get("quoteToken") == quoted), ""
        )
        lines = [str(message[key]) for key in ("title", "text", "address", "altText") if message.get(key)]
        phone.typing_until = 0
        shown = phone.show(
            id,
            "us",
            SHOWN_AS.get(kind, kind),
            "\n".join(lines),
            file=file,
            quote=quote,
            name=message.get("sender", {}).get("name", ""),
            choices=_choices(message),
            raw={**message, "quoteToken": quote_token},
        )
        shown.fate = fate
        return {"id": id, "quoteToken": quote_token}

    async def quota(self, asked: Asked) -> Told:
        self.check(asked)
        return told({"type": "limited", "value": int(self.form["quota"])})

    async def consumption(self, asked: Asked) -> Told:
        self.check(asked)
        return told({"totalUsage": self.used})

    async def content(self, asked: Asked) -> Told:
        self.check(asked)
        file = self._content(asked.given["id"])
        return blob(self.files[file].data, self.files[file].media_type)

    async def transcoding(self, asked: Asked) -> Told:
        self.check(asked)
        self._content(asked.given["id"])
        return told({"status": "succeeded"})

    def _content(self, id: str) -> str:
        """The file of a message of hers."""
        for phone in self.phones.values():
            shown = phone.find(id)
            if shown is not None and shown.by == "customer" and shown.file:
                return shown.file
        raise refused("Not found", 404)

    async def profile(self, asked: Asked) -> Told:
        self.check(asked)
        phone = self.phones.get(asked.given["id"])
        if phone is None or phone.notes.get("blocked"):
            raise refused("Not found", 404)
        language = "en" if phone.name.isascii() else "zh-Hans"
        return told(
            {"displayName": phone.name, "userId": phone.id, "language": language, "statusMessage": ""}
        )

    async def info(self, asked: Asked) -> Told:
        self.check(asked)
        about = {"userId": self.form["bot"], "basicId": "@kezhan", "displayName": "客栈"}
        return told({**about, "chatMode": "bot", "markAsReadMode": "manual"})

    async def link_token(self, asked: Asked) -> Told:
        """With it she signs in at the account's own page, which gives a nonce for it."""
        self.check(asked)
        if asked.given["id"] not in self.phones:
            raise refused("Not found", 404)
        return told({"linkToken": self.link_tokens.issue(asked.given["id"], LINK_TOKEN)})

    async def set_webhook(self, asked: Asked) -> Told:
        endpoint = self.body(asked, {"endpoint"})["endpoint"]
        if not isinstance(endpoint, str) or not HTTPS.match(endpoint):
            raise invalid("Must be an HTTPS address", "endpoint")
        self.form["webhook"] = endpoint
        return told({})

    async def get_webhook(self, asked: Asked) -> Told:
        self.check(asked)
        return told({"endpoint": self.form["webhook"], "active": bool(self.form["webhook"])})

    async def loading(self, asked: Asked) -> Told:
        given = self.body(asked, {"chatId"}, ("loadingSeconds",))
        seconds = given.get("loadingSeconds", 20)
        if given["chatId"] not in self.phones or seconds not in range(5, 61):
            raise invalid("Must be between 5 and 60", "loadingSeconds")
        self.phones[given["chatId"]].typing_until = self.now() + seconds
        return told({}, 202)

    async def mark_read(self, asked: Asked) -> Told:
        given = self.body(asked, {"markAsReadToken"})
        shown = self.read_tokens.get(given["markAsReadToken"])
        if shown is None:
            raise refused("Invalid mark as read token")
        shown.fate = "read"
        return told({})


def _check_kind(kind: str, message: Given, where: str) -> None:
    if kind == "audio" and not isinstance(message["duration"], int):
        raise invalid("Must be a number", f"{where}.duration")
    if kind == "flex" and message["contents"].get("type") not in ("bubble", "carousel"):
        raise invalid("Must be one of the following values: bubble, carousel", f"{where}.contents.type")
    if kind == "location":
        _check_place(message, where)


def _check_place(message: Given, where: str) -> None:
    for key in ("title", "address"):
        if len(message[key]) > PLACE:
            raise invalid(f"Length must be between 0 and {PLACE}", f"{where}.{key}")
    for key, most in (("latitude", 90), ("longitude", 180)):
        if not isinstance(message[key], int | float) or abs(message[key]) > most:
            raise invalid("Must be a number", f"{where}.{key}")


def _choices(message: Given) -> list[Choice]:
    """Quick replies and a template's buttons; their id is what tapping one sends."""
    items = [item["action"] for item in message.get("quickReply", {}).get("items", [])]
    items += message.get("template", {}).get("actions", [])
    footer = message.get("contents", {}).get("footer", {})
    items += [part["action"] for part in footer.get("contents", []) if "action" in part]
    return [Choice(id=_tapped(action), label=action.get("label", "")) for action in items]


def _tapped(action: Given) -> str:
    return next((str(action[key]) for key in ("data", "text", "uri") if action.get(key)), "")


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
