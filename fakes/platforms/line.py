"""LINE: an official account and its friends."""

import base64
import hashlib
import hmac
import time

import msgspec

from fakes.base import Connected, Misused, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.platforms.line_api import REPLY_TOKEN, Given, MessagingApi

HEX = "0123456789abcdef"
ULID = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# When LINE tries again is not published.
PAUSES = (1, 10, 60)


def signed(secret: str, body: bytes) -> str:
    """The header x-line-signature."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Line(MessagingApi):
    name = "line"
    label = Words("LINE", "LINE")
    rank = 52
    kinds = ("text", "image", "voice", "video", "file", "location", "sticker")
    hint = Words(
        "接口地址和内容接口地址（api 与 api-data）都填本页给出的地址。",
        "Enter this page's address for both the API and the content API (api and api-data).",
    )

    def acts(self) -> list[Act]:
        return [
            Act(name="follow", label=Words("加好友", "Add as a friend")),
            Act(name="unfollow", label=Words("屏蔽", "Block")),
            Act(name="standby", label=Words("转给其他应用", "Another app answers")),
            Act(name="active", label=Words("转回", "We answer again")),
            Act(name="link", label=Words("绑定账号", "Link an account"), boxes=[
                Box(name="token", label=Words("linkToken", "linkToken")),
                Box(name="nonce", label=Words("nonce", "nonce")),
            ]),
            Act(name="recall", label=Words("撤回", "Unsend"), on="message"),
            Act(name="choose", label=Words("点按钮", "Tap a button"), on="message",
                boxes=[Box(name="choice", label=Words("按钮", "Button"))]),
        ]  # fmt: skip

    def customer_id(self) -> str:
        return f"U{letters(32, HEX)}"

    def post(self, events: list[Given]) -> Post:
        body = msgspec.json.encode({"destination": self.form["bot"], "events": events})
        headers = {"content-type": "application/json; charset=utf-8", "user-agent": "LineBotWebhook/2.0"}
        return Post(
            url=self.form["webhook"],
            body=body,
            headers={**headers, "x-line-signature": signed(self.form["channel_secret"], body)},
        )

    async def handshake(self) -> Connected:
        """As the console's Verify button: no events."""
        if not self.form["webhook"]:
            return Connected(ok=True)
        status, body, ok = await self.courier.call(self.post([]), 2, lambda status, _: status == 200)
        return Connected(ok=ok, status=status, answer=body.decode(errors="replace")[:200])

    def event(
        self, phone: Phone, event: Given, *, answerable: bool = True, shown: Shown | None = None
    ) -> None:
        """Every attempt after the first says so; all bear the same id."""
        active = not phone.notes.get("standby")
        base = {
            "timestamp": int(time.time() * 1000),
            "source": {"type": "user", "userId": phone.id},
            "mode": "active" if active else "standby",
            "webhookEventId": f"01{letters(24, ULID)}",
        }
        if answerable and active:
            base["replyToken"] = self.reply_tokens.issue(phone.id, REPLY_TOKEN)
        attempts = iter([False])

        def make() -> Post:
            again = next(attempts, True)
            return self.post([{**event, **base, "deliveryContext": {"isRedelivery": again}}])

        pauses = PAUSES if self.form["redelivery"] == "yes" else ()
        heard = lambda status, _: status == 200  # noqa: E731
        self.bring(make, Manners(timeout=2, pauses=pauses, heard=heard), shown)

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = digits(18)
        if said.kind in ("image", "voice", "video", "file") and not shown.file:
            raise Misused(f"{said.kind} needs a file")
        read_token = letters(40)
        self.read_tokens[read_token] = shown
        message: Given = {"id": shown.id, **self._body(shown, said), "markAsReadToken": read_token}
        if said.kind in ("text", "image", "video", "sticker"):
            message["quoteToken"] = letters(40)
        if said.quote:
            message["quotedMessageId"] = said.quote
        shown.raw = message
        self.event(phone, {"type": "message", "message": message}, shown=shown)

    def _body(self, shown: Shown, said: Said) -> Given:
        more, provider = said.more, {"contentProvider": {"type": "line"}}
        if "image_set" in more:
            provider["imageSet"] = {"id": more["image_set"]}
        size = len(self.files[shown.file].data) if shown.file else 0
        place = {key: float(more.get(key, "0")) for key in ("latitude", "longitude")}
        made: dict[str, Given] = {
            "text": {"type": "text", "text": said.text},
            "image": {"type": "image", **provider},
            "voice": {"type": "audio", "duration": 3000, **provider},
            "video": {"type": "video", "duration": 3000, **provider},
            "file": {"type": "file", "fileName": said.name, "fileSize": size},
            "location": {"type": "location", "title": said.text, "address": more.get("address", ""), **place},
            "sticker": {
                "type": "sticker",
                "packageId": "446",
                "stickerId": "1988",
                "stickerResourceType": "STATIC",
                "keywords": ["hello"],
            },
        }
        return made[said.kind]

    async def act_follow(self, phone: Phone, given: dict[str, str]) -> None:
        unblocked = bool(phone.notes.pop("blocked", False))
        self.event(phone, {"type": "follow", "follow": {"isUnblocked": unblocked}})

    async def act_unfollow(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["blocked"] = True
        self.event(phone, {"type": "unfollow"}, answerable=False)

    async def act_standby(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["standby"] = True

    async def act_active(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes.pop("standby", None)

    async def act_link(self, phone: Phone, given: dict[str, str]) -> None:
        """Failed where the token is not hers or is used up."""
        token = given.get("token", "")
        good = self.link_tokens.owner(token) == phone.id and self.link_tokens.use_up(token)
        link = {"result": "ok" if good else "failed", "nonce": given.get("nonce", "")}
        self.event(phone, {"type": "accountLink", "link": link})

    async def act_recall(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        if shown is None or shown.by != "customer":
            raise Misused("not a message of hers")
        shown.fate, shown.text, shown.file = "recalled", "", ""
        self.event(phone, {"type": "unsend", "unsend": {"messageId": shown.id}}, answerable=False)

    async def act_choose(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        choice = next((c for c in shown.choices if c.id == given.get("choice")), None) if shown else None
        if choice is None:
            raise Misused("no such button")
        self.event(phone, {"type": "postback", "postback": {"data": choice.id}})


PLATFORM = Line
