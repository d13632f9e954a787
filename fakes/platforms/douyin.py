"""Douyin: a business account's private messages."""

import hashlib
import time

import msgspec

from fakes.base import Connected, Misused, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.platforms.douyin_api import Given, OpenPlatform

MANNERS = Manners(timeout=5, pauses=(1, 1, 1), heard=lambda status, _: status == 200)
GRANTED = ["authorize", "unauthorize"]
TYPES = {"local_image": "user_local_image", "local_video": "user_local_video", "sticker": "emoji"}


def signed(secret: str, body: bytes) -> str:
    """The header X-Douyin-Signature."""
    return hashlib.sha1(secret.encode() + body, usedforsecurity=False).hexdigest()


class Douyin(OpenPlatform):
    name = "douyin"
    label = Words("抖音", "Douyin")
    rank = 20
    kinds = ("text", "image", "local_image", "local_video", "sticker", "video", "card", "other")
    quotes = False
    hint = Words(
        "Client Key、Client Secret、open_id 和两个令牌照抄；“验签密钥”留空就是 Client Secret。",
        "Copy client key, client secret, open_id and both tokens; no webhook secret: the client secret.",
    )

    def boxes(self) -> list[Box]:
        as_what = Words("content 的形式", "content comes as")
        return [
            Box(name="client_key", label=Words("Client Key", "Client key"), value=f"aw{letters(14).lower()}"),
            Box(name="client_secret", label=Words("Client Secret", "Client secret"),
                value=letters(32, "0123456789abcdef")),
            Box(name="webhook_secret", label=Words("webhook 验签密钥", "Webhook secret")),
            Box(name="open_id", label=Words("经营号的 open_id", "The account's open_id"),
                value=f"_000{letters(32)}"),
            Box(name="code", label=Words("授权码（一次）", "Authorisation code, once")),
            Box(name="access_token", label=Words("access_token", "access_token")),
            Box(name="refresh_token", label=Words("refresh_token", "refresh_token")),
            Box(name="content", label=as_what, value="object", options=["object", "string"]),
            Box(name="error_in", label=Words("错误码的位置", "Errors stand in"), value="both",
                options=["both", "data", "extra"]),
        ]  # fmt: skip

    def acts(self) -> list[Act]:
        return [
            Act(name="enter", label=Words("点进私信", "Open the chat")),
            Act(name="authorise", label=Words("授权主动私信", "Allow messages unasked")),
            Act(name="account", label=Words("经营号授权 / 取消授权", "The account authorises / takes back"),
                boxes=[Box(name="event", label=Words("事件", "Event"), value=GRANTED[0], options=GRANTED)]),
            Act(name="staff", label=Words("店员在抖音回复", "Staff answer in the app"),
                boxes=[Box(name="text", label=Words("内容", "Text"))]),
            Act(name="recall", label=Words("撤回", "Recall"), on="message"),
        ]  # fmt: skip

    def customer_id(self) -> str:
        return f"_000{letters(32)}"

    def welcome(self, name: str) -> Phone:
        return self._known(super().welcome(name))

    def phone(self, customer: str) -> Phone:
        return self._known(super().phone(customer))

    @staticmethod
    def _known(phone: Phone) -> Phone:
        phone.notes.setdefault("conversation", f"@{letters(48)}==")
        phone.notes.setdefault("union_id", letters(36))
        return phone

    # Callbacks.

    def post(self, value: object, msg_id: str) -> Post:
        body = msgspec.json.encode(value)
        secret = self.form["webhook_secret"] or self.form["client_secret"]
        headers = {"content-type": "application/json", "X-Douyin-Signature": signed(secret, body)}
        return Post(url=self.form["webhook"], body=body, headers={**headers, "Msg-Id": msg_id})

    async def handshake(self) -> Connected:
        if not self.form["webhook"]:
            return Connected(ok=True)
        challenge = int(digits(8))
        asked = {
            "event": "verify_webhook",
            "client_key": self.form["client_key"],
            "content": {"challenge": challenge},
        }

        def heard(status: int, body: bytes) -> bool:
            try:
                return status == 200 and bool(msgspec.json.decode(body) == {"challenge": challenge})
            except ValueError:
                return False

        status, body, ok = await self.courier.call(self.post(asked, digits(19)), 5, heard)
        return Connected(ok=ok, status=status, answer=body.decode(errors="replace")[:200])

    def event(
        self, phone: Phone, event: str, content: Given, *, ours: bool = False, shown: Shown | None = None
    ) -> None:
        """The content is an object in some events, and JSON text in others."""
        pair = (self.form["open_id"], phone.id)
        sender, receiver = pair if ours else pair[::-1]
        text = msgspec.json.encode(content).decode()
        value = {
            "event": event,
            "client_key": self.form["client_key"],
            "from_user_id": sender,
            "to_user_id": receiver,
            "log_id": letters(32),
            "content": text if self.form["content"] == "string" else content,
        }
        post = self.post(value, digits(19))
        self.bring(lambda: post, MANNERS, shown)

    def content(self, phone: Phone, id: str, kind: str, more: Given) -> Given:
        """What message events have in common."""
        users = [
            {"open_id": phone.id, "nick_name": phone.name, "avatar": ""},
            {"open_id": self.form["open_id"], "nick_name": "客栈", "avatar": ""},
        ]
        about = {
            "conversation_short_id": phone.notes["conversation"],
            "server_message_id": id,
            "conversation_type": 1,
        }
        times = {"message_type": kind, "create_time": int(time.time() * 1000), "source": ""}
        return {**about, **times, "user_infos": users, **more}

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = f"@{letters(60)}"
        self.received[shown.id] = (phone, self.now(), "message")
        kinds: dict[str, Given] = {
            "text": {"text": said.text},
            "video": {"item_id": f"@{letters(30)}"},
            "card": {"card_id": digits(10), "card_status": 2,
                     "card_data": [{"label": "电话", "value": said.text or "138****5678"}]},
        }  # fmt: skip
        more = kinds.get(said.kind, {})
        if said.kind == "image":
            if not shown.file:
                raise Misused("image needs a file")
            if said.more.get("with_url") == "yes":
                url = f"{self.base}/_/{self.name}/file/{shown.file}"
                more = {
                    "resource_type": "image",
                    "resource_height": 10,
                    "resource_width": 10,
                    "resource_url": url,
                }
        kind = {"card": "retain_consult_card", **TYPES}.get(said.kind, said.kind)
        self.event(phone, "im_receive_msg", self.content(phone, shown.id, kind, more), shown=shown)

    def echo(self, phone: Phone, shown: Shown, source: str) -> None:
        more = {"text": shown.text} if shown.kind == "text" else {}
        content = self.content(phone, shown.id, shown.kind, {**more, "scene_type": 100, "source": source})
        self.event(phone, "im_send_msg", content, ours=True)

    def recalled(self, phone: Phone, shown: Shown, *, ours: bool) -> None:
        shown.fate, shown.text, shown.file = "recalled", "", ""
        self.event(phone, "im_recall_msg", {"server_message_id": shown.id}, ours=ours)

    async def act_enter(self, phone: Phone, given: dict[str, str]) -> None:
        id = f"@{letters(60)}"
        self.received[id] = (phone, self.now(), "enter")
        ad = {"adv_id": digits(12), "adv_name": "春茶", "ad_id": digits(12), "ad_name": "龙井"}
        content = self.content(
            phone, id, "other", {"scene_type": "ad", "ad_info": ad, "query": "", "path": ""}
        )
        self.event(phone, "im_enter_direct_msg", content)

    async def act_authorise(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["authorised"] = True

    async def act_account(self, phone: Phone, given: dict[str, str]) -> None:
        """Told of the account itself; what is taken back ends its tokens."""
        if (event := given.get("event", "")) not in GRANTED:
            raise Misused(f"there is no event {event}")
        if event.startswith("un"):
            self.access.void_all()
        value = {"event": event, "client_key": self.form["client_key"], "from_user_id": self.form["open_id"]}
        post = self.post({**value, "content": {"scopes": ["im.direct_message"]}}, digits(19))
        self.bring(lambda: post, MANNERS)

    async def act_staff(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.show(f"@{letters(60)}", "us", "text", given.get("text", ""))
        self.echo(phone, shown, "")

    async def act_recall(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        if shown is None or shown.by != "customer":
            raise Misused("not a message of hers")
        self.recalled(phone, shown, ours=False)


PLATFORM = Douyin
