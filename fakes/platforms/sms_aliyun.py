"""Aliyun short messages: calls signed with ACS3, templates only, pushes in arrays and without a signature."""

import hashlib
import secrets
import time
from datetime import datetime, timedelta, timezone
from email.utils import formatdate
from typing import Any, ClassVar

import msgspec

from fakes.base import Misused, Platform, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.sms import template
from fakes.sms.numbers import CHINESE_STOPS, chinese_segments, mainland
from fakes.sms.signing import acs3, authorization
from fakes.wire import Asked, Refused, Route, Told, told
from fakes.world import Meter

CALLS_A_DAY = 50
NUMBERS, BATCH = 1000, 100
REPEATS = (60, 300, 600)
_CHINA = timezone(timedelta(hours=8))
_NEEDED = (
    "host",
    "x-acs-action",
    "x-acs-version",
    "x-acs-date",
    "x-acs-signature-nonce",
    "x-acs-content-sha256",
)


def _at(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, _CHINA).strftime("%Y-%m-%d %H:%M:%S")


class SmsAliyun(Platform):
    name: ClassVar[str] = "sms_aliyun"
    label: ClassVar[Words] = Words("短信 阿里云", "SMS: Aliyun")
    rank: ClassVar[int] = 81
    quotes: ClassVar[bool] = False
    hint: ClassVar[Words] = Words(
        "在客栈新建短信渠道，服务商选阿里云，填入右侧各值；再把渠道的回调地址贴到这里（上行与回执都推到它）。",
        "Make an SMS channel in Kezhan, provider Aliyun, with these values; then paste its hook address: "
        "messages and reports are both pushed to it.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.nonces: set[str] = set()
        self.daily = Meter(self.world.clock)
        self.sequence = int(digits(9))
        self.sent: dict[str, list[dict[str, Any]]] = {}

    def boxes(self) -> list[Box]:
        return [
            Box(name="access_key", label=Words("AccessKey ID", "AccessKey id"), value="LTAI5t" + letters(18)),
            Box(name="access_secret", label=Words("AccessKey Secret", "AccessKey secret"), value=letters(30)),
            *template.boxes("SMS_" + digits(9), "您的咨询有新回复：${content}"),
        ]

    def acts(self) -> list[Act]:
        return [
            Act(name="burst", label=Words("连发三条（一次推送）", "Three in one push")),
            Act(name="abroad", label=Words("国际短信的回执", "Report of a message abroad")),
            Act(name="unreachable", label=Words("关机 / 开机", "Phone off / on")),
        ]

    def customer_id(self) -> str:
        return "13" + letters(9, "0123456789")

    def routes(self) -> list[Route]:
        return [Route(method=method, path="/", run=self.rpc) for method in ("GET", "POST")]

    def _error(self, code: str, status: int = 200, why: str = "") -> Told:
        return told({"Code": code, "Message": why or code, "RequestId": letters(36)}, status)

    def refuse_rate(self) -> Told:
        return self._error("Throttling.User", 400)

    def refuse_fault(self) -> Told:
        return self._error("ServiceUnavailable", 503)

    def refuse_code(self, code: str) -> Told:
        return self._error(code)

    # What she does.

    def _up(self, phone: Phone, text: str) -> dict[str, Any]:
        self.sequence += secrets.randbelow(50) + 1
        up = {"phone_number": phone.id, "send_time": _at(time.time()), "content": text}
        code = phone.notes.get("extend", "")
        return {**up, "sign_name": self.form["sign"], "dest_code": code, "sequence_id": self.sequence}

    def _push(self, items: list[dict[str, Any]], shown: Shown | None = None) -> None:
        body = msgspec.json.encode(items)
        post = Post(
            url=self.form["webhook"], body=body, headers={"content-type": "application/json;charset=utf-8"}
        )
        self.bring(lambda: post, Manners(timeout=5, pauses=REPEATS, heard=self._heard), shown)

    @staticmethod
    def _heard(status: int, body: bytes) -> bool:
        """200 and a numeric code 0."""
        try:
            answer = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return False
        code = answer.get("code") if isinstance(answer, dict) else None
        return status == 200 and isinstance(code, int) and not isinstance(code, bool) and code == 0

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        if said.text.strip().upper() in CHINESE_STOPS:
            phone.notes["stopped"] = True
        up = self._up(phone, said.text)
        shown.id = str(up["sequence_id"])
        self._push([up], shown)

    async def act_burst(self, phone: Phone, _: dict[str, str]) -> None:
        ups = [self._up(phone, text) for text in ("第一条", "第二条", "第三条")]
        for up in ups:
            phone.show(str(up["sequence_id"]), "customer", "text", up["content"], fate="delivered")
        self._push(ups)

    async def act_abroad(self, phone: Phone, _: dict[str, str]) -> None:
        """Of the last message to her, in the shape reports from abroad have."""
        ours = [shown for shown in phone.chat if shown.by == "us"]
        if not ours:
            raise Misused("nothing has been sent to her")
        off, at = bool(phone.notes.get("off")), formatdate(time.time())
        report = {"To": f"86{phone.id}", "Status": "2" if off else "1", "MessageId": ours[-1].raw["BizId"]}
        report |= {"SmsSize": "1", "TaskId": digits(9), "SendDate": at, "ReceiveDate": at}
        code, why = ("UNDELIV", "unreachable") if off else ("DELIVERED", "")
        self._push([{**report, "ErrorCode": code, "ErrorDescription": why}])

    async def act_unreachable(self, phone: Phone, _: dict[str, str]) -> None:
        phone.notes["off"] = not phone.notes.get("off")

    # What we send.

    def _check(self, asked: Asked) -> None:
        given = authorization(asked.headers.get("authorization", ""))
        signed = given.get("SignedHeaders", "")
        named = set(signed.split(";"))
        if given[""] != "ACS3-HMAC-SHA256" or not named.issuperset(
            name for name in _NEEDED if name in asked.headers
        ):
            raise Refused(self._error("IncompleteSignature", 400))
        if given.get("Credential") != self.form["access_key"]:
            raise Refused(self._error("InvalidAccessKeyId.NotFound", 404))
        # Behind a folder of ours; the provider's own path is the root.
        paths = ("/", f"/{self.name}", f"/{self.name}/")
        call = (asked.query, asked.headers, signed, asked.body)
        good = {acs3(self.form["access_secret"], asked.method, path, *call) for path in paths}
        if given.get("Signature") not in good:
            raise Refused(self._error("SignatureDoesNotMatch", 400))
        if asked.headers.get("x-acs-content-sha256") != hashlib.sha256(asked.body).hexdigest():
            raise Refused(self._error("SignatureDoesNotMatch", 400, "x-acs-content-sha256"))
        nonce = asked.headers.get("x-acs-signature-nonce", "")
        if not nonce or nonce in self.nonces:
            raise Refused(self._error("SignatureNonceUsed", 400))
        self.nonces.add(nonce)
        at = datetime.strptime(asked.headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ")
        if abs(at.replace(tzinfo=timezone.utc).timestamp() - time.time()) > 900:  # noqa: UP017
            raise Refused(self._error("InvalidTimeStamp.Expired", 400))

    async def rpc(self, asked: Asked) -> Told:
        try:
            self._check(asked)
        except ValueError:
            raise Refused(self._error("InvalidTimeStamp.Format", 400)) from None
        params = dict(asked.query)
        if asked.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            params |= dict(asked.form())
        if asked.headers.get("x-acs-version") != "2017-05-25":
            raise Refused(self._error("InvalidVersion", 400))
        match asked.headers.get("x-acs-action"):
            case "SendSms":
                if code := self.world.switches.error:
                    return self._error(code)
                return self._send(params)
            case "SendBatchSms":
                return self._send_batch(params)
            case "QuerySendDetails":
                return self._details(params)
            case "QuerySmsTemplate":
                return told(
                    {
                        "Code": "OK",
                        "Message": "OK",
                        "TemplateCode": self.form["template"],
                        "TemplateStatus": 1,
                    }
                )
        return self._error("InvalidAction.NotFound", 404)

    def _send(self, params: dict[str, str]) -> Told:
        numbers = [mainland(number) for number in params.get("PhoneNumbers", "").split(",")]
        values = self._values(params)
        code = self._fault(params, numbers, values)
        if code or values is None:
            return self._error(code)
        id = f"{digits(18)}^0"
        text = f"【{self.form['sign']}】{template.filled(self.form['template_text'], values)}"
        reports = [self._show(number, text, id, params) for number in numbers]
        self.sent[id] = reports
        self._push(reports)
        return told({"Code": "OK", "Message": "OK", "BizId": id, "RequestId": letters(36)})

    def _send_batch(self, params: dict[str, str]) -> Told:
        """Each number has a signature and values of its own."""
        numbers, signs, values = (
            msgspec.json.decode(params.get(name) or "[]")
            for name in ("PhoneNumberJson", "SignNameJson", "TemplateParamJson")
        )
        if not 0 < len(numbers) <= BATCH or len(signs) != len(numbers) or len(values) != len(numbers):
            return self._error("isv.INVALID_PARAMETERS")
        sent = Told()
        for number, sign, value in zip(numbers, signs, values, strict=True):
            filled = msgspec.json.encode(value).decode()
            sent = self._send({**params, "PhoneNumbers": number, "SignName": sign, "TemplateParam": filled})
        return sent

    @staticmethod
    def _values(params: dict[str, str]) -> dict[str, str] | None:
        """The template's values; None where they are no JSON object of texts."""
        try:
            return msgspec.json.decode(params.get("TemplateParam") or "{}", type=dict[str, str])
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None

    def _fault(self, params: dict[str, str], numbers: list[str], values: dict[str, str] | None) -> str:
        """The code of what is wrong, "" for nothing."""
        stopped = any(self.phone(number).notes.get("stopped") for number in numbers if number)
        text, most = self.form["template_text"], int(self.form["parameter"])
        known = values or {}
        rules = {
            "isv.SMS_SIGNATURE_ILLEGAL": params.get("SignName") != self.form["sign"],
            "isv.SMS_TEMPLATE_ILLEGAL": params.get("TemplateCode") != self.form["template"],
            "isv.MOBILE_COUNT_OVER_LIMIT": len(numbers) > NUMBERS,
            "isv.MOBILE_NUMBER_ILLEGAL": not all(numbers),
            "isv.INVALID_PARAMETERS": values is None,
            "isv.TEMPLATE_MISSING_PARAMETERS": not set(template.names(text)) <= set(known),
            "isv.PARAM_LENGTH_LIMIT": any(len(value) > most for value in known.values()),
            "isv.BLACK_KEY_CONTROL_LIMIT": stopped,
        }
        found = next((code for code, wrong in rules.items() if wrong), "")
        if not found and not all(self.daily.take(number, CALLS_A_DAY, 86400) for number in numbers):
            return "isv.BUSINESS_LIMIT_CONTROL"
        return found

    def _show(self, number: str, text: str, id: str, params: dict[str, str]) -> dict[str, Any]:
        """Her phone, and the report of it."""
        phone = self.phone(number)
        off = bool(phone.notes.get("off"))
        phone.notes["extend"] = params.get("SmsUpExtendCode", "")
        shown = phone.show(letters(12), "us", "text", text, raw={**params, "BizId": id})
        shown.fate = "failed" if off else "shown"
        now = _at(time.time())
        return {
            "phone_number": number,
            "send_time": now,
            "report_time": now,
            "success": not off,
            "err_code": "MK:0012" if off else "DELIVERED",
            "err_msg": "空号或关机" if off else "用户接收成功",
            "sms_size": str(chinese_segments(text)),
            "biz_id": id,
            "out_id": params.get("OutId", ""),
        }

    def _details(self, params: dict[str, str]) -> Told:
        """Status 2: failed, 3: received."""
        found = [
            {"PhoneNum": r["phone_number"], "SendStatus": 3 if r["success"] else 2, "ErrCode": r["err_code"]}
            for r in self.sent.get(params.get("BizId", ""), [])
            if r["phone_number"] == mainland(params.get("PhoneNumber", ""))
        ]
        details = {"SmsSendDetailDTO": found}
        return told({"Code": "OK", "Message": "OK", "TotalCount": len(found), "SmsSendDetailDTOs": details})


PLATFORM = SmsAliyun
