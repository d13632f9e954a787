"""WeCom: an application of the company's own, whose customers are its employees; and the group robot."""

import base64
import binascii
import hashlib
import re
import secrets
from typing import Any, ClassVar

import msgspec

from fakes.base import Misused, digits, letters
from fakes.phone import Act, Box, Choice, Phone, Said, Shown, Words
from fakes.wechat.corp import CorpPlatform
from fakes.wechat.envelope import MEDIA_SECONDS, err, read_body, refuse, text_of
from fakes.wechat.media import sendable
from fakes.wire import Asked, Route, Told, blob
from fakes.world import Meter, Tokens

TEXT_BYTES = 2048
WELCOME_S = 20
_BUTTONS = 6
_TASK = re.compile(r"[0-9A-Za-z_@-]+", re.ASCII)
_CONTACT = Box(name="name", label=Words("姓名", "Name"), value="陈平")
_KEY = Box(name="key", label=Words("菜单键值", "Menu key"), value="HELP")


class Wecom(CorpPlatform):
    name: ClassVar[str] = "wecom"
    label: ClassVar[Words] = Words("企业微信应用", "WeCom application")
    rank: ClassVar[int] = 13
    kinds: ClassVar[tuple[str, ...]] = ("text", "image", "voice", "video", "location", "link")
    hint: ClassVar[Words] = Words(
        "在客栈新建“企业微信”渠道，填入右侧各值，“接口地址”填本平台地址；再把渠道的回调地址贴到这里并连接。",
        "Make a WeCom channel in Kezhan with these values and this API address; "
        "then paste the channel's hook address here and connect.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.pushed = int(digits(19)) // 2
        self.sent: dict[str, tuple[list[Shown], float]] = {}
        self.rates = Meter(self.world.clock)
        self.doubles: dict[str, tuple[str, float]] = {}
        self.responses = Tokens(self.world.clock, size=64)
        self.welcomes = Tokens(self.world.clock, size=40)
        self.contacts: dict[str, str] = {}
        self.tasks: set[str] = set()

    def boxes(self) -> list[Box]:
        more = [
            Box(name="agentid", label=Words("应用 AgentId", "AgentId"), value="1000002"),
            Box(name="robot_key", label=Words("群机器人 key", "Key of the group robot"), value=letters(36)),
        ]
        return [*super().boxes(), *more]

    def acts(self) -> list[Act]:
        return [
            Act(name="enter", label=Words("进入应用", "Open the application")),
            Act(name="menu", label=Words("点击菜单", "Tap the menu"), boxes=[_KEY]),
            Act(name="befriend", label=Words("添加外部联系人", "Add an outside contact"), boxes=[_CONTACT]),
            Act(name="choose", label=Words("点选", "Tap"), on="message"),
        ]

    def customer_id(self) -> str:
        return letters(1, "ABCDEFGHJKLMNPQRSTUVWXYZ") + letters(9, "abcdefghijklmnopqrstuvwxyz")

    def routes(self) -> list[Route]:
        api = "/cgi-bin"
        return [
            *super().routes(),
            Route(method="POST", path=f"{api}/message/send", run=self.send, sends=True),
            Route(method="POST", path=f"{api}/message/recall", run=self.recall),
            Route(method="POST", path=f"{api}/message/update_template_card", run=self.update_card),
            Route(method="GET", path=f"{api}/user/get", run=self.user),
            Route(method="POST", path=f"{api}/webhook/send", run=self.robot, sends=True),
            Route(method="GET", path=f"{api}/externalcontact/get", run=self.contact),
            Route(method="POST", path=f"{api}/externalcontact/send_welcome_msg", run=self.welcome_contact),
            Route(method="GET", path="/pic/{id}", run=self.picture),
        ]

    async def picture(self, asked: Asked) -> Told:
        kept = self.files.get(asked.given["id"])
        return blob(kept.data, kept.media_type) if kept else self.no_such_path()

    # What she does.

    def _head(self, phone: Phone) -> dict[str, Any]:
        return {"FromUserName": phone.id, "AgentID": int(self.form["agentid"])}

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        self.pushed += secrets.randbelow(1000) + 1
        shown.id = str(self.pushed)
        if shown.file:
            self.files[shown.file].until = self.now() + MEDIA_SECONDS
        fields = {"MsgType": said.kind, **self._content(shown, said), "MsgId": self.pushed}
        self.push({**self._head(phone), **fields}, shown, phone)

    def _content(self, shown: Shown, said: Said) -> dict[str, Any]:
        more, media = said.more, {"MediaId": shown.file}
        match said.kind:
            case "image":
                return {"PicUrl": self.url(f"/pic/{shown.file}"), **media}
            case "voice":
                return {**media, "Format": "amr"}
            case "video":
                return {
                    **media,
                    "ThumbMediaId": self.keep(b"\xff\xd8\xff", "image/jpeg", seconds=MEDIA_SECONDS),
                }
            case "location":
                place = {
                    "Location_X": more.get("latitude", "30.25"),
                    "Location_Y": more.get("longitude", "120.16"),
                }
                return {**place, "Scale": 15, "Label": said.text, "AppType": "wxwork"}
            case "link":
                shown.text = more.get("title", said.text)
                return {
                    "Title": shown.text,
                    "Description": said.text,
                    "Url": more.get("url", ""),
                    "PicUrl": "",
                }
        return {"Content": said.text}

    def event(self, phone: Phone, event: str, **fields: Any) -> None:
        self.push({**self._head(phone), "MsgType": "event", "Event": event, **fields})

    async def act_enter(self, phone: Phone, _: dict[str, str]) -> None:
        self.event(phone, "enter_agent", EventKey="")

    async def act_menu(self, phone: Phone, given: dict[str, str]) -> None:
        self.event(phone, "click", EventKey=given.get("key", ""))

    async def act_befriend(self, phone: Phone, given: dict[str, str]) -> None:
        """Somebody outside adds this employee; she may be welcomed within 20 seconds, once."""
        outside = "wm" + letters(30)
        self.contacts[outside] = given.get("name") or "陈平"
        more = {"UserID": phone.id, "ExternalUserID": outside, "State": ""}
        change = {"FromUserName": "sys", "MsgType": "event", "Event": "change_external_contact"}
        code = self.welcomes.issue(phone.id, WELCOME_S)
        self.push({**change, "ChangeType": "add_external_contact", **more, "WelcomeCode": code})

    async def act_choose(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        if shown is None or given.get("choice") not in {choice.id for choice in shown.choices}:
            raise Misused("no such button")
        card = shown.raw["template_card"]
        more = {"TaskId": card.get("task_id", ""), "CardType": card["card_type"], "ResponseCode": shown.name}
        self.responses.use_up(shown.name)
        shown.name = more["ResponseCode"] = self.responses.issue(shown.id, 72 * 3600)
        self.event(phone, "template_card_event", EventKey=given["choice"], **more)

    # What we send.

    async def send(self, asked: Asked) -> Told:
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        if str(body.get("agentid")) != self.form["agentid"]:
            refuse(40056)
        names = [name for name in text_of(body, "touser", 64_000).split("|") if name]
        known = [self.phones[name] for name in names if name in self.phones]
        if len(names) > 1000 or not known:
            refuse(81013 if len(names) <= 1000 else 40058)
        text, file, choices = self._checked(body)
        if double := self._double(body):
            return err(0, msgid=double)
        id, shown = letters(40), []
        code = self.responses.issue(id, 72 * 3600) if choices else ""
        for phone in known:
            # More than the limits is taken and never arrives.
            minute, hour = f"{phone.id} minute", f"{phone.id} hour"
            if self.rates.take(minute, 30, 60) and self.rates.take(hour, 1000, 3600):
                name = code or (self.files[file].name if file else "")
                more = {"file": file, "name": name, "choices": choices, "raw": body}
                shown.append(phone.show(letters(12), "us", str(body["msgtype"]), text, **more))
        self.sent[id] = (shown, self.now())
        self._remember(body, id)
        response = {"response_code": code} if code else {}
        invalid = "|".join(name for name in names if name not in self.phones)
        return err(0, invaliduser=invalid, invalidparty="", invalidtag="", msgid=id, **response)

    def _double(self, body: dict[str, Any]) -> str:
        """The id of the same message within the interval asked for, "" without one."""
        known = (
            self.doubles.get(msgspec.json.encode(body).decode())
            if body.get("enable_duplicate_check")
            else None
        )
        return known[0] if known and known[1] > self.now() else ""

    def _remember(self, body: dict[str, Any], id: str) -> None:
        until = self.now() + min(int(body.get("duplicate_check_interval", 1800)), 4 * 3600)
        self.doubles[msgspec.json.encode(body).decode()] = (id, until)

    def _checked(self, body: dict[str, Any]) -> tuple[str, str, list[Choice]]:
        """Text, file and buttons to show."""
        kind = body.get("msgtype")
        holder = body.get(kind) if isinstance(kind, str) else None
        if not isinstance(holder, dict):
            refuse(40008, str(kind))
        match kind:
            case "text" | "markdown":
                return text_of(holder, "content", TEXT_BYTES, code=44004, least=1), "", []
            case "image" | "voice" | "file" | "video":
                id = sendable(self, holder.get("media_id"))
                return (
                    "\n".join(text_of(holder, name, 512) for name in ("title", "description")).strip(),
                    id,
                    [],
                )
            case "textcard":
                sizes = {"title": 128, "description": 512, "url": 2048}
                return "\n".join(text_of(holder, name, most, least=1) for name, most in sizes.items()), "", []
            case "news":
                return self._news(holder), "", []
            case "template_card":
                return self._card(holder)
        return refuse(40008, str(kind))

    @staticmethod
    def _news(holder: dict[str, Any]) -> str:
        articles = holder.get("articles")
        if not isinstance(articles, list) or not 1 <= len(articles) <= 8:
            refuse(45008)
        for one in articles:
            if bool(text_of(one, "appid", 64)) != bool(text_of(one, "pagepath", 1024)):
                refuse(40058, "appid, pagepath")
        return "\n".join(text_of(one, "title", 128, least=1) for one in articles)

    def _card(self, holder: dict[str, Any]) -> tuple[str, str, list[Choice]]:
        buttons = holder.get("button_list", [])
        if not text_of(holder, "card_type", 64) or len(buttons) > _BUTTONS:
            refuse(40058, "card_type, button_list")
        title = holder.get("main_title", {})
        lines = [
            *(text_of(title, name, 256) for name in ("title", "desc")),
            text_of(holder, "sub_title_text", 512),
        ]
        text = "\n".join(line for line in lines if line)
        if buttons:
            self._check_task(text_of(holder, "task_id", 128))
        made = [
            Choice(id=text_of(b, "key", 1024, least=1), label=text_of(b, "text", 64, least=1))
            for b in buttons
        ]
        return text.strip(), "", made

    def _check_task(self, name: str) -> None:
        """Of letters, digits and three signs, and never twice."""
        if not _TASK.fullmatch(name) or name in self.tasks:
            refuse(42014)
        self.tasks.add(name)

    async def recall(self, asked: Asked) -> Told:
        """Within 24 hours."""
        self.check_token(asked)
        known = self.sent.get(str(read_body(asked, escapes=True).get("msgid")))
        if known is None or self.now() > known[1] + 86400:
            refuse(40058, "msgid")
        for shown in known[0]:
            shown.fate, shown.text, shown.file = "recalled", "", ""
        return err(0)

    async def update_card(self, asked: Asked) -> Told:
        """One update for each code, within 72 hours."""
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        code = str(body.get("response_code"))
        if not self.responses.use_up(code):
            refuse(40058, "response_code")
        for phone in self.phones.values():
            for shown in phone.chat:
                if shown.by == "us" and shown.name == code:
                    shown.choices, shown.edited = [], True
        return err(0, invaliduser="")

    async def user(self, asked: Asked) -> Told:
        self.check_token(asked)
        phone = self.phones.get(asked.one("userid"))
        if phone is None:
            refuse(60111)
        return err(0, userid=phone.id, name=phone.name, department=[1], status=1, alias="", position="")

    async def contact(self, asked: Asked) -> Told:
        self.check_token(asked)
        id = asked.one("external_userid")
        if id not in self.contacts:
            refuse(84061)
        person = {"external_userid": id, "name": self.contacts[id], "avatar": "", "type": 1, "gender": 0}
        return err(0, external_contact=person, follow_user=[])

    async def welcome_contact(self, asked: Asked) -> Told:
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        code = str(body.get("welcome_code"))
        text = text_of(body.get("text", {}), "content", 4000, least=1)
        if not self.welcomes.use_up(code):
            refuse(41050)
        self.phone(self.welcomes.owner(code) or "").show(letters(12), "platform", "notice", f"欢迎语：{text}")
        return err(0)

    async def robot(self, asked: Asked) -> Told:
        """The group robot: 20 a minute; every member sees what it says."""
        if asked.one("key") != self.form["robot_key"]:
            refuse(93000)
        if not self.rates.take("robot", 20, 60):
            refuse(45009)
        body = read_body(asked, escapes=True)
        kind = body.get("msgtype")
        holder = body.get(kind) if isinstance(kind, str) else None
        text, file = "", ""
        if kind in {"text", "markdown"}:
            text = text_of(holder, "content", TEXT_BYTES if kind == "text" else 4096, code=44004, least=1)
        elif kind == "image" and isinstance(holder, dict):
            file = self._robot_picture(holder)
        elif kind not in {"news", "file", "voice", "template_card"}:
            refuse(40008, str(kind))
        for phone in self.phones.values():
            phone.show(letters(12), "us", str(kind), text, file=file, name="群机器人", raw=body)
        return err(0)

    def _robot_picture(self, holder: dict[str, Any]) -> str:
        try:
            data = base64.b64decode(str(holder.get("base64")), validate=True)
        except binascii.Error:
            refuse(40058, "base64")
        if hashlib.md5(data, usedforsecurity=False).hexdigest() != holder.get("md5"):
            refuse(40058, "md5")
        return self.keep(data, "image/png")


PLATFORM = Wecom
