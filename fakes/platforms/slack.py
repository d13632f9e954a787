"""Slack: a workspace with an app's bot; customers write to it directly or in threads."""

import hashlib
import hmac
import time
from typing import Any

import msgspec
from litestar import WebSocket, websocket
from litestar.types import ControllerRouterHandler

from fakes.base import Connected, Misused, Platform, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.platforms.slack_socket import TICKET_SECONDS, Sockets
from fakes.wire import Asked, Refused, Route, Told, blob, told

Given = dict[str, Any]
IDS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
TEXT = 40_000
PAUSES = (0.5, 60, 300)
REASON = "http_error"


def signed(secret: str, timestamp: str, body: bytes) -> str:
    """The header X-Slack-Signature."""
    return "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


def refused(error: str, **more: object) -> Refused:
    return Refused(told({"ok": False, "error": error, **more}))


class Slack(Platform):
    name = "slack"
    label = Words("Slack", "Slack")
    rank = 60
    kinds = ("text", "image", "voice", "video", "file")
    hint = Words(
        "接口地址填本页给出的地址（客栈里的默认值若以 /api 结尾，就再加 /api）；签名密钥和机器人令牌照抄。",
        "Enter this page's API address (with /api behind it if Kezhan's own ends so); copy secret and token.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.void: set[str] = set()
        self.socket = Sockets(self.world, self.log)
        self.uploads: dict[str, str] = {}
        """Kept file by upload, "" until its bytes have come."""
        self._ts = 0

    def boxes(self) -> list[Box]:
        return [
            Box(name="mode", label=Words("接收方式", "How events come"), value="hook",
                options=["hook", "socket"]),
            Box(name="app_token", label=Words("应用级令牌", "App-level token"),
                value=f"xapp-1-{letters(40)}"),
            Box(name="signing_secret", label=Words("签名密钥", "Signing secret"),
                value=letters(32, "0123456789abcdef")),
            Box(name="bot_token", label=Words("机器人令牌", "Bot token"),
                value=f"xoxb-{digits(12)}-{letters(24)}"),
            Box(name="team_id", label=Words("工作区编号", "Workspace ID"), value=f"T{letters(10, IDS)}"),
            Box(name="bot_user", label=Words("机器人的用户编号", "Bot's user ID"),
                value=f"U{letters(10, IDS)}"),
        ]  # fmt: skip

    def acts(self) -> list[Act]:
        text = [Box(name="text", label=Words("内容", "Text"))]
        return [
            Act(name="leave", label=Words("移出机器人", "Remove the bot")),
            Act(name="edit", label=Words("编辑", "Edit"), on="message", boxes=text),
            Act(name="recall", label=Words("删除", "Delete"), on="message"),
            Act(name="react", label=Words("表情回应", "React"), on="message",
                boxes=[Box(name="emoji", label=Words("表情", "Emoji"), value="thumbsup")]),
            Act(name="disconnect", label=Words("服务端断开 Socket", "The server ends the socket"),
                boxes=[Box(name="reason", label=Words("原因", "Reason"), value="refresh_requested")]),
        ]  # fmt: skip

    def sockets(self) -> list[ControllerRouterHandler]:
        @websocket("/slack/link")
        async def link(socket: WebSocket[Any, Any, Any]) -> None:
            await self.socket.serve(socket)

        return [link]

    async def settled(self) -> None:
        await super().settled()
        await self.socket.settled()

    async def close(self) -> None:
        await self.socket.close()
        await super().close()

    def routes(self) -> list[Route]:
        return [
            Route(method="POST", path="/api/chat.postMessage", run=self.post_message, sends=True),
            Route(method="POST", path="/api/chat.update", run=self.update),
            Route(method="POST", path="/api/chat.delete", run=self.delete),
            Route(method="POST", path="/api/auth.test", run=self.auth_test),
            Route(method="POST", path="/api/apps.connections.open", run=self.open),
            *(
                Route(method=method, path=f"/api/{name}", run=run)
                for method in ("GET", "POST")
                for name, run in (
                    ("users.info", self.users_info),
                    ("conversations.info", self.conversations_info),
                    ("files.info", self.files_info),
                    ("files.getUploadURLExternal", self.upload_url),
                )
            ),
            *(Route(method=method, path="/upload/{id}", run=self.upload) for method in ("PUT", "POST")),
            Route(method="POST", path="/api/files.completeUploadExternal", run=self.complete, sends=True),
            Route(method="GET", path="/files/{id}", run=self.download),
        ]

    def customer_id(self) -> str:
        return f"U{letters(10, IDS)}"

    def void_tokens(self) -> None:
        """Revoked; the next stands in the form."""
        self.void.add(self.form["bot_token"])
        self.form["bot_token"] = f"xoxb-{digits(12)}-{letters(24)}"

    def refuse_rate(self) -> Told:
        return told({"ok": False, "error": "ratelimited"}, 429, retry_after="1")

    def refuse_fault(self) -> Told:
        return told({"ok": False, "error": "internal_error"}, 500)

    def refuse_code(self, code: str) -> Told:
        return self.refuse_rate() if code == "ratelimited" else told({"ok": False, "error": code})

    def refuse_shape(self, why: str) -> Told:
        return told({"ok": False, "error": "invalid_arguments", "detail": why})

    def no_such_path(self) -> Told:
        return told({"ok": False, "error": "unknown_method"})

    def channel(self, phone: Phone) -> str:
        return str(phone.notes.setdefault("channel", f"D{letters(10, IDS)}"))

    def ts(self) -> str:
        """A message's time, which is its id."""
        self._ts += 1
        return f"{int(time.time())}.{self._ts:06d}"

    # Callbacks.

    def post(self, value: object, headers: dict[str, str]) -> Post:
        body, stamp = msgspec.json.encode(value), str(int(time.time()))
        return Post(
            url=self.form["webhook"],
            body=body,
            headers={
                "content-type": "application/json",
                "X-Slack-Request-Timestamp": stamp,
                "X-Slack-Signature": signed(self.form["signing_secret"], stamp, body),
                **headers,
            },
        )

    async def handshake(self) -> Connected:
        if not self.form["webhook"] or self.form["mode"] == "socket":
            return Connected(ok=True)
        challenge = letters(40)
        post = self.post({"type": "url_verification", "challenge": challenge, "token": letters(24)}, {})
        # The answer may be the challenge alone, a form, or JSON.
        heard = lambda status, body: status == 200 and challenge in body.decode(errors="replace")  # noqa: E731
        status, body, ok = await self.courier.call(post, 3, heard)
        return Connected(ok=ok, status=status, answer=body.decode(errors="replace")[:200])

    def event(self, phone: Phone, event: Given, shown: Shown | None = None) -> None:
        value = {
            "type": "event_callback",
            "event_id": f"Ev{letters(10, IDS)}",
            "event_time": int(time.time()),
            "team_id": self.form["team_id"],
            "api_app_id": "A0KEZHAN",
            "event": {"channel": self.channel(phone), "channel_type": "im", "event_ts": self.ts(), **event},
        }
        if self.form["mode"] == "socket":
            task = self.socket.push(value)
            if shown is not None:
                task.add_done_callback(lambda done: self._fate(shown, done))
            return
        attempts = iter(range(len(PAUSES) + 2))

        def make() -> Post:
            nr = next(attempts)
            again = {"X-Slack-Retry-Num": str(nr), "X-Slack-Retry-Reason": REASON} if nr else {}
            return self.post(value, again)

        self.bring(make, Manners(timeout=3, pauses=PAUSES), shown)

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = self.ts()
        message: Given = {"type": "message", "user": phone.id, "text": said.text, "ts": shown.id}
        if said.quote:
            message["thread_ts"] = said.quote
        if shown.file:
            kept = self.files[shown.file]
            message |= {
                "subtype": "file_share",
                "files": [self._file(shown.file, kept.name, kept.media_type)],
            }
        elif said.kind != "text":
            raise Misused(f"{said.kind} needs a file")
        self.event(phone, message, shown)

    def _file(self, id: str, name: str, media_type: str) -> Given:
        url = self.url(f"/files/{id}")
        size = len(self.files[id].data)
        return {"id": id, "name": name, "mimetype": media_type, "size": size, "url_private": url}

    def hers(self, phone: Phone, given: dict[str, str]) -> Shown:
        shown = phone.find(given.get("message", ""))
        if shown is None or shown.by != "customer":
            raise Misused("not a message of hers")
        return shown

    async def act_edit(self, phone: Phone, given: dict[str, str]) -> None:
        shown = self.hers(phone, given)
        before = {"type": "message", "user": phone.id, "text": shown.text, "ts": shown.id}
        shown.text, shown.edited = given.get("text", ""), True
        edit = {"edited": {"user": phone.id, "ts": self.ts()}}
        changed = {"message": {**before, "text": shown.text, **edit}, "previous_message": before}
        self.event(phone, {"type": "message", "subtype": "message_changed", "ts": self.ts(), **changed})

    async def act_recall(self, phone: Phone, given: dict[str, str]) -> None:
        shown = self.hers(phone, given)
        shown.fate, shown.text, shown.file = "recalled", "", ""
        deleted = {"type": "message", "subtype": "message_deleted", "deleted_ts": shown.id}
        self.event(phone, {**deleted, "ts": self.ts()})

    async def act_react(self, phone: Phone, given: dict[str, str]) -> None:
        item = {"type": "message", "channel": self.channel(phone), "ts": given["message"]}
        self.event(
            phone, {"type": "reaction_added", "user": phone.id, "reaction": given.get("emoji"), "item": item}
        )

    async def act_leave(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["left"] = True

    async def act_disconnect(self, phone: Phone, given: dict[str, str]) -> None:
        await self.socket.disconnect(given.get("reason") or "refresh_requested")

    # Calls of ours.

    async def open(self, asked: Asked) -> Told:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if token != self.form["app_token"]:
            raise refused("not_allowed_token_type" if token.startswith("xoxb-") else "invalid_auth")
        if self.form["mode"] != "socket":
            raise refused("socket_mode_disabled")
        ticket = self.socket.tickets.issue("app", TICKET_SECONDS)
        return told({"ok": True, "url": self.url(f"/link?ticket={ticket}").replace("http", "ws", 1)})

    def read(self, asked: Asked) -> Given:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise refused("not_authed")
        if token != self.form["bot_token"]:
            raise refused("token_revoked" if token in self.void else "invalid_auth")
        if asked.headers.get("content-type", "").startswith("application/json"):
            try:
                given = asked.json()
            except ValueError:
                given = None
            if not isinstance(given, dict):
                raise refused("invalid_json")
            return given
        return {**dict(asked.query), **dict(asked.form())}

    def reach(self, given: Given) -> Phone:
        """By the channel, or by the user whose direct channel it is."""
        for phone in self.phones.values():
            if given.get("channel") in (self.channel(phone), phone.id):
                if phone.notes.get("left"):
                    raise refused("not_in_channel")
                return phone
        raise refused("channel_not_found")

    async def post_message(self, asked: Asked) -> Told:
        given = self.read(asked)
        phone = self.reach(given)
        text = self._text(given)
        if not self.world.calls.take(phone.id, 5, 5):
            return self.refuse_rate()
        shown = phone.show(self.ts(), "us", "text", text, quote=str(given.get("thread_ts", "")), raw=given)
        return told({"ok": True, "channel": self.channel(phone), "ts": shown.id, "message": {"text": text}})

    @staticmethod
    def _text(given: Given) -> str:
        text = given.get("text", "")
        if not text and not given.get("blocks"):
            raise refused("no_text")
        if len(text) > TEXT:
            raise refused("msg_too_long")
        return str(text)

    def _ours(self, given: Given) -> tuple[Phone, Shown]:
        phone = self.reach(given)
        shown = phone.find(str(given.get("ts")))
        if shown is None or shown.fate == "recalled":
            raise refused("message_not_found")
        if shown.by != "us":
            raise refused("cant_update_message")
        return phone, shown

    async def update(self, asked: Asked) -> Told:
        given = self.read(asked)
        phone, shown = self._ours(given)
        shown.text, shown.edited = self._text(given), True
        return told({"ok": True, "channel": self.channel(phone), "ts": shown.id, "text": shown.text})

    async def delete(self, asked: Asked) -> Told:
        phone, shown = self._ours(self.read(asked))
        shown.fate, shown.text, shown.file = "recalled", "", ""
        return told({"ok": True, "channel": self.channel(phone), "ts": shown.id})

    async def auth_test(self, asked: Asked) -> Told:
        self.read(asked)
        who = {"team": "茶庄", "team_id": self.form["team_id"], "user": "kezhan", "bot_id": "B1"}
        return told({"ok": True, **who, "user_id": self.form["bot_user"]})

    async def users_info(self, asked: Asked) -> Told:
        phone = self.phones.get(str(self.read(asked).get("user")))
        if phone is None:
            raise refused("user_not_found")
        profile = {"real_name": phone.name, "display_name": phone.name, "image_72": ""}
        user = {"id": phone.id, "team_id": self.form["team_id"], "name": phone.name, "profile": profile}
        return told(
            {"ok": True, "user": {**user, "real_name": phone.name, "deleted": False, "is_bot": False}}
        )

    async def conversations_info(self, asked: Asked) -> Told:
        phone = self.reach(self.read(asked))
        return told({"ok": True, "channel": {"id": self.channel(phone), "is_im": True, "user": phone.id}})

    async def files_info(self, asked: Asked) -> Told:
        id = str(self.read(asked).get("file"))
        file = self.files.get(id)
        if file is None:
            raise refused("file_not_found")
        return told({"ok": True, "file": self._file(id, file.name, file.media_type)})

    async def upload_url(self, asked: Asked) -> Told:
        given = self.read(asked)
        if not given.get("filename") or int(given.get("length", 0)) <= 0:
            raise refused("invalid_arguments")
        id = f"F{letters(10, IDS)}"
        self.uploads[id] = ""
        return told({"ok": True, "upload_url": self.url(f"/upload/{id}"), "file_id": id})

    async def upload(self, asked: Asked) -> Told:
        id, parts = asked.given["id"], asked.parts()
        if id not in self.uploads:
            return told({"ok": False, "error": "not_found"}, 404)
        data = next(iter(parts.values())).data if parts else asked.body
        self.uploads[id] = self.keep(data, asked.headers.get("content-type", "").partition(";")[0])
        return told({"ok": True})

    async def complete(self, asked: Asked) -> Told:
        given = self.read(asked)
        phone = self.reach({"channel": given.get("channel_id")})
        files = given.get("files", [])
        files = msgspec.json.decode(files) if isinstance(files, str) else files
        if not files or any(not self.uploads.get(file.get("id")) for file in files):
            raise refused("file_not_found")
        for file in files:
            kept = self.uploads.pop(file["id"])
            self.files[kept].name = file.get("title", "")
            text = str(given.get("initial_comment", ""))
            phone.show(self.ts(), "us", "file", text, file=kept, name=self.files[kept].name, raw=given)
        return told(
            {"ok": True, "files": [{"id": file["id"], "title": file.get("title", "")} for file in files]}
        )

    async def download(self, asked: Asked) -> Told:
        self.read(asked)
        file = self.files.get(asked.given["id"])
        return (
            blob(file.data, file.media_type) if file else told({"ok": False, "error": "file_not_found"}, 404)
        )


PLATFORM = Slack
