"""Tencent short messages: calls signed with TC3, templates only, unsigned pushes, replies also pulled."""

import re
import time
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec

from fakes.base import Platform, digits, letters
from fakes.deliver import Manners, Post
from fakes.phone import Act, Box, Phone, Said, Shown, Words
from fakes.sms import template
from fakes.sms.numbers import CHINESE_STOPS, mainland
from fakes.sms.signing import authorization, tc3
from fakes.wire import Asked, Refused, Route, Told, told
from fakes.world import Meter

NUMBERS = 200
SKEW_S = 300
PULLED = 100


class SmsTencent(Platform):
    name: ClassVar[str] = "sms_tencent"
    label: ClassVar[Words] = Words("短信 腾讯云", "SMS: Tencent Cloud")
    rank: ClassVar[int] = 82
    quotes: ClassVar[bool] = False
    hint: ClassVar[Words] = Words(
        "在客栈新建短信渠道，服务商选腾讯云，填入右侧各值；再把渠道的回调地址贴到这里（回复与状态都推到它）。",
        "Make an SMS channel in Kezhan, provider Tencent Cloud, with these values; then paste its hook "
        "address: replies and reports are both pushed to it.",
    )

    def __init__(self) -> None:
        super().__init__()
        self.rates = Meter(self.world.clock)
        self.replies: list[dict[str, Any]] = []
        self.reports: list[dict[str, Any]] = []

    def boxes(self) -> list[Box]:
        return [
            Box(name="secret_id", label=Words("SecretId", "SecretId"), value="AKID" + letters(32)),
            Box(name="secret_key", label=Words("SecretKey", "SecretKey"), value=letters(32)),
            Box(
                name="app_id",
                label=Words("SmsSdkAppId", "SmsSdkAppId"),
                value="1400" + letters(6, "0123456789"),
            ),
            *template.boxes(digits(7), "您的咨询有新回复：{1}"),
            Box(
                name="per_half_minute",
                label=Words("同号 30 秒内最多条数（0 不限）", "Most in 30 s to one number (0: any)"),
                value="0",
            ),
        ]

    def acts(self) -> list[Act]:
        return [Act(name="unreachable", label=Words("关机 / 开机", "Phone off / on"))]

    def customer_id(self) -> str:
        return "+8613" + letters(9, "0123456789")

    def routes(self) -> list[Route]:
        return [Route(method="POST", path="/", run=self.call)]

    def _error(self, code: str, why: str = "") -> Told:
        error = {"Code": code, "Message": why or code}
        return told({"Response": {"Error": error, "RequestId": letters(36)}})

    def refuse_rate(self) -> Told:
        return self._error("RequestLimitExceeded")

    def refuse_fault(self) -> Told:
        return self._error("InternalError") if self.world.dice.random() < 0.5 else told({}, 502)

    # What she does.

    def _push(self, value: object, shown: Shown | None = None) -> None:
        headers = {"content-type": "application/json"}
        post = Post(url=self.form["webhook"], body=msgspec.json.encode(value), headers=headers)
        self.bring(lambda: post, Manners(timeout=5, pauses=(60,), heard=self._heard), shown)

    @staticmethod
    def _heard(status: int, body: bytes) -> bool:
        """200 and result 0."""
        try:
            answer = msgspec.json.decode(body)
        except msgspec.DecodeError:
            return False
        return status == 200 and isinstance(answer, dict) and answer.get("result") == 0

    async def said(self, phone: Phone, shown: Shown, said: Said) -> None:
        if said.text.strip().upper() in CHINESE_STOPS:
            phone.notes["stopped"] = True
        mobile = mainland(phone.id) or phone.id.lstrip("+")
        code = phone.notes.get("extend", "")
        reply = {"extend": code, "mobile": mobile, "nationcode": "86", "sign": self.form["sign"]}
        reply |= {"text": said.text, "time": int(time.time())}
        pulled = {
            "ExtendCode": code,
            "CountryCode": "86",
            "PhoneNumber": f"+86{mobile}",
            "SignName": reply["sign"],
        }
        pulled |= {"ReplyContent": said.text, "ReplyTime": reply["time"], "SubscriberNumber": mobile}
        self.replies.append(pulled)
        self._push(reply, shown)

    async def act_unreachable(self, phone: Phone, _: dict[str, str]) -> None:
        phone.notes["off"] = not phone.notes.get("off")

    # What we send.

    def _check(self, asked: Asked) -> None:
        given = authorization(asked.headers.get("authorization", ""))
        stamp = asked.headers.get("x-tc-timestamp", "")
        signed = given.get("SignedHeaders", "")
        if (
            given[""] != "TC3-HMAC-SHA256"
            or not stamp.isdigit()
            or not {"content-type", "host"} <= set(signed.split(";"))
        ):
            raise Refused(self._error("AuthFailure.SignatureFailure"))
        if abs(int(stamp) - time.time()) > SKEW_S:
            raise Refused(self._error("AuthFailure.SignatureExpire"))
        date = datetime.fromtimestamp(int(stamp), UTC).strftime("%Y-%m-%d")
        if given.get("Credential") != f"{self.form['secret_id']}/{date}/sms/tc3_request":
            raise Refused(self._error("AuthFailure.SecretIdNotFound"))
        paths = ("/", f"/{self.name}", f"/{self.name}/")
        key, rest = self.form["secret_key"], (asked.headers, signed, asked.body)
        if given.get("Signature") not in {tc3(key, "sms", int(stamp), date, path, *rest) for path in paths}:
            raise Refused(self._error("AuthFailure.SignatureFailure"))

    async def call(self, asked: Asked) -> Told:
        self._check(asked)
        try:
            body = msgspec.json.decode(asked.body, type=dict[str, Any])
        except (msgspec.DecodeError, msgspec.ValidationError):
            return self._error("InvalidParameter")
        if asked.headers.get("x-tc-version") != "2021-01-11":
            return self._error("NoSuchVersion")
        action = asked.headers.get("x-tc-action", "")
        if action != "DescribePhoneNumberInfo" and body.get("SmsSdkAppId") != self.form["app_id"]:
            return self._error("UnauthorizedOperation.SmsSdkAppIdVerifyFail")
        waiting = {"PullSmsReplyStatus": self.replies, "PullSmsSendStatus": self.reports}
        if action in waiting:
            return self._pull(body, waiting[action], f"{action}Set")
        known = {"SendSms": self._send, "DescribePhoneNumberInfo": self._about}
        return known[action](body) if action in known else self._error("InvalidAction")

    def _about(self, body: dict[str, Any]) -> Told:
        """Where numbers are from."""
        found = [
            {"Code": "Ok", "Message": "ok", "NationCode": "86", "SubscriberNumber": mainland(str(number)),
             "PhoneNumber": number, "IsoCode": "CN", "IsoName": "China"}
            for number in body["PhoneNumberSet"]
        ]  # fmt: skip
        return told({"Response": {"PhoneNumberInfoSet": found, "RequestId": letters(36)}})

    def _pull(self, body: dict[str, Any], waiting: list[dict[str, Any]], name: str) -> Told:
        """What has been taken is not given again."""
        limit = body.get("Limit")
        if not isinstance(limit, int) or not 1 <= limit <= PULLED:
            return self._error("InvalidParameterValue")
        taken, waiting[:limit] = waiting[:limit], []
        return told({"Response": {name: taken, "RequestId": letters(36)}})

    def _send(self, body: dict[str, Any]) -> Told:
        numbers, values = body.get("PhoneNumberSet"), body.get("TemplateParamSet", [])
        if code := self._fault(body, numbers, values):
            return self._error(code)
        context = str(body.get("SessionContext", ""))
        text = self.form["template_text"]
        text = template.filled(text, {str(n): value for n, value in enumerate(values, 1)})
        done = [
            self._one(number, f"【{self.form['sign']}】{text}", body, context) for number in numbers or []
        ]
        return told({"Response": {"SendStatusSet": done, "RequestId": letters(36)}})

    def _fault(self, body: dict[str, Any], numbers: object, values: object) -> str:
        """The code for the whole call, "" for none."""
        text = self.form["template_text"]
        good = isinstance(values, list) and all(isinstance(value, str) for value in values)
        given = values if good and isinstance(values, list) else []
        many = len(numbers) if isinstance(numbers, list) else 0
        rules = {
            "InvalidParameterValue.IncorrectPhoneNumber": not many or not isinstance(numbers, list),
            "LimitExceeded.PhoneNumberCountLimit": many > NUMBERS,
            "InvalidParameter": not good or len(str(body.get("SessionContext", "")).encode()) > 512,
        }
        return next((code for code, wrong in rules.items() if wrong), "") or self._template_fault(
            body, text, given
        )

    def _template_fault(self, body: dict[str, Any], text: str, values: list[str]) -> str:
        rules = {
            "FailedOperation.SignatureIncorrectOrUnapproved": body.get("SignName") != self.form["sign"],
            "FailedOperation.TemplateIncorrectOrUnapproved": str(body.get("TemplateId"))
            != self.form["template"],
            "FailedOperation.TemplateParamSetNotMatchApprovedTemplate": len(values) != template.numbers(text),
            "InvalidParameterValue.TemplateParameterLengthLimit": any(
                len(value) > int(self.form["parameter"]) for value in values
            ),
        }
        return next((code for code, wrong in rules.items() if wrong), "")

    def _one(self, number: str, text: str, body: dict[str, Any], context: str) -> dict[str, Any]:
        """The status of one number: a code that is not Ok sends nothing."""
        serial = f"{digits(4)}:{digits(20)}"
        phone = self.phone(number) if re.fullmatch(r"\+861[3-9]\d{9}", str(number)) else None
        code = self._number_fault(phone)
        if phone is not None and code == "Ok":
            off = bool(phone.notes.get("off"))
            phone.notes["extend"] = str(body.get("ExtendCode", ""))
            phone.show(serial, "us", "text", text, raw=body).fate = "failed" if off else "shown"
            self._report(phone, serial, off)
        status = {"SerialNo": serial if code == "Ok" else "", "PhoneNumber": number, "Fee": int(code == "Ok")}
        why = "send success" if code == "Ok" else code
        return {**status, "SessionContext": context, "Code": code, "Message": why, "IsoCode": "CN"}

    def _number_fault(self, phone: Phone | None) -> str:
        if phone is None:
            return "InvalidParameterValue.IncorrectPhoneNumber"
        if error := self.world.switches.error:
            return error
        if phone.notes.get("stopped"):
            return "FailedOperation.PhoneNumberInBlacklist"
        most = int(self.form["per_half_minute"])
        if most and not self.rates.take(phone.id, most, 30):
            return "LimitExceeded.PhoneNumberThirtySecondLimit"
        return "Ok"

    def _report(self, phone: Phone, serial: str, off: bool) -> None:
        at = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")
        mobile = mainland(phone.id)
        report = {"user_receive_time": at, "nationcode": "86", "mobile": mobile, "sid": serial}
        report |= {"report_status": "FAIL" if off else "SUCCESS", "errmsg": "MK:0001" if off else "DELIVRD"}
        report["description"] = "用户关机" if off else "用户短信送达成功"
        pulled = {
            "SerialNo": serial,
            "PhoneNumber": phone.id,
            "CountryCode": "86",
            "SubscriberNumber": mobile,
        }
        pulled |= {
            "ReportStatus": report["report_status"],
            "Description": report["errmsg"],
            "SessionContext": "",
        }
        self.reports.append({**pulled, "UserReceiveTime": int(time.time())})
        self._push([report])


PLATFORM = SmsTencent
