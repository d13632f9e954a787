"""WeCom: a robot members write to alone or mention in a group, answered by the address each message brings.

The numbers of what is wrong with such an address are this stand-in's own.
"""

import time
from typing import Any, ClassVar

import msgspec

from fakes.base import Misused, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.wechat.corp import SealedPlatform
from fakes.wechat.crypto import NotOurs, lock, new_key, seal, signature, unseal
from fakes.wechat.envelope import err, read_body, refuse, text_of
from fakes.wire import Asked, Route, Told, blob
from fakes.world import Tokens

Given = dict[str, Any]
TEXT_BYTES = 20480
ANSWER_S, MEDIA_S = 3600, 300
POLLS = 360
"""So often, a second apart, is asked how far an answer has come."""
AT_ONCE = 3
"""Messages of one member may be on their way to an answer."""
NO_ADDRESS, USED = 846605, 846608


class WecomRobot(SealedPlatform):
    name: ClassVar[str] = "wecom_robot"
    label: ClassVar[Words] = Words("企业微信智能机器人", "WeCom robot")
    rank: ClassVar[int] = 14
    kinds: ClassVar[tuple[str, ...]] = ("text", "image", "mixed", "voice", "file", "video", "unknown")
    hint: ClassVar[Words] = Words(
        "在客栈新建“企业微信智能机器人”渠道，填入右侧各值，“接口地址”填本平台地址；"
        "再把渠道的回调地址贴到这里并连接。每条消息只能回复一条。",
        "Make a WeCom robot channel in Kezhan with these values and this API address; then paste the"
        " channel's hook address here and connect. Each message takes one answer.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.responses = Tokens(self.world.clock, size=64)
        self.downloads = Tokens(self.world.clock, size=64)

    def boxes(self) -> list[Box]:
        return [
            Box(name="aibotid", label=Words("Bot ID", "Bot ID"), value=f"aib{letters(29)}"),
            Box(name="robot_name", label=Words("机器人名称", "Name of the robot"), value="茶小二"),
            Box(name="token", label=Words("Token", "Token"), value=letters(24)),
            Box(name="aes_key", label=Words("EncodingAESKey", "EncodingAESKey"), value=new_key()),
        ]

    def acts(self) -> list[Act]:
        return [
            Act(name="group", label=Words("在群里 @ 机器人", "Mention it in a group"),
                boxes=[Box(name="text", label=Words("内容", "Text"), value="发货了吗？")]),
            Act(name="enter", label=Words("进入会话", "Open the chat")),
        ]  # fmt: skip

    def routes(self) -> list[Route]:
        return [
            Route(method="POST", path="/cgi-bin/aibot/response", run=self.respond, sends=True),
            Route(method="GET", path="/media/{code}", run=self.download),
        ]

    def customer_id(self) -> str:
        return letters(1, "ABCDEFGHJKLMNPQRSTUVWXYZ") + letters(9, "abcdefghijklmnopqrstuvwxyz")

    # What members do.

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        if len(phone.notes.setdefault("streams", set())) >= AT_ONCE:
            raise Misused("three messages are being answered already")
        shown.id = letters(32)
        group = "group" in said.more
        body: Given = {
            "msgid": shown.id,
            "create_time": int(time.time()),
            **self._head(phone, group=group),
            "response_url": self._address(phone),
            **self._content(shown, said, f"@{self.form['robot_name']} " if group else ""),
        }
        if shown.quote and (quoted := phone.find(shown.quote)) is not None:
            body["quote"] = self._content(quoted, Said(text=quoted.text, kind=quoted.kind), "")
        self._push(body, shown, phone)

    async def act_group(self, phone: Phone, given: dict[str, str]) -> None:
        await self.say(phone.id, Said(text=given.get("text") or "发货了吗？", more={"group": "yes"}))

    async def act_enter(self, phone: Phone, _: dict[str, str]) -> None:
        head = {"msgid": letters(32), "create_time": int(time.time()), **self._head(phone)}
        self._push({**head, "msgtype": "event", "event": {"eventtype": "enter_chat"}})

    def _head(self, phone: Phone, *, group: bool = False) -> Given:
        head: Given = {"aibotid": self.form["aibotid"], "from": {"userid": phone.id}, "chattype": "single"}
        if group:
            chat = phone.notes.setdefault("group", f"wr{letters(30)}")
            head |= {"chattype": "group", "chatid": chat}
        return head

    def _address(self, phone: Phone) -> str:
        return self.url(f"/cgi-bin/aibot/response?response_code={self.responses.issue(phone.id, ANSWER_S)}")

    def _content(self, shown: Shown, said: Said, before: str) -> Given:
        text: Given = {"msgtype": "text", "text": {"content": before + said.text}}
        if said.kind == "voice":
            return {"msgtype": "voice", "voice": {"content": said.text}}
        if said.kind == "text":
            return text
        if said.kind == "unknown":
            return {"msgtype": "miniprogram", "miniprogram": {"title": said.text}}
        if not shown.file:
            raise Misused(f"{said.kind} needs a file")
        link = {"url": self.url(f"/media/{self.downloads.issue(shown.file, MEDIA_S)}")}
        if said.kind == "mixed":
            items = [text, {"msgtype": "image", "image": link}]
            return {"msgtype": "mixed", "mixed": {"msg_item": items}}
        return {"msgtype": said.kind, said.kind: link}

    async def download(self, asked: Asked) -> Told:
        """Enciphered, for five minutes."""
        code = asked.given["code"]
        kept = self.files.get(self.downloads.owner(code) or "")
        if kept is None or not self.downloads.good(code):
            return Told(status=403)
        return blob(lock(self.form["aes_key"], kept.data), "application/octet-stream")

    # Callbacks, and what may be said at once.

    def _post(self, body: Given) -> Post:
        sealed = seal(self.form["aes_key"], self.receiver, msgspec.json.encode(body))
        query = "&".join(f"{name}={value}" for name, value in self._query(sealed).items())
        return Post(
            url=f"{self.form['webhook']}?{query}",
            body=msgspec.json.encode({"encrypt": sealed}),
            headers={"content-type": "application/json"},
        )

    def _push(self, body: Given, shown: Shown | None = None, phone: Phone | None = None) -> None:
        post = self._post(body)

        def heard(status: int, answer: bytes) -> bool:
            said = self._opened(status, answer)
            if said and phone is not None:
                self._begin(phone, body, said)
            return said is not None

        self.bring(lambda: post, Manners(timeout=5, pauses=(0, 0), heard=heard), shown)

    def _opened(self, status: int, answer: bytes) -> Given | None:
        """What is said at once: nothing, or a sealed stream; None where it is neither."""
        if status != 200 or not answer:
            return {} if status == 200 else None
        reply = msgspec.json.decode(answer)
        try:
            words = (self.form["token"], str(reply["timestamp"]), reply["nonce"], reply["encrypt"])
            if signature(*words) != reply["msgsignature"]:
                return None
            said: Given = msgspec.json.decode(unseal(self.form["aes_key"], reply["encrypt"], self.receiver))
        except (KeyError, TypeError, NotOurs):
            return None
        return said if said.get("msgtype") == "stream" and isinstance(said.get("stream"), dict) else None

    def _begin(self, phone: Phone, body: Given, said: Given) -> None:
        """Show what there is of the answer, and ask for more of it until it is finished."""
        stream = said["stream"]["id"]
        if self._grown(phone, said) or stream in phone.notes["streams"]:
            return
        phone.notes["streams"].add(stream)
        head: Given = {name: body[name] for name in ("aibotid", "chattype", "chatid", "from") if name in body}

        def ask() -> Post:
            return self._post({"msgid": letters(32), **head, "msgtype": "stream", "stream": {"id": stream}})

        def heard(status: int, answer: bytes) -> bool:
            more = self._opened(status, answer)
            return bool(more) and self._grown(phone, more or {})

        task = self.bring(ask, Manners(timeout=5, pauses=(1,) * (POLLS - 1), heard=heard))
        task.add_done_callback(lambda _: phone.notes["streams"].discard(stream))

    @staticmethod
    def _grown(phone: Phone, said: Given) -> bool:
        """Whether that is all of it."""
        stream = said["stream"]
        content = str(stream.get("content", ""))
        shown = phone.find(stream["id"])
        if shown is None and content:
            phone.show(stream["id"], "us", "text", content, raw=said)
        elif shown is not None:
            shown.text = content or shown.text
        return bool(stream.get("finish"))

    # Calls of ours.

    async def respond(self, asked: Asked) -> Told:
        """One answer to one message, within the hour."""
        code = asked.one("response_code")
        owner = self.responses.owner(code)
        if owner is None:
            refuse(NO_ADDRESS, "response_code")
        body = read_body(asked)
        kind = body.get("msgtype")
        if kind not in {"markdown", "template_card"}:
            refuse(40008, "msgtype")
        title = body[kind].get("main_title", {}).get("title", "") if kind == "template_card" else ""
        text = title or text_of(body.get("markdown"), "content", TEXT_BYTES, least=1)
        if not self.responses.use_up(code):
            refuse(USED, "response_code")
        self.phone(owner).show(letters(32), "us", "text", text, raw=body)
        return err(0)


PLATFORM = WecomRobot
