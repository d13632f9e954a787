"""WeChat customer service: a bare callback, `sync_msg` to read what happened, sessions with states."""

import re
import time
from typing import Any, ClassVar

from fakes.base import Misused, letters
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.wechat.corp import CorpPlatform
from fakes.wechat.envelope import MEDIA_SECONDS, err, read_body, refuse
from fakes.wechat.kf_feed import PAGE, Feed
from fakes.wechat.kf_shapes import Shape, checked
from fakes.wechat.kf_talk import (
    BOT,
    ENDED,
    HUMAN,
    NEW,
    POOL,
    WELCOME_AGAIN_S,
    WELCOME_S,
    Codes,
    Talk,
)
from fakes.wechat.union import unionid
from fakes.wire import Asked, Route, Told
from fakes.world import Meter, Tokens

SYNC_TOKEN_S = 600
TOKENLESS = 12
RECALL_S = 120
_MSGID = re.compile(r"[0-9A-Za-z_-]{1,32}")
_STAFF = Box(name="text", label=Words("客服说的话", "What she writes"), value="我来接待您")
_SCENE = [
    Box(name="scene", label=Words("场景值 scene", "scene"), value="oqe"),
    Box(name="scene_param", label=Words("scene_param", "scene_param"), value=""),
]


class WechatKf(CorpPlatform):
    name: ClassVar[str] = "wechat_kf"
    label: ClassVar[Words] = Words("微信客服", "WeChat Customer Service")
    rank: ClassVar[int] = 12
    kinds: ClassVar[tuple[str, ...]] = (
        "text",
        "image",
        "voice",
        "video",
        "file",
        "location",
        "link",
        "miniprogram",
        "business_card",
    )
    hint: ClassVar[Words] = Words(
        "在客栈新建“微信客服”渠道，填入右侧各值，“接口地址”填本平台地址；再把渠道的回调地址贴到这里并连接。",
        "Make a WeChat Customer Service channel in Kezhan with these values and this API address; "
        "then paste the channel's hook address here and connect.",
    )
    secret_label: ClassVar[Words] = Words("微信客服 Secret", "Secret")

    def __init__(self) -> None:
        super().__init__()
        clock = self.world.clock
        self.sync_tokens, self.tokenless = Tokens(clock, "ENC", 60), Meter(clock)
        self.codes, self.feed = Codes(clock), Feed(clock)
        self.sent: dict[str, tuple[Shown, str]] = {}

    def boxes(self) -> list[Box]:
        refusal = Box(
            name="refusal",
            label=Words("超出窗口时", "Past the window"),
            help=Words(
                "code：接口直接报错；event：接口成功，随后推送 msg_send_fail",
                "code: the call is refused; event: it succeeds and msg_send_fail follows",
            ),
            value="code",
            options=["code", "event"],
        )
        more = [
            Box(name="open_kfid", label=Words("客服账号ID", "open_kfid"), value="wk" + letters(30)),
            Box(name="servicers", label=Words("接待人员 userid", "Servicers"), value="LinXia,ZhouMing"),
        ]
        return [*super().boxes(), *more, refusal]

    def acts(self) -> list[Act]:
        return [
            Act(name="enter", label=Words("进入会话", "Open the chat"), boxes=_SCENE),
            Act(name="recall", label=Words("撤回", "Recall"), on="message"),
            Act(name="choose", label=Words("点选", "Tap"), on="message"),
            Act(name="refuse", label=Words("拒收 / 恢复", "Refuse messages / allow")),
            Act(name="staff_take", label=Words("企微客户端：接入", "WeCom client: take")),
            Act(name="staff_say", label=Words("企微客户端：回复", "WeCom client: answer"), boxes=[_STAFF]),
            Act(name="staff_end", label=Words("企微客户端：结束", "WeCom client: end")),
        ]

    def customer_id(self) -> str:
        return "wm" + letters(30)

    def routes(self) -> list[Route]:
        kf = "/cgi-bin/kf"
        posts = {
            "sync_msg": self.sync,
            "send_msg_on_event": self.send_on_event,
            "recall_msg": self.recall,
            "service_state/get": self.state,
            "service_state/trans": self.trans,
            "customer/batchget": self.customers,
            "add_contact_way": self.contact_way,
        }
        return [
            *super().routes(),
            Route(method="POST", path=f"{kf}/send_msg", run=self.send, sends=True),
            *(Route(method="POST", path=f"{kf}/{path}", run=run) for path, run in posts.items()),
            *(
                Route(method=method, path=f"{kf}/account/list", run=self.accounts)
                for method in ("GET", "POST")
            ),
            Route(method="GET", path=f"{kf}/servicer/list", run=self.servicers),
        ]

    def talk(self, phone: Phone) -> Talk:
        talk: Talk = phone.notes.setdefault("talk", Talk(self.world.clock))
        return talk

    # What happens.

    def happened(self, phone: Phone | None, shown: Shown | None = None, **item: Any) -> str:
        """Into the feed, and a callback that says so. The item's id."""
        id = letters(32)
        whose = {"open_kfid": self.form["open_kfid"], "external_userid": phone.id if phone else ""}
        if item["msgtype"] == "event":
            item = {**item, "event": {**item["event"], **whose}}
        else:
            item = {**whose, **item}
        self.feed.add({"msgid": id, "send_time": int(time.time()), **item})
        if shown is not None:
            shown.id = id
        token = self.sync_tokens.issue(self.form["open_kfid"], SYNC_TOKEN_S)
        event = {"MsgType": "event", "Event": "kf_msg_or_event"}
        self.push({**event, "Token": token, "OpenKfId": self.form["open_kfid"]}, shown)
        return id

    def event(self, phone: Phone, kind: str, **fields: Any) -> None:
        self.happened(phone, origin=4, msgtype="event", event={"event_type": kind, **fields})

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        self.talk(phone).heard()
        self.happened(phone, shown, origin=3, msgtype=said.kind, **{said.kind: self._content(shown, said)})

    def _content(self, shown: Shown, said: Said) -> dict[str, Any]:
        if shown.file:
            self.files[shown.file].until = self.now() + MEDIA_SECONDS
        more = said.more
        match said.kind:
            case "image" | "voice" | "video" | "file":
                return {"media_id": shown.file}
            case "location":
                place = {
                    "latitude": float(more.get("latitude", 30.25)),
                    "longitude": float(more.get("longitude", 120.16)),
                }
                return {**place, "name": said.text, "address": more.get("address", "")}
            case "link":
                shown.text = more.get("title", said.text)
                return {"title": shown.text, "desc": said.text, "url": more.get("url", ""), "pic_url": ""}
            case "miniprogram":
                page = {
                    "appid": "wx" + "0" * 16,
                    "pagepath": more.get("page", "pages/index"),
                    "thumb_media_id": "",
                }
                return {"title": said.text, **page}
            case "business_card":
                return {"userid": said.text}
        return {"content": said.text, **({"menu_id": more["menu_id"]} if "menu_id" in more else {})}

    async def act_enter(self, phone: Phone, given: dict[str, str]) -> None:
        talk = self.talk(phone)
        scene = {"scene": given.get("scene", ""), "scene_param": given.get("scene_param", "")}
        if not talk.written and talk.welcomed + WELCOME_AGAIN_S < self.now():
            talk.welcomed = self.now()
            code = self.codes.add(letters(40), phone.id, WELCOME_S, ("text", "msgmenu"))
            scene["welcome_code"] = code
        self.event(phone, "enter_session", **scene)

    async def act_recall(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        if shown is None or (shown.by == "us" and shown.name != self._staff()):
            raise Misused("neither hers nor the servicer's")
        shown.fate, shown.text, shown.file = "recalled", "", ""
        if shown.by == "customer":
            self.event(phone, "user_recall_msg", recall_msgid=shown.id)
        else:
            self.event(phone, "servicer_recall_msg", recall_msgid=shown.id, servicer_userid=self._staff())

    async def act_choose(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.find(given["message"])
        label = {c.id: c.label for c in shown.choices}.get(given.get("choice", "")) if shown else None
        if label is None:
            raise Misused("no such entry")
        await self.say(phone.id, Said(text=label, more={"menu_id": given["choice"]}))

    async def act_refuse(self, phone: Phone, _: dict[str, str]) -> None:
        phone.notes["refuses"] = not phone.notes.get("refuses")

    def _staff(self) -> str:
        return self.form["servicers"].split(",")[0].strip()

    async def act_staff_take(self, phone: Phone, _: dict[str, str]) -> None:
        talk = self.talk(phone)
        talk.state, talk.servicer = HUMAN, self._staff()
        code = self.codes.add(letters(40), phone.id, 48 * 3600, ("text",))
        change = {"change_type": 1, "old_servicer_userid": "", "new_servicer_userid": talk.servicer}
        self.event(phone, "session_status_change", **change, msg_code=code)

    async def act_staff_say(self, phone: Phone, given: dict[str, str]) -> None:
        shown = phone.show("", "us", "text", given.get("text", ""), name=self._staff())
        content = {"content": shown.text}
        shown.id = self.happened(phone, origin=5, servicer_userid=self._staff(), msgtype="text", text=content)

    async def act_staff_end(self, phone: Phone, _: dict[str, str]) -> None:
        talk = self.talk(phone)
        code = self.codes.add(letters(40), phone.id, WELCOME_S, ("text", "msgmenu"))
        change = {"change_type": 3, "old_servicer_userid": talk.servicer, "new_servicer_userid": ""}
        talk.state, talk.servicer = ENDED, ""
        self.event(phone, "session_status_change", **change, msg_code=code)

    # What we read and send.

    async def sync(self, asked: Asked) -> Told:
        """Without a good token of a callback only a few times a minute."""
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        limit, token, cursor = body.get("limit", PAGE), body.get("token", ""), body.get("cursor", "")
        self._check_account(body)
        if not isinstance(limit, int) or not 1 <= limit <= PAGE or body.get("voice_format", 0) not in (0, 1):
            refuse(40058, "limit, voice_format")
        if not self.sync_tokens.good(str(token)) and not self.tokenless.take("", TOKENLESS, 60):
            refuse(45009, "without token")
        items, following, more = self.feed.read(str(cursor), limit)
        return err(0, next_cursor=following, has_more=int(more), msg_list=items)

    def _check_account(self, body: dict[str, Any]) -> None:
        if body.get("open_kfid") != self.form["open_kfid"]:
            refuse(95000)

    def _customer(self, id: Any) -> Phone:
        phone = self.phones.get(id) if isinstance(id, str) else None
        return phone or refuse(40003, "external_userid")

    async def send(self, asked: Asked) -> Told:
        """A repeated id of ours is answered as the first time; she sees the message once."""
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        self._check_account(body)
        phone, shape, id = self._customer(body.get("touser")), checked(self, body), self._own_id(body)
        if id in self.sent:
            return err(0, msgid=id)
        talk = self.talk(phone)
        if talk.state not in (NEW, BOT):
            refuse(95018)
        code = talk.window.spend()
        if code and self.form["refusal"] == "code":
            refuse(95001 if code == 45047 else 95013)
        if code or phone.notes.get("refuses"):
            fail = 10 if not code else 6 if code == 45047 else 4
            self.event(phone, "msg_send_fail", fail_msgid=id, fail_type=fail)
        else:
            self._show(phone, id, shape, body)
        return err(0, msgid=id)

    @staticmethod
    def _own_id(body: dict[str, Any]) -> str:
        id = body.get("msgid") or letters(32)
        if not isinstance(id, str) or not _MSGID.fullmatch(id):
            refuse(40058, "msgid")
        return id

    def _show(self, phone: Phone, id: str, shape: Shape, body: dict[str, Any]) -> None:
        name = self.files[shape.file].name if shape.file else ""
        more = {"file": shape.file, "name": name, "choices": shape.choices, "raw": body}
        shown = phone.show(id, "us", shape.kind, shape.text, **more)
        self.sent[id] = (shown, phone.id)
        self.feed.add(None)

    async def send_on_event(self, asked: Asked) -> Told:
        """Not counted in the window; each code once, in its time, with its types."""
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        code = self.codes.look(body.get("code"))
        shape, id = checked(self, body, code.kinds), self._own_id(body)
        self.codes.spend(body["code"])
        self._show(self.phone(code.customer), id, shape, body)
        return err(0, msgid=id)

    async def recall(self, asked: Asked) -> Told:
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        self._check_account(body)
        shown, _ = self.sent.get(str(body.get("msgid")), (None, ""))
        if shown is None or time.time() + self.world.switches.clock_ahead - shown.at > RECALL_S:
            refuse(40058, "msgid")
        shown.fate, shown.text, shown.file = "recalled", "", ""
        return err(0)

    async def state(self, asked: Asked) -> Told:
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        self._check_account(body)
        talk = self.talk(self._customer(body.get("external_userid")))
        return err(0, service_state=talk.state, servicer_userid=talk.servicer)

    async def trans(self, asked: Asked) -> Told:
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        self._check_account(body)
        phone, state = self._customer(body.get("external_userid")), body.get("service_state")
        servicer = str(body.get("servicer_userid", ""))
        if state == HUMAN and servicer not in [one.strip() for one in self.form["servicers"].split(",")]:
            refuse(40058, "servicer_userid")
        self.talk(phone).change(state, servicer)
        if state not in (POOL, HUMAN, ENDED):
            return err(0)
        kinds, seconds = (("text", "msgmenu"), WELCOME_S) if state == ENDED else (("text",), 48 * 3600)
        return err(0, msg_code=self.codes.add(letters(40), phone.id, seconds, kinds))

    async def customers(self, asked: Asked) -> Told:
        self.check_token(asked)
        wanted = read_body(asked, escapes=True).get("external_userid_list")
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= 100:
            refuse(40058, "external_userid_list")
        known = [self.phones[id] for id in wanted if id in self.phones]
        return err(
            0,
            customer_list=[
                {
                    "external_userid": phone.id,
                    "nickname": phone.name,
                    "avatar": "",
                    "gender": 0,
                    "unionid": phone.notes.setdefault("unionid", unionid(phone.name)),
                }
                for phone in known
            ],
            invalid_external_userid=[id for id in wanted if id not in self.phones],
        )

    async def accounts(self, asked: Asked) -> Told:
        self.check_token(asked)
        account = {
            "open_kfid": self.form["open_kfid"],
            "name": "客栈客服",
            "avatar": "",
            "manage_privilege": True,
        }
        return err(0, account_list=[account])

    async def servicers(self, asked: Asked) -> Told:
        self.check_token(asked)
        names = [name.strip() for name in self.form["servicers"].split(",")]
        return err(0, servicer_list=[{"userid": name, "status": 0} for name in names])

    async def contact_way(self, asked: Asked) -> Told:
        self.check_token(asked)
        body = read_body(asked, escapes=True)
        self._check_account(body)
        if not re.fullmatch(r"[0-9a-zA-Z_-]{0,32}", str(body.get("scene", ""))):
            refuse(40058, "scene")
        return err(0, url=f"https://work.weixin.qq.com/kf/{letters(20)}?enc_scene={letters(16)}")


PLATFORM = WechatKf
