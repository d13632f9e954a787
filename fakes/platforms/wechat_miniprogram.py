"""WeChat mini-program: JSON or XML pushes, a window also for who opens the chat, subscribe messages."""

import base64
import hmac
from typing import Any, ClassVar

import msgspec

from fakes.base import letters
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.wechat.account import WechatAccount
from fakes.wechat.envelope import MEDIA_SECONDS, err, read_body, read_xml, refuse, text_of, write_xml
from fakes.wechat.media import MB, Limit, sendable
from fakes.wechat.templates import filled, listed
from fakes.wire import Asked, Route, Told, told
from fakes.world import Meter, Tokens

TEXT_BYTES = 2048
_CODE_S = 300
_FROM = Box(name="session_from", label=Words("会话来源 session-from", "session-from"), value="")

_TEMPLATE = Box(name="template", label=Words("模板ID", "Template id"), value="")


def b64url(data: bytes) -> str:
    """Without the signs that fill it up."""
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class WechatMiniprogram(WechatAccount):
    name: ClassVar[str] = "wechat_miniprogram"
    label: ClassVar[Words] = Words("微信小程序", "WeChat Mini Program")
    rank: ClassVar[int] = 11
    kinds: ClassVar[tuple[str, ...]] = ("text", "image", "miniprogrampage")
    hint: ClassVar[Words] = Words(
        "在客栈新建“微信小程序”渠道，填入右侧各值，“接口地址”填本平台地址；再把渠道的回调地址贴到这里并连接。",
        "Make a WeChat Mini Program channel in Kezhan with these values and this API address; "
        "then paste the channel's hook address here and connect.",
    )
    uploads: ClassVar[dict[str, Limit]] = {"image": Limit(2 * MB, ("jpg", "png", "gif"))}
    typing_path: ClassVar[str] = "/cgi-bin/message/custom/business/typing"
    sorry: ClassVar[str] = "该小程序客服暂时无法提供服务，请稍后再试"

    def __init__(self) -> None:
        super().__init__()
        self.codes = Tokens(self.world.clock, size=32)
        self.minute = Meter(self.world.clock)

    def boxes(self) -> list[Box]:
        more = [
            Box(name="format", label=Words("数据格式", "Data format"), value="JSON", options=["JSON", "XML"]),
            Box(name="templates", label=Words("订阅消息模板ID", "Template ids"), value=letters(43)),
        ]
        return [*super().boxes(), *more]

    def acts(self) -> list[Act]:
        return [
            Act(name="enter", label=Words("进入客服会话", "Open the chat"), boxes=[_FROM]),
            Act(name="enter_known", label=Words("登录后进入客服会话", "Open the chat, signed in")),
            Act(name="consent", label=Words("同意订阅消息", "Allow a notice"), boxes=[_TEMPLATE]),
            Act(name="revoke", label=Words("撤回授权", "Withdraw the authorisation")),
        ]

    def routes(self) -> list[Route]:
        return [
            *super().routes(),
            Route(method="POST", path="/cgi-bin/message/subscribe/send", run=self.notice, sends=True),
            Route(method="GET", path="/wxaapi/newtmpl/gettemplate", run=self.listed_templates),
            Route(method="GET", path="/sns/jscode2session", run=self.session),
            Route(method="POST", path="/wxa/business/getuserphonenumber", run=self.number),
        ]

    def write(self, fields: dict[str, Any]) -> bytes:
        return msgspec.json.encode(fields) if self.form["format"] == "JSON" else write_xml(fields).encode()

    def read(self, body: bytes) -> dict[str, Any] | None:
        if self.form["format"] == "XML":
            return read_xml(body)
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None

    @property
    def media_type(self) -> str:  # type: ignore[override]
        return "application/json" if self.form["format"] == "JSON" else "text/xml"

    # What she does.

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = str(self.next_id())
        self.window(phone).open("message", 5, 2 * 86400)
        fields: dict[str, Any] = {"Content": said.text}
        if said.kind == "image":
            self.files[shown.file].until = self.now() + MEDIA_SECONDS
            fields = {"PicUrl": self.url(f"/mmbiz_pic/{shown.file}"), "MediaId": shown.file}
        elif said.kind == "miniprogrampage":
            thumb = self.keep(b"\xff\xd8\xff", "image/jpeg", seconds=MEDIA_SECONDS)
            page = {"AppId": self.form["appid"], "PagePath": said.more.get("page", "pages/index")}
            picture = {"ThumbUrl": self.url(f"/mmbiz_pic/{thumb}"), "ThumbMediaId": thumb}
            fields = {"Title": said.text, **page, **picture}
        self.push(phone, {"MsgType": said.kind, **fields, "MsgId": int(shown.id)}, shown)

    async def act_enter(self, phone: Phone, given: dict[str, str]) -> None:
        self.window(phone).open("enter", 2, 60)
        event = {"MsgType": "event", "Event": "user_enter_tempsession"}
        self.push(phone, {**event, "SessionFrom": given.get("session_from", "")[:1000]})

    async def act_enter_known(self, phone: Phone, _: dict[str, str]) -> None:
        """The mini-program knows her by `wx.login`, and its server vouches for her in session-from."""
        payload = b64url(msgspec.json.encode({**self.union(phone), "name": phone.name}))
        vouched = hmac.digest(self.form["secret"].encode(), f"{phone.id}.{payload}".encode(), "sha256").hex()
        await self.act_enter(phone, {"session_from": f"kezhan.{payload}.{vouched}"})

    async def act_consent(self, phone: Phone, given: dict[str, str]) -> None:
        template = given.get("template") or self._templates()[0]
        phone.notes.setdefault("consents", []).append(template)
        item = {"TemplateId": template, "SubscribeStatusString": "accept", "PopupScene": "0"}
        event = {"MsgType": "event", "Event": "subscribe_msg_popup_event"}
        self.push(phone, {**event, "SubscribeMsgPopupEvent": {"List": item}})

    async def act_revoke(self, phone: Phone, _: dict[str, str]) -> None:
        event = {"MsgType": "event", "Event": "user_authorization_revoke", "OpenID": phone.id}
        self.push(phone, {**event, "RevokeInfo": "1", "PluginID": "", "OpenPID": ""})

    def login_code(self, customer: str) -> str:
        """What `wx.login` gives her page: good once, for five minutes."""
        return self.codes.issue(customer, _CODE_S)

    # What we send.

    def sendable_kinds(self) -> tuple[str, ...]:
        return ("text", "image", "link", "miniprogrampage")

    async def send(self, asked: Asked) -> Told:
        self.check_token(asked)
        if not self.minute.take(str(read_body(asked).get("touser")), 100, 60):
            refuse(45011)
        return await super().send(asked)

    def show_text(self, holder: Any, phone: Phone) -> Shown:
        text = text_of(holder, "content", TEXT_BYTES, code=44004, least=1)
        return phone.show(letters(12), "us", "text", text)

    def show_image(self, holder: Any, phone: Phone) -> Shown:
        id = sendable(self, holder.get("media_id") if isinstance(holder, dict) else None)
        return phone.show(letters(12), "us", "image", file=id, name=self.files[id].name)

    def show_link(self, holder: Any, phone: Phone) -> Shown:
        lines = [text_of(holder, name, 1024, least=1) for name in ("title", "description", "url")]
        text_of(holder, "thumb_url", 1024)
        return phone.show(letters(12), "us", "link", "\n".join(lines))

    def show_miniprogrampage(self, holder: Any, phone: Phone) -> Shown:
        sendable(self, holder.get("thumb_media_id") if isinstance(holder, dict) else None)
        text_of(holder, "pagepath", 1024, least=1)
        return phone.show(letters(12), "us", "card", text_of(holder, "title", 256, least=1))

    def _templates(self) -> list[str]:
        return [one.strip() for one in self.form["templates"].split(",")]

    async def listed_templates(self, asked: Asked) -> Told:
        self.check_token(asked)
        some = [
            {
                "priTmplId": one.id,
                "title": one.title,
                "content": one.content,
                "example": one.example,
                "type": 2,
            }
            for one in listed(self.form["templates"])
        ]
        return err(0, data=some)

    async def notice(self, asked: Asked) -> Told:
        """One for each consent of hers, also outside the window."""
        self.check_token(asked)
        body = read_body(asked)
        phone, template = self.receiver(body.get("touser")), body.get("template_id")
        text = filled(self.form["templates"], body)
        consents: list[str] = phone.notes.get("consents", [])
        if template not in consents:
            refuse(43101)
        consents.remove(template)
        phone.show(letters(12), "us", "template", text, raw=body)
        return err(0)

    # People.

    async def session(self, asked: Asked) -> Told:
        if asked.one("appid") != self.form["appid"]:
            refuse(40013)
        if asked.one("secret") != self.form["secret"]:
            refuse(40125)
        code = asked.one("js_code")
        customer = self.codes.owner(code)
        if asked.one("grant_type") != "authorization_code" or customer is None:
            refuse(40029)
        if not self.codes.use_up(code):
            refuse(40163)
        phone = self.phone(customer)
        return told({"openid": phone.id, "session_key": letters(22) + "==", **self.union(phone)})

    async def number(self, asked: Asked) -> Told:
        self.check_token(asked)
        code = str(read_body(asked).get("code", ""))
        if not self.codes.use_up(code):
            refuse(40029)
        number = "138" + "".join(str(ord(letter) % 10) for letter in str(self.codes.owner(code))[:8])
        info = {"phoneNumber": number, "purePhoneNumber": number, "countryCode": "86"}
        return err(0, phone_info=info)


PLATFORM = WechatMiniprogram
