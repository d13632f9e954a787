"""Douyin's open platform as an app calls it: tokens with their renewals, messages with scenes and quotas."""

import time
from typing import Any

from fakes.base import Platform, letters
from fakes.phone import Phone, Shown
from fakes.wire import Asked, Refused, Route, Told, told
from fakes.world import Meter, Tokens

Given = dict[str, Any]
DAY = 86400
ACCESS, REFRESH, CLIENT, CODE = 15 * DAY, 30 * DAY, 7200, 600
RENEWALS = 5
REPLIES, REPLY_AGE = 6, DAY
ENTER_MESSAGES, ENTER_AGE = 3, 30
ASKED_MESSAGES = 3
TEXT, TITLE, QUESTIONS, QUESTION = 1000, 30, 6, 14
SCENES = ("im_reply_msg", "im_enter_direct_msg", "im_authorize_message", "im_b2b_direct_message")
# msg_type → the field that carries it, and what must stand in it.
SHAPES: dict[int, tuple[str, set[str]]] = {
    1: ("text", {"text"}),
    2: ("image", {"media_id"}),
    3: ("video", {"item_id"}),
    8: ("retain_consult_card", {"card_id"}),
    9: ("group_invitation", set()),
    10: ("applet_card", {"card_template_id", "path", "query", "app_id"}),
    11: ("applet_coupon", {"activity_id", "coupon_meta_id"}),
    12: ("auth_private_message_card", set()),
    204: ("question_guide_msg_card", {"title", "question_list"}),
    205: ("question_guide_jump_card", {"title", "question_list"}),
}
WHY = {
    10007: "code is wrong or expired",
    10008: "access_token is invalid",
    10010: "refresh_token is invalid",
    10013: "client_key or client_secret is wrong",
    10020: "refresh_token can not be renewed any more",
    2100004: "system busy",
    2100005: "invalid parameter",
    2190001: "quota used up",
    2190002: "access_token is invalid",
    2190003: "user has not authorised",
    2190008: "access_token is expired",
    2190015: "access_token and open_id do not match",
    28001038: "content is invalid",
    28003018: "rate limited",
    28003070: "quota of the window used up",
    28003080: "message is more than 24 hours old",
    28003082: "msg_id and to_user_id do not match",
}


def answer(data: Given, code: int, place: str, **more: object) -> Told:
    """The envelope; where an error stands in it differs from call to call."""
    why = WHY.get(code, "refused on purpose") if code else ""
    inner = {
        **data,
        "error_code": code if place != "extra" else 0,
        "description": why if place != "extra" else "",
    }
    extra: Given = {"error_code": code if place != "data" else 0, "sub_error_code": 0, "logid": letters(32)}
    return told(
        {"data": inner, "extra": {**extra, "description": why, "now": int(time.time() * 1000)}, **more}
    )


class OpenPlatform(Platform):
    """What is called; what the customer does is in `douyin`."""

    def __init__(self) -> None:
        super().__init__()
        clock = self.world.clock
        self.codes, self.access = Tokens(clock, size=32), Tokens(clock, "act.", 60)
        self.refreshers, self.client = Tokens(clock, "rft.", 60), Tokens(clock, "clt.", 60)
        self.renewed: dict[str, int] = {}
        """How often a refresh token's forebears were renewed."""
        self.received: dict[str, tuple[Phone, float, str]] = {}
        """By msg_id: whose, when, and "message" or "enter"."""
        self.quotas = Meter(clock)
        self.images: dict[str, str] = {}
        """File by image id."""
        owner = self.form["open_id"]
        self.form["code"] = self.codes.issue(owner, CODE)
        self.form["access_token"] = self.access.issue(owner, ACCESS)
        self.form["refresh_token"] = self.refreshers.issue(owner, REFRESH)

    def routes(self) -> list[Route]:
        return [
            Route(method="POST", path="/oauth/access_token/", run=self.access_token),
            Route(method="POST", path="/oauth/refresh_token/", run=self.refresh_token),
            Route(method="POST", path="/oauth/renew_refresh_token/", run=self.renew),
            Route(method="POST", path="/oauth/client_token/", run=self.client_token),
            *(Route(method=method, path="/oauth/userinfo/", run=self.userinfo) for method in ("GET", "POST")),
            Route(method="POST", path="/im/send/msg/", run=self.send, sends=True),
            Route(method="POST", path="/im/recall/msg/", run=self.recall),
            Route(method="POST", path="/tool/imagex/client_upload/", run=self.upload),
        ]

    def void_tokens(self) -> None:
        """Access tokens alone: the refresh token still serves."""
        self.access.void_all()
        self.client.void_all()

    def refuse_rate(self) -> Told:
        return self.fault(28003018).told

    def refuse_fault(self) -> Told:
        return told({"message": "Internal Server Error"}, 502)

    def refuse_code(self, code: str) -> Told:
        return self.fault(int(code)).told

    def refuse_shape(self, why: str) -> Told:
        return self.fault(2100005).told

    def no_such_path(self) -> Told:
        return told({"message": "404 page not found"}, 404)

    def fault(self, code: int) -> Refused:
        return Refused(answer({}, code, self.form["error_in"]))

    # Tokens.

    def _given(self, asked: Asked) -> Given:
        if asked.headers.get("content-type", "").startswith("application/json"):
            try:
                given = asked.json()
            except ValueError:
                given = None
            if not isinstance(given, dict):
                raise self.fault(2100005)
            return given
        parts = {name: part.data.decode() for name, part in asked.parts().items()}
        return parts or dict(asked.form())

    def _app(self, given: Given, *, secret: bool, grant: str = "") -> None:
        wrong = given.get("client_key") != self.form["client_key"]
        wrong |= secret and given.get("client_secret") != self.form["client_secret"]
        if wrong or (grant and given.get("grant_type") != grant):
            raise self.fault(10013)

    def _tokens(self, owner: str, refresh: str) -> Told:
        current = self.refreshers.current(owner)
        left = int(current[1]) if current and current[0] == refresh else 0
        made = {"access_token": self.access.issue(owner, ACCESS), "expires_in": ACCESS, "open_id": owner}
        made |= {
            "refresh_token": refresh,
            "refresh_expires_in": left,
            "scope": "im.direct_message,im.recall_message",
        }
        return answer(made, 0, "both", message="success")

    async def access_token(self, asked: Asked) -> Told:
        given = self._given(asked)
        self._app(given, secret=True, grant="authorization_code")
        owner = self.codes.owner(str(given.get("code")))
        if owner is None or not self.codes.use_up(given["code"]):
            raise self.fault(10007)
        self.form["code"] = self.codes.issue(owner, CODE)
        return self._tokens(owner, self.refreshers.issue(owner, REFRESH))

    async def refresh_token(self, asked: Asked) -> Told:
        given = self._given(asked)
        self._app(given, secret=False, grant="refresh_token")
        refresh = str(given.get("refresh_token"))
        owner = self.refreshers.owner(refresh)
        if owner is None or not self.refreshers.good(refresh):
            raise self.fault(10010)
        return self._tokens(owner, refresh)

    async def renew(self, asked: Asked) -> Told:
        given = self._given(asked)
        self._app(given, secret=False)
        refresh = str(given.get("refresh_token"))
        owner = self.refreshers.owner(refresh)
        if owner is None or not self.refreshers.good(refresh):
            raise self.fault(10010)
        times = self.renewed.get(refresh, 0)
        if times >= RENEWALS:
            raise self.fault(10020)
        self.refreshers.use_up(refresh)
        new = self.refreshers.issue(owner, REFRESH)
        self.renewed[new] = times + 1
        return answer({"refresh_token": new, "expires_in": REFRESH}, 0, "both", message="success")

    async def client_token(self, asked: Asked) -> Told:
        self._app(self._given(asked), secret=True, grant="client_credential")
        made = {"access_token": self.client.issue("app", CLIENT), "expires_in": CLIENT}
        return answer(made, 0, "both", message="success")

    async def userinfo(self, asked: Asked) -> Told:
        given = dict(asked.query) | (self._given(asked) if asked.body else {})
        if not self.access.good(str(given.get("access_token"))):
            raise self.fault(2190002)
        open_id = str(given.get("open_id"))
        if open_id == self.form["open_id"]:
            return answer(
                {"open_id": open_id, "nickname": "客栈", "avatar": ""}, 0, "both", message="success"
            )
        phone = self.phones.get(open_id)
        if phone is None:
            raise self.fault(2190003)
        about = {
            "open_id": phone.id,
            "union_id": phone.notes["union_id"],
            "nickname": phone.name,
            "avatar": "",
        }
        return answer(about, 0, "both", message="success")

    def check(self, asked: Asked) -> str:
        """The account's open id of the token in its own header, and of the query."""
        token = asked.headers.get("access-token", "")
        owner = self.access.owner(token)
        if owner is None:
            raise self.fault(2190002)
        if not self.access.good(token):
            raise self.fault(2190008)
        if asked.one("open_id") != owner:
            raise self.fault(2190015)
        return owner

    # Messages.

    async def send(self, asked: Asked) -> Told:
        self.check(asked)
        given = self._given(asked)
        allowed = {"to_user_id", "conversation_id", "msg_id", "scene", "content", "content_list"}
        contents = given.get("content_list") or [given.get("content")]
        if set(given) - allowed or given.get("scene") not in SCENES or not isinstance(contents, list):
            raise self.fault(2100005)
        read = [self._content(content) for content in contents]
        phone = self.phones.get(str(given.get("to_user_id")))
        if phone is None:
            raise self.fault(2100005)
        if phone.notes["conversation"] != given.get("conversation_id"):
            raise self.fault(28003082)
        self._count(phone, given, len(read))
        sent = [
            phone.show(f"@{letters(60)}", "us", kind, text, file=file, raw=given) for kind, text, file in read
        ]
        for shown in sent:
            self.echo(phone, shown, self.form["client_key"])
        states = [{"msg_id": shown.id, "status": 0} for shown in sent]
        more = {"msg_id": sent[0].id, "all_send_success": True, "send_msg_status_list": states}
        return answer({}, 0, "both", **more)

    def _count(self, phone: Phone, given: Given, many: int) -> None:
        """The age and the quota of what is answered."""
        scene, id = given["scene"], str(given.get("msg_id", ""))
        if scene == "im_authorize_message":
            most, seconds, key = ASKED_MESSAGES, DAY, f"asked {phone.id}"
            if not phone.notes.get("authorised"):
                raise self.fault(2190003)
        else:
            whose, at, kind = self.received.get(id, (None, 0.0, ""))
            enter = scene == "im_enter_direct_msg"
            if whose is not phone or enter != (kind == "enter"):
                raise self.fault(28003082 if whose is not None else 2100005)
            most, seconds = (ENTER_MESSAGES, ENTER_AGE) if enter else (REPLIES, REPLY_AGE)
            if self.now() - at > seconds:
                raise self.fault(28003080)
            newest = max(time for who, time, what in self.received.values() if who is phone and what == kind)
            key = f"{kind} {phone.id} {newest}"
        if self.quotas.count(key, DAY) + many > most:
            raise self.fault(28003070)
        for _ in range(many):
            self.quotas.take(key, most, DAY)

    def _content(self, content: Any) -> tuple[str, str, str]:
        """Kind, text and file."""
        kind = content.get("msg_type") if isinstance(content, dict) else None
        if kind not in SHAPES:
            raise self.fault(28001038)
        field, needed = SHAPES[kind]
        body = content.get(field)
        if not isinstance(body, dict) or set(content) != {"msg_type", field} or needed - set(body):
            raise self.fault(28001038)
        if kind == 1:
            if not isinstance(body["text"], str) or not 0 < len(body["text"]) <= TEXT:
                raise self.fault(28001038)
            return "text", body["text"], ""
        if kind == 2:
            if body["media_id"] not in self.images:
                raise self.fault(28001038)
            return "image", "", self.images[body["media_id"]]
        if kind in (204, 205):
            questions = [str(question.get("text", "")) for question in body["question_list"]]
            if len(body["title"]) > TITLE or not 0 < len(questions) <= QUESTIONS:
                raise self.fault(28001038)
            if any(not 0 < len(question) <= QUESTION for question in questions):
                raise self.fault(28001038)
            return "text", "\n".join([body["title"], *questions]), ""
        return "card", field, ""

    def echo(self, phone: Phone, shown: Shown, source: str) -> None:
        """Tell the webhook of a message of ours."""
        raise NotImplementedError

    def recalled(self, phone: Phone, shown: Shown, *, ours: bool) -> None:
        raise NotImplementedError

    async def recall(self, asked: Asked) -> Told:
        self.check(asked)
        given = self._given(asked)
        if set(given) != {"msg_id", "conversation_id", "conversation_type"}:
            raise self.fault(2100005)
        for phone in self.phones.values():
            shown = phone.find(str(given["msg_id"]))
            if (
                shown is not None
                and shown.by == "us"
                and phone.notes["conversation"] == given["conversation_id"]
            ):
                self.recalled(phone, shown, ours=True)
                return answer({}, 0, "both")
        raise self.fault(2100005)

    async def upload(self, asked: Asked) -> Told:
        if not self.client.good(asked.headers.get("access-token", "")):
            raise self.fault(2190002)
        part = asked.parts().get("image")
        if part is None or not part.data:
            raise self.fault(2100005)
        id = f"@{letters(40)}"
        self.images[id] = self.keep(part.data, part.media_type, part.filename)
        return answer({"image_id": id}, 0, "both")
