"""WeChat official account: XML pushes, customer messages within 48 hours, templates."""

import time
from typing import Any, ClassVar

from fakes.base import Misused, digits, letters
from fakes.phone import Act, Box, Choice, Phone, Said, Shown, Words
from fakes.wechat.account import WechatAccount
from fakes.wechat.envelope import MEDIA_SECONDS, err, read_body, refuse, text_of
from fakes.wechat.media import MB, Limit, sendable
from fakes.wechat.menu import OPENING, SESSIONS, TAPS
from fakes.wechat.templates import filled, listed
from fakes.wire import Asked, Route, Told, told

DAY = 86400
TEXT_BYTES = 2048
_QUICK = (3, 60)
_ONCE_S = 600
"""For so long a template of the same client_id goes once."""
_MENU = Box(name="kind", label=Words("菜单类型", "Kind of entry"), value="CLICK", options=list(TAPS))
_SESSION = Box(name="event", label=Words("事件", "Event"), value=SESSIONS[0], options=SESSIONS)
_KEY = Box(name="key", label=Words("菜单键值", "Menu key"), value="HELP")
_SCENE = Box(name="scene", label=Words("场景值", "Scene"), value="")
_TEMPLATE = Box(name="template", label=Words("模板ID", "Template id"), value="")


class WechatOa(WechatAccount):
    name: ClassVar[str] = "wechat_oa"
    label: ClassVar[Words] = Words("微信公众号", "WeChat Official Account")
    rank: ClassVar[int] = 10
    kinds: ClassVar[tuple[str, ...]] = (
        "text",
        "image",
        "voice",
        "video",
        "shortvideo",
        "location",
        "link",
        "file",
    )
    hint: ClassVar[Words] = Words(
        "在客栈新建“微信公众号”渠道，填入右侧各值，“接口地址”填本平台地址；再把渠道的回调地址贴到这里并连接。",
        "Make a WeChat Official Account channel in Kezhan with these values and this API address; "
        "then paste the channel's hook address here and connect.",
    )
    uploads: ClassVar[dict[str, Limit]] = {
        "image": Limit(10 * MB, ("jpg", "png", "gif")),
        "voice": Limit(2 * MB, ("amr", "mp3")),
        "video": Limit(10 * MB, ("mp4",)),
        "thumb": Limit(64 * 1024, ("jpg",)),
    }

    def boxes(self) -> list[Box]:
        more = [
            Box(
                name="user_messages",
                label=Words("用户发一条消息后可回复条数", "Answers after each message"),
                value="5",
            ),
            Box(name="templates", label=Words("模板ID", "Template ids"), value=letters(43)),
            Box(
                name="kf_accounts",
                label=Words("客服帐号（逗号分隔）", "Service accounts (a@gh, b@gh)"),
                value="",
            ),
        ]
        return [*super().boxes(), *more]

    def acts(self) -> list[Act]:
        return [
            Act(name="follow", label=Words("关注", "Follow"), boxes=[_SCENE]),
            Act(name="unfollow", label=Words("取消关注", "Unfollow")),
            Act(name="scan", label=Words("扫描二维码", "Scan a code"), boxes=[_SCENE]),
            Act(name="menu", label=Words("点击菜单", "Tap the menu"), boxes=[_MENU, _KEY]),
            Act(name="locate", label=Words("上报位置", "Report the position")),
            Act(name="session", label=Words("多客服会话", "WeChat's own console"), boxes=[_SESSION]),
            Act(name="pay", label=Words("微信支付", "Pay")),
            Act(name="mute", label=Words("拒收消息 / 恢复", "Refuse messages / allow")),
            Act(name="consent", label=Words("同意订阅通知", "Allow a notice"), boxes=[_TEMPLATE]),
            Act(name="choose", label=Words("点选", "Tap"), on="message"),
        ]

    def routes(self) -> list[Route]:
        api = "/cgi-bin"
        return [
            *super().routes(),
            Route(method="GET", path=f"{api}/user/info", run=self.user_info),
            Route(method="POST", path=f"{api}/user/info/batchget", run=self.user_infos),
            Route(method="POST", path=f"{api}/message/template/send", run=self.template, sends=True),
            Route(method="GET", path=f"{api}/template/get_all_private_template", run=self.listed_templates),
            Route(method="POST", path=f"{api}/message/subscribe/bizsend", run=self.notice, sends=True),
        ]

    # What she does.

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = str(self.next_id())
        self.window(phone).open("message", int(self.form["user_messages"]), 2 * DAY)
        self.push(phone, {"MsgType": said.kind, **self._content(shown, said), "MsgId": int(shown.id)}, shown)

    def _content(self, shown: Shown, said: Said) -> dict[str, Any]:
        if shown.file:
            self.files[shown.file].until = self.now() + MEDIA_SECONDS
        if said.kind in {"location", "link", "file"}:
            return self._card(shown, said)
        more, media = said.more, {"MediaId": shown.file}
        match said.kind:
            case "image":
                return {"PicUrl": self.url(f"/mmbiz_pic/{shown.file}"), **media}
            case "voice":
                heard = {"Recognition": more["recognition"]} if "recognition" in more else {}
                return {**media, "Format": more.get("format", "amr"), **heard}
            case "video" | "shortvideo":
                return {
                    **media,
                    "ThumbMediaId": self.keep(b"\xff\xd8\xff", "image/jpeg", seconds=MEDIA_SECONDS),
                }
        return {"Content": said.text}

    @staticmethod
    def _card(shown: Shown, said: Said) -> dict[str, Any]:
        more = said.more
        if said.kind == "location":
            place = {
                "Location_X": more.get("latitude", "30.25"),
                "Location_Y": more.get("longitude", "120.16"),
            }
            return {**place, "Scale": int(more.get("scale", "15")), "Label": said.text}
        if said.kind == "link":
            shown.text = more.get("title", said.text)
            return {"Title": shown.text, "Description": said.text, "Url": more.get("url", "")}
        return {"Title": said.name, "Description": "", "FileKey": shown.file, "FileTotalLen": len(said.data)}

    def event(self, phone: Phone, event: str, **fields: Any) -> None:
        self.push(phone, {"MsgType": "event", "Event": event, **fields})

    async def act_follow(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["unfollowed"] = False
        self.window(phone).open("follow", *_QUICK)
        scene = given.get("scene", "")
        code = {"EventKey": f"qrscene_{scene}", "Ticket": letters(60)} if scene else {"EventKey": ""}
        self.event(phone, "subscribe", **code)

    async def act_unfollow(self, phone: Phone, _: dict[str, str]) -> None:
        phone.notes["unfollowed"] = True
        self.window(phone).close()
        self.event(phone, "unsubscribe", EventKey="")

    async def act_scan(self, phone: Phone, given: dict[str, str]) -> None:
        if phone.notes.get("unfollowed"):
            await self.act_follow(phone, given)
            return
        self.window(phone).open("scan", *_QUICK)
        self.event(phone, "SCAN", EventKey=given.get("scene", ""), Ticket=letters(60))

    async def act_menu(self, phone: Phone, given: dict[str, str]) -> None:
        kind = given.get("kind") or "CLICK"
        if kind not in TAPS:
            raise Misused(f"no menu has {kind}")
        if kind in OPENING:
            self.window(phone).open("menu", *_QUICK)
        self.event(phone, kind, EventKey=given.get("key", ""), **TAPS[kind])

    async def act_session(self, phone: Phone, given: dict[str, str]) -> None:
        """While one is open, the platform keeps her messages to itself; here they still come."""
        event, (account, *_) = given.get("event", ""), self.form["kf_accounts"].split(",")
        if event not in SESSIONS:
            raise Misused(f"there is no event {event}")
        switch = {"FromKfAccount": account, "ToKfAccount": account}
        self.event(phone, event, **(switch if event == "kf_switch_session" else {"KfAccount": account}))

    async def act_locate(self, phone: Phone, given: dict[str, str]) -> None:
        self.event(phone, "LOCATION", Latitude="30.250000", Longitude="120.160000", Precision="30.000000")

    async def act_pay(self, phone: Phone, _: dict[str, str]) -> None:
        self.window(phone).open("pay", 1_000_000, 2 * DAY)

    async def act_mute(self, phone: Phone, _: dict[str, str]) -> None:
        phone.notes["muted"] = not phone.notes.get("muted")

    async def act_consent(self, phone: Phone, given: dict[str, str]) -> None:
        template = given.get("template") or self._templates()[0]
        consents = phone.notes.setdefault("consents", [])
        consents.append(template)
        item = {"TemplateId": template, "SubscribeStatusString": "accept", "PopupScene": "0"}
        self.event(phone, "subscribe_msg_popup_event", SubscribeMsgPopupEvent={"List": item})

    async def act_choose(self, phone: Phone, given: dict[str, str]) -> None:
        """An entry of our menu tapped: her text with its id. It opens what the account's own menu opens."""
        shown = phone.find(given["message"])
        choices = [choice for choice in shown.choices if choice.id == given.get("choice")] if shown else []
        if not choices:
            raise Misused("no such entry")
        said = phone.show(str(self.next_id()), "customer", "text", choices[0].label, fate="on its way")
        self.window(phone).open("menu", *_QUICK)
        fields = {
            "MsgType": "text",
            "Content": said.text,
            "MsgId": int(said.id),
            "bizmsgmenuid": choices[0].id,
        }
        self.push(phone, fields, said)

    # What we send.

    def sendable_kinds(self) -> tuple[str, ...]:
        return ("text", "image", "voice", "video", "music", "news", "msgmenu", "miniprogrampage")

    def check_receiver(self, phone: Phone) -> None:
        if phone.notes.get("unfollowed"):
            refuse(43004)
        if phone.notes.get("muted"):
            refuse(48002)

    async def send(self, asked: Asked) -> Told:
        self.check_token(asked)
        by = read_body(asked).get("customservice")
        accounts = [one.strip() for one in self.form["kf_accounts"].split(",")]
        if by is not None and (not isinstance(by, dict) or by.get("kf_account") not in accounts):
            refuse(61451)
        return await super().send(asked)

    def show_text(self, holder: Any, phone: Phone) -> Shown:
        return phone.show(
            letters(12), "us", "text", text_of(holder, "content", TEXT_BYTES, code=44004, least=1)
        )

    def show_image(self, holder: Any, phone: Phone) -> Shown:
        return self._file("image", holder, phone)

    def show_voice(self, holder: Any, phone: Phone) -> Shown:
        return self._file("voice", holder, phone)

    def show_video(self, holder: Any, phone: Phone) -> Shown:
        return self._file("video", holder, phone)

    def _file(self, kind: str, holder: Any, phone: Phone) -> Shown:
        id = sendable(self, holder.get("media_id") if isinstance(holder, dict) else None)
        if not self.files[id].media_type.startswith({"voice": "audio"}.get(kind, kind)):
            refuse(40007, f"not of type {kind}")
        title = text_of(holder, "title", 64)
        if kind == "video" and "thumb_media_id" in holder:
            sendable(self, holder["thumb_media_id"])
        return phone.show(letters(12), "us", kind, title, file=id, name=self.files[id].name)

    def show_music(self, holder: Any, phone: Phone) -> Shown:
        sendable(self, holder.get("thumb_media_id") if isinstance(holder, dict) else None)
        return phone.show(
            letters(12), "us", "link", f"{text_of(holder, 'title', 64)}\n{text_of(holder, 'musicurl', 1024)}"
        )

    def show_news(self, holder: Any, phone: Phone) -> Shown:
        articles = holder.get("articles") if isinstance(holder, dict) else None
        if not isinstance(articles, list) or len(articles) != 1:
            refuse(45008, "one article")
        lines = [text_of(articles[0], name, 1024) for name in ("title", "description", "url")]
        return phone.show(letters(12), "us", "link", "\n".join(line for line in lines if line))

    def show_msgmenu(self, holder: Any, phone: Phone) -> Shown:
        entries = holder.get("list") if isinstance(holder, dict) else None
        if not isinstance(entries, list) or not entries:
            refuse(40058, "list")
        choices = [
            Choice(id=text_of(e, "id", 128, least=1), label=text_of(e, "content", 512, least=1))
            for e in entries
        ]
        text = "\n".join(text_of(holder, name, TEXT_BYTES) for name in ("head_content", "tail_content"))
        return phone.show(letters(12), "us", "menu", text.strip(), choices=choices)

    def show_miniprogrampage(self, holder: Any, phone: Phone) -> Shown:
        sendable(self, holder.get("thumb_media_id") if isinstance(holder, dict) else None)
        for name in ("appid", "pagepath"):
            text_of(holder, name, 1024, least=1)
        return phone.show(letters(12), "us", "card", text_of(holder, "title", 256))

    # Templates, people.

    def _templates(self) -> list[str]:
        return [one.strip() for one in self.form["templates"].split(",")]

    def _filled(self, asked: Asked) -> tuple[dict[str, Any], Phone, str]:
        """Body, receiver and the shown text of a template."""
        self.check_token(asked)
        body = read_body(asked)
        return body, self.receiver(body.get("touser")), filled(self.form["templates"], body)

    async def listed_templates(self, asked: Asked) -> Told:
        self.check_token(asked)
        industry = {"primary_industry": "商业服务", "deputy_industry": "零售"}
        some = [
            {"template_id": one.id, "title": one.title, **industry}
            | {"content": one.content, "example": one.example}
            for one in listed(self.form["templates"])
        ]
        return told({"template_list": some})

    async def template(self, asked: Asked) -> Told:
        body, phone, text = self._filled(asked)
        if phone.notes.get("unfollowed"):
            refuse(43004)
        name, sent = body.get("client_id"), phone.notes.setdefault("templates", {})
        if name in sent and sent[name][1] > self.now():
            return err(0, msgid=int(sent[name][0]))
        id = digits(18)
        if name:
            sent[name] = (id, self.now() + _ONCE_S)
        blocked = phone.notes.get("muted")
        if not blocked:
            phone.show(id, "us", "template", text, raw=body)
        self.event(
            phone,
            "TEMPLATESENDJOBFINISH",
            MsgID=int(id),
            Status="failed:user block" if blocked else "success",
        )
        return err(0, msgid=int(id))

    async def notice(self, asked: Asked) -> Told:
        """One for each consent of hers."""
        body, phone, text = self._filled(asked)
        consents: list[str] = phone.notes.get("consents", [])
        if body["template_id"] not in consents:
            refuse(43101)
        consents.remove(body["template_id"])
        phone.show(letters(12), "us", "template", text, raw=body)
        return err(0)

    def _info(self, phone: Phone) -> dict[str, Any]:
        if phone.notes.get("unfollowed"):
            return {"subscribe": 0, "openid": phone.id, **self.union(phone)}
        return {
            "subscribe": 1,
            "openid": phone.id,
            "language": "zh_CN",
            "subscribe_time": phone.notes.setdefault("since", int(time.time())),
            **self.union(phone),
            "remark": "",
            "groupid": 0,
            "tagid_list": [],
            "subscribe_scene": "ADD_SCENE_SEARCH",
            "qr_scene": 0,
            "qr_scene_str": "",
        }

    async def user_info(self, asked: Asked) -> Told:
        self.check_token(asked)
        return told(self._info(self.receiver(asked.one("openid"))))

    async def user_infos(self, asked: Asked) -> Told:
        self.check_token(asked)
        wanted = read_body(asked).get("user_list")
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= 100:
            refuse(40003)
        return told({"user_info_list": [self._info(self.receiver(one.get("openid"))) for one in wanted]})


PLATFORM = WechatOa
