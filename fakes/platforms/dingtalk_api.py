"""DingTalk as an app calls it, both of its hosts: token, robot messages, session replies, files, people."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import unquote

import msgspec

from fakes.base import Platform, letters
from fakes.deliver import Post
from fakes.phone import Choice, Phone, Shown
from fakes.platforms.dingtalk_stream import Opening, Stream
from fakes.wire import Asked, Refused, Route, Told, blob, told
from fakes.world import Tokens

Given = dict[str, Any]
TOKEN, SESSION, LINK = 7200, 5400, 600
MB = 1 << 20
UPLOAD = {"image": 20 * MB, "voice": 2 * MB, "video": 20 * MB, "file": 20 * MB}
MOST_USERS = 20
SAYS = "dtmd://dingtalkclient/sendMessage?content="
"""Before the words that a button has her say."""
# msgKey → the keys of msgParam that must be there, and those that may.
PARAMS: dict[str, tuple[set[str], set[str]]] = {
    "sampleText": ({"content"}, set()),
    "sampleMarkdown": ({"title", "text"}, set()),
    "sampleImageMsg": ({"photoURL"}, set()),
    "sampleLink": ({"text", "title", "messageUrl"}, {"picUrl"}),
    "sampleActionCard": ({"title", "text", "singleTitle", "singleURL"}, set()),
    "sampleAudio": ({"mediaId", "duration"}, set()),
    "sampleFile": ({"mediaId", "fileName", "fileType"}, set()),
    "sampleVideo": ({"duration", "videoMediaId", "videoType", "picMediaId"}, {"width", "height"}),
}
for most in range(2, 6):
    numbers = range(1, most + 1)
    buttons = {f"{part}{number}" for number in numbers for part in ("actionTitle", "actionURL")}
    PARAMS[f"sampleActionCard{most}"] = ({"title", "text", *buttons}, set())
SHOWN_AS = {"sampleImageMsg": "image", "sampleAudio": "voice", "sampleFile": "file", "sampleVideo": "video"}
NEEDS = {"sampleImageMsg": "image", "sampleAudio": "voice", "sampleFile": "file", "sampleVideo": "video"}


def signed(timestamp: str, secret: str) -> str:
    """The header `sign` of a robot's callback."""
    mac = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def _choices(card: Given) -> list[Choice]:
    """The buttons of an action card, in either shape, that have her say something."""
    listed = card.get("btns") or []
    pairs = [(one["title"], one["actionURL"]) for one in listed]
    pairs += [(card.get("singleTitle", ""), card.get("singleURL", ""))]
    pairs += [(card.get(f"actionTitle{at}", ""), card.get(f"actionURL{at}", "")) for at in range(1, 6)]
    says = [(title, url.removeprefix(SAYS)) for title, url in pairs if url.startswith(SAYS)]
    return [Choice(id=unquote(words), label=title) for title, words in says]


def refused(code: str, message: str, status: int = 400) -> Refused:
    return Refused(told({"code": code, "message": message, "requestid": letters(20)}, status))


def _has_buttons(card: Given) -> bool:
    """One that is the whole card, or some of their own."""
    listed = card.get("btns")
    if isinstance(listed, list) and listed:
        return all(isinstance(one, dict) and one.get("title") and one.get("actionURL") for one in listed)
    return bool(card.get("singleTitle") and card.get("singleURL"))


def old(errcode: int, errmsg: str) -> Refused:
    """A refusal of the old host, which is always 200."""
    return Refused(told({"errcode": errcode, "errmsg": errmsg}))


class RobotApi(Platform):
    """What is called; what the customer does is in `dingtalk`."""

    def __init__(self) -> None:
        super().__init__()
        self.stream = Stream(self.world, self.log)
        self.tokens = Tokens(self.world.clock, size=32)
        self.sessions = Tokens(self.world.clock, size=32)
        self.links = Tokens(self.world.clock, size=40)
        self.codes: dict[str, str] = {}
        """File by downloadCode."""
        self.media: dict[str, tuple[str, str]] = {}
        """Type and file by media id."""
        self.queries: dict[str, list[tuple[Phone, Shown]]] = {}
        """What a processQueryKey stands for."""

    def routes(self) -> list[Route]:
        robot = "/v1.0/robot"
        return [
            Route(method="POST", path="/v1.0/gateway/connections/open", run=self.open),
            Route(method="POST", path="/v1.0/oauth2/accessToken", run=self.token),
            Route(method="POST", path=f"{robot}/oToMessages/batchSend", run=self.batch_send, sends=True),
            Route(method="POST", path=f"{robot}/groupMessages/send", run=self.group_send, sends=True),
            Route(method="POST", path=f"{robot}/otoMessages/batchRecall", run=self.recall),
            Route(method="POST", path=f"{robot}/groupMessages/recall", run=self.recall),
            Route(method="GET", path=f"{robot}/oToMessages/readStatus", run=self.read_status),
            Route(method="POST", path=f"{robot}/groupMessages/query", run=self.group_query),
            Route(method="POST", path=f"{robot}/messageFiles/download", run=self.download_url),
            Route(method="POST", path=f"{robot}/emotion/{{act}}", run=self.emotion),
            Route(method="POST", path="/robot/sendBySession", run=self.session, sends=True),
            Route(method="POST", path="/media/upload", run=self.upload),
            Route(method="POST", path="/topapi/v2/user/get", run=self.user),
            Route(method="GET", path="/download/{link}", run=self.download),
        ]

    def void_tokens(self) -> None:
        self.tokens.void_all()

    def refuse_rate(self) -> Told:
        message = "Request was denied due to request throttling"
        return told({"code": "Forbidden.AccessDenied.QpsLimitForApi", "message": message}, 403)

    def refuse_fault(self) -> Told:
        return told({"code": "ServiceUnavailable", "message": "The service is unavailable"}, 503)

    def refuse_code(self, code: str) -> Told:
        if code.isdigit():
            return told({"errcode": int(code), "errmsg": "refused on purpose"})
        return told({"code": code, "message": "refused on purpose", "requestid": letters(20)}, 400)

    def refuse_shape(self, why: str) -> Told:
        return refused("InvalidParameter", why).told

    def no_such_path(self) -> Told:
        return told({"code": "InvalidAction.NotFound", "message": "Specified api is not found"}, 404)

    # Ground.

    def body(self, asked: Asked, needed: set[str], allowed: set[str] = frozenset()) -> Given:  # type: ignore[assignment]
        try:
            given = asked.json()
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise refused("InvalidParameter", "the body is no JSON object")
        if missing := needed - set(given):
            raise refused(f"Missing{min(missing)}", f"{min(missing)} is mandatory for this action.")
        if unknown := set(given) - needed - allowed:
            raise refused("InvalidParameter", f"unknown parameter {min(unknown)}")
        return given

    async def token(self, asked: Asked) -> Told:
        given = self.body(asked, {"appKey", "appSecret"})
        if (given["appKey"], given["appSecret"]) != (self.form["app_key"], self.form["app_secret"]):
            raise refused("invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        owner = self.form["app_key"]
        token, left = self.tokens.current(owner) or (self.tokens.issue(owner, TOKEN), TOKEN)
        return told({"accessToken": token, "expireIn": int(left)})

    def check(self, asked: Asked) -> None:
        if not self.tokens.good(asked.headers.get("x-acs-dingtalk-access-token", "")):
            raise refused("InvalidAuthentication", "不合法的access_token", 401)

    def _check_old(self, asked: Asked) -> None:
        token = asked.one("access_token")
        if not self.tokens.good(token):
            raise old(42001 if self.tokens.owner(token) else 40014, "不合法的access_token")

    async def open(self, asked: Asked) -> Told:
        try:
            opening = msgspec.json.decode(asked.body, type=Opening)
        except msgspec.DecodeError as fault:
            raise refused("InvalidParameter", str(fault)) from None
        if (opening.clientId, opening.clientSecret) != (self.form["app_key"], self.form["app_secret"]):
            raise refused("authFailed", "鉴权失败", 401)
        endpoint = self.url("/connect").replace("http", "ws", 1)
        return told({"endpoint": endpoint, "ticket": self.stream.open(opening)})

    # Messages.

    async def batch_send(self, asked: Asked) -> Told:
        self.check(asked)
        given = self.body(asked, {"robotCode", "userIds", "msgKey", "msgParam"})
        self._robot(given)
        users = given["userIds"]
        if not isinstance(users, list) or not 1 <= len(users) <= MOST_USERS:
            raise refused("invalidParameter.userIds", f"1 to {MOST_USERS} userIds")
        kind, text, file = await self._read(given)
        by_staff = {
            phone.notes["staff_id"]: phone for phone in self.phones.values() if "staff_id" in phone.notes
        }
        slowed = [user for user in users if user in by_staff and by_staff[user].notes.get("slowed")]
        reached = [
            by_staff[user]
            for user in users
            if user in by_staff and user not in slowed and not by_staff[user].notes.get("gone")
        ]
        key = self._show(reached, kind, text, file, given)
        return told(
            {
                "processQueryKey": key,
                "invalidStaffIdList": [user for user in users if user not in by_staff],
                "flowControlledStaffIdList": slowed,
                "filteredStaffIdList": [
                    user for user in users if user in by_staff and by_staff[user].notes.get("gone")
                ],
            }
        )

    async def group_send(self, asked: Asked) -> Told:
        self.check(asked)
        needed = {"robotCode", "openConversationId", "msgKey", "msgParam"}
        given = self.body(asked, needed, {"token", "coolAppCode"})
        self._robot(given)
        kind, text, file = await self._read(given)
        group = given["openConversationId"]
        reached = [phone for phone in self.phones.values() if group in phone.notes.get("groups", ())]
        if not reached:
            raise refused("invalidParameter.openConversationId", "the robot is not in this group")
        return told({"processQueryKey": self._show(reached, kind, text, file, given)})

    def _robot(self, given: Given) -> None:
        if given["robotCode"] != self.form["robot_code"]:
            raise refused("invalidParameter.robotCode", "robot not exist")

    def _show(self, phones: list[Phone], kind: str, text: str, file: str, given: Given) -> str:
        key = letters(44)
        name = self.files[file].name if file else ""
        choices = _choices(msgspec.json.decode(given["msgParam"]))
        more: Given = {"file": file, "name": name, "choices": choices, "raw": given}
        self.queries[key] = [
            (phone, phone.show(f"{key}:{phone.id}", "us", kind, text, **more)) for phone in phones
        ]
        return key

    async def _read(self, given: Given) -> tuple[str, str, str]:
        """Kind, text and file of a message by msgKey and msgParam."""
        key = given["msgKey"]
        if key not in PARAMS:
            raise refused("invalidParameter.msgKey", f"msgKey {key} is unknown")
        try:
            if not isinstance(given["msgParam"], str):
                raise ValueError
            params = msgspec.json.decode(given["msgParam"])
        except ValueError:
            raise refused("invalidParameter.msgParam", "msgParam is a JSON string") from None
        needed, more = PARAMS[key]
        if not isinstance(params, dict) or needed - set(params) or set(params) - needed - more:
            raise refused("invalidParameter.msgParam", f"{key} takes {sorted(needed)}")
        if any(not isinstance(value, str) or not value for name, value in params.items() if name in needed):
            raise refused("invalidParameter.msgParam", "every value is a text and not empty")
        buttons = sorted(name for name in params if name.startswith("actionTitle"))
        shown = ("title", "content", "text", "messageUrl", *buttons)
        text = "\n".join(params[name] for name in shown if params.get(name))
        return SHOWN_AS.get(key, "text"), text, await self._file(key, params)

    async def _file(self, key: str, params: Given) -> str:
        source = params.get("mediaId") or params.get("videoMediaId") or params.get("photoURL") or ""
        if not source:
            return ""
        if source.startswith(("http://", "https://")):
            post = Post(url=source, method="GET")
            _, data, ok = await self.courier.call(post, 10, lambda status, _: status == 200)
            return self.keep(data if ok else b"", "", source.rsplit("/", 1)[-1].partition("?")[0])
        kind, file = self.media.get(source, ("", ""))
        if kind != NEEDS[key]:
            raise refused("invalidParameter.mediaId", f"mediaId is not one of type {NEEDS[key]}")
        self.files[file].name = params.get("fileName", self.files[file].name)
        return file

    async def session(self, asked: Asked) -> Told:
        """A reply by the address that came with her message."""
        session = asked.one("session")
        if not self.sessions.good(session):
            raise old(300001, "session is expired or not exist")
        given = self.body_old(asked)
        phone = self.phones[self.sessions.owner(session) or ""]
        self.reply(phone, given)
        return told({"errcode": 0, "errmsg": "ok"})

    def body_old(self, asked: Asked) -> Given:
        try:
            given = asked.json()
        except ValueError:
            given = None
        if not isinstance(given, dict):
            raise old(43007, "the body is no JSON object")
        return given

    def reply(self, phone: Phone, given: Given) -> Shown:
        """A message in the shape that session addresses and callbacks' answers take."""
        kind = given.get("msgtype")
        needed = {
            "text": {"content"},
            "markdown": {"title", "text"},
            "link": {"title", "text", "messageUrl"},
            "actionCard": {"title", "text"},
            "feedCard": {"links"},
        }.get(str(kind))
        if needed is None:
            raise old(400105, "msgtype is unknown")
        body = given.get(str(kind))
        if not isinstance(body, dict) or needed - set(body) or set(given) - {"msgtype", kind, "at"}:
            raise old(400105, f"{kind} takes {sorted(needed)}")
        if any(not value for name, value in body.items() if name in needed):
            raise old(40035, f"{kind} is empty")
        if kind == "actionCard" and not _has_buttons(body):
            raise old(40035, "actionCard takes singleTitle and singleURL, or btns")
        text = "\n".join(
            str(body[name]) for name in ("title", "content", "text", "messageUrl") if body.get(name)
        )
        return phone.show(letters(24), "us", "text", text, choices=_choices(body), raw=given)

    async def recall(self, asked: Asked) -> Told:
        self.check(asked)
        group = {"openConversationId"} if "group" in asked.path else set()
        given = self.body(asked, {"robotCode", "processQueryKeys"} | group)
        self._robot(given)
        done = [key for key in given["processQueryKeys"] if key in self.queries]
        for _, shown in (pair for key in done for pair in self.queries[key]):
            shown.fate, shown.text, shown.file = "recalled", "", ""
        failed = {key: "not exist" for key in given["processQueryKeys"] if key not in self.queries}
        return told({"successResult": done, "failedResult": failed})

    async def read_status(self, asked: Asked) -> Told:
        self.check(asked)
        pairs = self.queries.get(asked.one("processQueryKey"))
        if asked.one("robotCode") != self.form["robot_code"] or pairs is None:
            raise refused("invalidParameter.processQueryKey", "processQueryKey not exist")
        infos = [
            {
                "name": phone.name,
                "userId": phone.notes.get("staff_id", ""),
                "readStatus": "READ" if shown.fate == "read" else "UNREAD",
                "readTimestamp": int(shown.at * 1000) if shown.fate == "read" else 0,
            }
            for phone, shown in pairs
        ]
        recalled = any(shown.fate == "recalled" for _, shown in pairs)
        return told({"sendStatus": "RECALLED" if recalled else "SUCCESS", "messageReadInfoList": infos})

    async def group_query(self, asked: Asked) -> Told:
        self.check(asked)
        needed = {"robotCode", "openConversationId", "processQueryKey"}
        given = self.body(asked, needed, {"maxResults", "nextToken"})
        pairs = self.queries.get(given["processQueryKey"], [])
        readers = [phone.notes.get("staff_id", "") for phone, shown in pairs if shown.fate == "read"]
        return told({"hasMore": False, "nextToken": "", "readUserIds": readers, "sendStatus": "SUCCESS"})

    async def emotion(self, asked: Asked) -> Told:
        self.check(asked)
        return told({"success": True})

    # Files and people.

    async def download_url(self, asked: Asked) -> Told:
        self.check(asked)
        given = self.body(asked, {"downloadCode", "robotCode"})
        self._robot(given)
        file = self.codes.get(given["downloadCode"])
        if file is None:
            raise refused("invalidParameter.downloadCode", "downloadCode is wrong or expired")
        return told({"downloadUrl": self.url(f"/download/{self.links.issue(file, LINK)}")})

    async def download(self, asked: Asked) -> Told:
        link = asked.given["link"]
        file = self.files.get(self.links.owner(link) or "")
        if file is None or not self.links.good(link):
            return told({"Code": "AccessDenied", "Message": "Request has expired."}, 403)
        return blob(file.data, file.media_type)

    async def upload(self, asked: Asked) -> Told:
        self._check_old(asked)
        parts = asked.parts()
        kind = parts["type"].data.decode() if "type" in parts else asked.one("type")
        if kind not in UPLOAD or "media" not in parts:
            raise old(40004, "不合法的媒体文件类型")
        part = parts["media"]
        if not 0 < len(part.data) <= UPLOAD[kind]:
            raise old(40006, "不合法的文件大小")
        id = f"@l{letters(30)}"
        self.media[id] = (kind, self.keep(part.data, part.media_type, part.filename))
        return told(
            {"errcode": 0, "errmsg": "ok", "type": kind, "media_id": id, "created_at": int(self.now() * 1000)}
        )

    async def user(self, asked: Asked) -> Told:
        self._check_old(asked)
        id = self.body_old(asked).get("userid")
        phone = next(
            (phone for phone in self.phones.values() if id and phone.notes.get("staff_id") == id), None
        )
        if phone is None:
            raise old(60121, "找不到该用户")
        person = {
            "userid": id,
            "name": phone.name,
            "avatar": "",
            "unionid": phone.notes["union_id"],
            "mobile": "",
        }
        return told({"errcode": 0, "errmsg": "ok", "result": person})
