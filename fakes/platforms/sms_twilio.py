"""Twilio: form posts signed both ways of today, Messages.json, status callbacks, STOP."""

import base64
import binascii
from typing import Any, ClassVar
from urllib.parse import urlencode

from defusedxml.ElementTree import ParseError, fromstring

from fakes.base import Platform, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.sms.numbers import STOPS, e164, segments
from fakes.sms.signing import twilio
from fakes.wire import Asked, Refused, Route, Told, blob, told

BODY, VALIDITY_S = 1600, 36000
UNREACHED = ["30003", "30005", "30006", "30007", "30008"]
_HEX = "0123456789abcdef"
_ERRORS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    21403: (400, "Invalid Fallback Method"),
    21211: (400, "The 'To' number is not a valid phone number."),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by 'To'"),
    21602: (400, "Message body is required."),
    21606: (400, "The 'From' phone number provided is not a valid, message-capable phone number."),
    21608: (400, "The number is unverified. Trial accounts cannot send messages to unverified numbers"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21612: (400, "The 'To' phone number is not currently reachable via SMS"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21620: (400, "Invalid media URL(s)"),
    21624: (400, "Invalid Validity Period"),
}


def _error(code: int) -> Told:
    status, why = _ERRORS.get(code, (400, "Error"))
    info = f"https://www.twilio.com/docs/errors/{code}"
    return told({"code": code, "message": why, "more_info": info, "status": status}, status)


def _refuse(code: int) -> Refused:
    return Refused(_error(code))


class SmsTwilio(Platform):
    name: ClassVar[str] = "sms_twilio"
    label: ClassVar[Words] = Words("短信 Twilio", "SMS: Twilio")
    rank: ClassVar[int] = 80
    kinds: ClassVar[tuple[str, ...]] = ("text", "image")
    quotes: ClassVar[bool] = False
    hint: ClassVar[Words] = Words(
        "在客栈新建短信渠道，服务商选 Twilio，填入右侧各值；再把渠道的回调地址贴到这里。签名按这个地址计算。",
        "Make an SMS channel in Kezhan, provider Twilio, with these values; then paste its hook address. "
        "Signatures are computed over this very address.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, dict[str, Any]] = {}
        self.number_sid = "PN" + letters(32, _HEX)

    def boxes(self) -> list[Box]:
        fields = [
            ("account_sid", "Account SID", "Account SID", "AC" + letters(32, _HEX)),
            ("auth_token", "Auth Token", "Auth Token", letters(32, _HEX)),
            ("number", "号码 (From)", "Number (From)", "+1415" + digits(7)),
            ("service_sid", "Messaging Service SID", "Messaging Service SID", "MG" + letters(32, _HEX)),
            ("api_key", "API Key SID（可选）", "API key SID (optional)", "SK" + letters(32, _HEX)),
            ("api_secret", "API Key Secret（可选）", "API key secret (optional)", letters(32)),
            ("shared_key", "SharedKey 编号", "SharedKey id", "shared1"),
            ("shared_secret", "SharedKey 密钥", "SharedKey secret", letters(32)),
        ]
        signing = Box(
            name="signing",
            label=Words("回调签名方式", "Signature of webhooks"),
            value="auth_token",
            options=["auth_token", "shared_key"],
        )
        return [
            *(Box(name=name, label=Words(zh, en), value=value) for name, zh, en, value in fields),
            signing,
        ]

    def acts(self) -> list[Act]:
        code = Box(
            name="code",
            label=Words("送达失败的错误码", "Code of the failure"),
            value=UNREACHED[0],
            options=UNREACHED,
        )
        return [Act(name="unreachable", label=Words("关机 / 开机", "Phone off / on"), boxes=[code])]

    def customer_id(self) -> str:
        return "+1628" + digits(7)

    def routes(self) -> list[Route]:
        account = "/2010-04-01/Accounts/{account}"
        return [
            Route(method="POST", path=f"{account}/Messages.json", run=self.send, sends=True),
            Route(method="GET", path=f"{account}/Messages/{{sid}}.json", run=self.look),
            Route(method="GET", path=f"{account}/Messages/{{sid}}/Media/{{id}}", run=self.media),
            Route(method="GET", path=f"{account}.json", run=self.account),
            Route(method="GET", path=f"{account}/IncomingPhoneNumbers.json", run=self.numbers),
            Route(method="POST", path=f"{account}/IncomingPhoneNumbers/{{sid}}.json", run=self.set_number),
        ]

    def refuse_rate(self) -> Told:
        return _error(20429)

    def refuse_code(self, code: str) -> Told:
        return _error(int(code))

    def no_such_path(self) -> Told:
        return _error(20404)

    # What she does.

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        shown.id = "SM" + letters(32, _HEX)
        word = said.text.strip().upper()
        if word in STOPS:
            phone.notes["stopped"] = True
        elif word in {"START", "UNSTOP", "YES"}:
            phone.notes["stopped"] = False
        fields = {
            "MessageSid": shown.id,
            "SmsSid": shown.id,
            "SmsMessageSid": shown.id,
            "AccountSid": self.form["account_sid"],
            "From": phone.id,
            "To": self.form["number"],
            "Body": said.text,
            "NumSegments": str(segments(said.text)),
            "NumMedia": "1" if shown.file else "0",
            "FromCity": "",
            "FromState": "CA",
            "FromZip": "",
            "FromCountry": "US",
            "ToCity": "",
            "ToState": "CA",
            "ToZip": "",
            "ToCountry": "US",
            "ApiVersion": "2010-04-01",
        }
        if shown.file:
            path = f"/2010-04-01/Accounts/{self.form['account_sid']}/Messages/{shown.id}/Media/{shown.file}"
            fields |= {"MediaUrl0": self.url(path), "MediaContentType0": self.files[shown.file].media_type}
        manners = Manners(timeout=15, pauses=(), heard=lambda status, body: self._heard(phone, status, body))
        post = self._signed(self.form["webhook"], fields)
        self.bring(lambda: post, manners, shown)

    def _signed(self, url: str, fields: dict[str, str]) -> Post:
        shared = self.form["signing"] == "shared_key"
        secret = self.form["shared_secret" if shared else "auth_token"]
        signed = twilio(secret, url, list(fields.items()), "sha256" if shared else "sha1")
        headers = {"content-type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signed}
        if shared:
            settings = f"key={self.form['shared_key']},algorithm=HMAC_SHA256"
            headers["X-Twilio-Webhooks-Signature-Settings"] = settings
        return Post(url=url, body=urlencode(fields).encode(), headers=headers)

    def _heard(self, phone: Phone, status: int, body: bytes) -> bool:
        """Any 2xx; messages in TwiML are sent at once."""
        if not 200 <= status < 300:
            return False
        if not body.strip():
            return True
        try:
            root = fromstring(body.decode())
        except (ParseError, ValueError):
            return False
        for message in root.iter("Message") if root.tag == "Response" else ():
            phone.show("SM" + letters(32, _HEX), "us", "text", "".join(message.itertext()).strip())
        return bool(root.tag == "Response")

    async def act_unreachable(self, phone: Phone, given: dict[str, str]) -> None:
        phone.notes["off"] = "" if phone.notes.get("off") else given.get("code") or UNREACHED[0]

    # What we send.

    def _check(self, asked: Asked) -> None:
        """Basic: the account and its token, or a key and its secret."""
        kind, _, code = asked.headers.get("authorization", "").partition(" ")
        try:
            pair = base64.b64decode(code, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            pair = ""
        form = self.form
        good = {f"{form['account_sid']}:{form['auth_token']}", f"{form['api_key']}:{form['api_secret']}"}
        if kind.lower() != "basic" or pair not in good:
            raise _refuse(20003)
        if asked.given["account"] != form["account_sid"]:
            raise _refuse(20404)

    async def send(self, asked: Asked) -> Told:
        self._check(asked)
        pairs = asked.form()
        fields, media = dict(pairs), [value for name, value in pairs if name == "MediaUrl"]
        body, to = fields.get("Body", ""), fields.get("To", "")
        if not e164(to):
            raise _refuse(21211)
        if (
            fields.get("From") != self.form["number"]
            and fields.get("MessagingServiceSid") != self.form["service_sid"]
        ):
            raise _refuse(21606)
        if not body and not media and not fields.get("ContentSid"):
            raise _refuse(21602)
        if len(body) > BODY:
            raise _refuse(21617)
        if not 1 <= int(fields.get("ValidityPeriod", "1")) <= VALIDITY_S:
            raise _refuse(21624)
        if len(media) > 10 or not all(url.startswith(("http://", "https://")) for url in media):
            raise _refuse(21620)
        phone = self.phone(to)
        if phone.notes.get("stopped"):
            raise _refuse(21610)
        message = self._message(fields, segments(body), len(media))
        text = (
            "\n".join([body, *media]).strip()
            or f"{fields['ContentSid']} {fields.get('ContentVariables', '')}"
        )
        self._deliver(phone, message, fields, text)
        return told(message, 201)

    def _message(self, fields: dict[str, str], parts: int, media: int) -> dict[str, Any]:
        sid = "SM" + letters(32, _HEX)
        message = {
            "sid": sid,
            "account_sid": self.form["account_sid"],
            "api_version": "2010-04-01",
            "body": fields.get("Body", ""),
            "to": fields["To"],
            "from": fields.get("From"),
            "messaging_service_sid": fields.get("MessagingServiceSid"),
            "direction": "outbound-api",
            "status": "queued",
            "num_segments": str(parts),
            "num_media": str(media),
            "error_code": None,
            "error_message": None,
            "uri": f"/2010-04-01/Accounts/{self.form['account_sid']}/Messages/{sid}.json",
        }
        self.sent[sid] = message
        return dict(message)

    def _deliver(self, phone: Phone, message: dict[str, Any], fields: dict[str, str], text: str) -> None:
        """Sent and delivered are told by callbacks of their own, whose order nobody promises."""
        off = phone.notes.get("off", "")
        shown = phone.show(message["sid"], "us", "text", text, raw=fields)
        shown.fate = "failed" if off else "shown"
        kept = self.sent[message["sid"]]
        kept |= {"status": "undelivered", "error_code": int(off)} if off else {"status": "delivered"}
        if not (url := fields.get("StatusCallback", "")):
            return
        for status in ("sent", kept["status"]):
            told_of = {
                "MessageSid": message["sid"],
                "SmsSid": message["sid"],
                "MessageStatus": status,
                "SmsStatus": status,
            }
            told_of |= {
                "To": fields["To"],
                "From": self.form["number"],
                "AccountSid": self.form["account_sid"],
            }
            if status == "undelivered":
                told_of["ErrorCode"] = off
            post = self._signed(url, {**told_of, "ApiVersion": "2010-04-01"})
            self.bring(lambda post=post: post, Manners(timeout=15, pauses=()))  # type: ignore[misc]

    async def look(self, asked: Asked) -> Told:
        self._check(asked)
        if asked.given["sid"] not in self.sent:
            raise _refuse(20404)
        return told(self.sent[asked.given["sid"]])

    async def account(self, asked: Asked) -> Told:
        self._check(asked)
        return told(
            {"sid": self.form["account_sid"], "status": "active", "friendly_name": "Tea", "type": "Full"}
        )

    def _number(self) -> dict[str, Any]:
        number = {"sid": self.number_sid, "phone_number": self.form["number"], "friendly_name": "Tea"}
        hook = {"sms_url": self.form["webhook"], "sms_method": "POST"}
        return {**number, "account_sid": self.form["account_sid"], **hook}

    async def numbers(self, asked: Asked) -> Told:
        self._check(asked)
        wanted = asked.one("PhoneNumber")
        found = [self._number()] if wanted in ("", self.form["number"]) else []
        return told({"incoming_phone_numbers": found, "page": 0, "page_size": 50})

    async def set_number(self, asked: Asked) -> Told:
        """Where messages to the number go."""
        self._check(asked)
        if asked.given["sid"] != self.number_sid:
            raise _refuse(20404)
        given = dict(asked.form())
        if given.get("SmsMethod", "POST") != "POST":
            raise _refuse(21403)
        self.form["webhook"] = given.get("SmsUrl", self.form["webhook"])
        return told(self._number())

    async def media(self, asked: Asked) -> Told:
        kept = self.files.get(asked.given["id"])
        if kept is None:
            raise _refuse(20404)
        return blob(kept.data, kept.media_type)


PLATFORM = SmsTwilio
