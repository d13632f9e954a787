"""Three providers of short messages, on real sockets, called with real signatures."""

import hashlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
import pytest

from fakes.base import letters
from fakes.platforms.sms_aliyun import SmsAliyun
from fakes.platforms.sms_tencent import SmsTencent
from fakes.platforms.sms_twilio import SmsTwilio
from fakes.sms.signing import acs3, tc3, twilio
from fakes.tests.stage import Stage, staged
from fakes.wire import plain, told


@pytest.fixture
async def us() -> AsyncIterator[Stage[SmsTwilio]]:
    async with staged(SmsTwilio()) as stage:
        yield stage


@pytest.fixture
async def ali() -> AsyncIterator[Stage[SmsAliyun]]:
    async with staged(SmsAliyun()) as stage:
        stage.hook.answer = lambda _: told({"code": 0, "msg": "ok"})
        stage.platform.switch({"pace": 10_000})
        yield stage


@pytest.fixture
async def tencent() -> AsyncIterator[Stage[SmsTencent]]:
    async with staged(SmsTencent()) as stage:
        stage.hook.answer = lambda _: told({"result": 0, "errmsg": "OK"})
        stage.platform.switch({"pace": 100})
        yield stage


# Twilio.


async def twilio_send(us: Stage[SmsTwilio], code: str = "", **fields: object) -> dict[str, Any]:
    form = us.platform.form
    body = {"To": us.phone.id, "From": form["number"], "Body": "Hi", **fields}
    url = f"/2010-04-01/Accounts/{form['account_sid']}/Messages.json"
    auth = (form["account_sid"], code or form["auth_token"])
    answer = await us.client.post(url, data=body, auth=auth)
    made: dict[str, Any] = {"http": answer.status_code, **answer.json()}
    return made


@pytest.mark.parametrize("signing", ["auth_token", "shared_key"])
async def test_twilio_signs_what_it_posts(us: Stage[SmsTwilio], signing: str) -> None:
    us.platform.form["signing"] = signing
    us.hook.answer = lambda _: plain("", 204)
    asked = await us.say("Hello 你好")
    fields = parse_qsl(asked.body.decode(), keep_blank_values=True)
    named = dict(fields)
    assert (named["Body"], named["From"], named["NumMedia"]) == ("Hello 你好", us.phone.id, "0")
    assert named["MessageSid"] == us.phone.chat[0].id and us.phone.chat[0].fate == "delivered"
    shared = signing == "shared_key"
    secret = us.platform.form["shared_secret" if shared else "auth_token"]
    expected = twilio(secret, us.hook.url, fields, "sha256" if shared else "sha1")
    assert asked.headers["x-twilio-signature"] == expected
    assert ("x-twilio-webhooks-signature-settings" in asked.headers) == shared


async def test_twilio_shows_twiml_and_never_repeats(us: Stage[SmsTwilio]) -> None:
    us.hook.answer = lambda _: plain("<Response><Message>hi there</Message></Response>")
    await us.say()
    assert us.phone.chat[-1].text == "hi there"
    us.hook.answer = lambda _: plain("oops", 500)
    await us.say()
    assert us.phone.chat[-1].fate == "lost" and len(us.hook.calls) == 2


async def test_twilio_sends_media(us: Stage[SmsTwilio]) -> None:
    asked = await us.say("", kind="image", data=b"\x89PNG", media_type="image/png")
    named = dict(parse_qsl(asked.body.decode(), keep_blank_values=True))
    assert (named["NumMedia"], named["MediaContentType0"]) == ("1", "image/png")
    assert (await us.client.get(named["MediaUrl0"])).content == b"\x89PNG"


async def test_twilio_takes_messages(us: Stage[SmsTwilio]) -> None:
    made = await twilio_send(us, StatusCallback=us.hook.url, Body="好" * 71)
    assert (made["http"], made["status"], made["num_segments"]) == (201, "queued", "2")
    await us.platform.settled()
    states = {dict(parse_qsl(call.body.decode()))["MessageStatus"] for call in us.hook.calls}
    assert states == {"sent", "delivered"} and us.phone.chat[0].id == made["sid"]
    form = us.platform.form
    path = f"/2010-04-01/Accounts/{form['account_sid']}"
    auth = (form["api_key"], form["api_secret"])
    assert (await us.client.get(f"{path}/Messages/{made['sid']}.json", auth=auth)).json()[
        "status"
    ] == "delivered"
    assert (await us.client.get(f"{path}.json", auth=auth)).json()["status"] == "active"


async def test_twilio_refuses(us: Stage[SmsTwilio]) -> None:
    assert (await twilio_send(us, code="x"))["code"] == 20003
    assert (await twilio_send(us, To="150"))["code"] == 21211
    assert (await twilio_send(us, From="+14155550100"))["code"] == 21606
    assert (await twilio_send(us, Body=""))["code"] == 21602
    assert (await twilio_send(us, ValidityPeriod="36001"))["code"] == 21624
    assert (await twilio_send(us, Body="x" * 1601))["code"] == 21617
    await us.say("stop")
    assert (await twilio_send(us))["code"] == 21610
    await us.say("START")
    assert (await twilio_send(us))["http"] == 201
    us.platform.switch({"error": "21408"})
    assert (await twilio_send(us))["code"] == 21408
    us.platform.switch({"error": "", "rate_limit": 1})
    assert [(await twilio_send(us))["http"] for _ in range(2)] == [201, 429]


async def test_twilio_tells_of_a_phone_that_is_off(us: Stage[SmsTwilio]) -> None:
    await us.platform.act(us.phone.id, "unreachable", {})
    await twilio_send(us, StatusCallback=us.hook.url)
    await us.platform.settled()
    told_of = [dict(parse_qsl(call.body.decode())) for call in us.hook.calls]
    assert "30003" in {one.get("ErrorCode") for one in told_of} and us.phone.chat[0].fate == "failed"
    await us.platform.act(us.phone.id, "unreachable", {})
    await us.platform.act(us.phone.id, "unreachable", {"code": "30007"})
    await twilio_send(us, StatusCallback=us.hook.url)
    await us.platform.settled()
    assert "ErrorCode=30007" in b"".join(call.body for call in us.hook.calls).decode()


async def test_twilio_is_told_where_messages_to_a_number_go(us: Stage[SmsTwilio]) -> None:
    form = us.platform.form
    path, auth = f"/2010-04-01/Accounts/{form['account_sid']}", (form["account_sid"], form["auth_token"])
    url = f"{path}/IncomingPhoneNumbers.json"
    answer = await us.client.get(url, auth=auth, params={"PhoneNumber": form["number"]})
    (number,) = answer.json()["incoming_phone_numbers"]
    none = await us.client.get(url, auth=auth, params={"PhoneNumber": "+14155550100"})
    assert none.json()["incoming_phone_numbers"] == []
    given = {"SmsUrl": "https://tea.example/hooks/1", "SmsMethod": "POST"}
    url = f"{path}/IncomingPhoneNumbers/{number['sid']}.json"
    assert (await us.client.post(url, auth=auth, data=given)).json()["sms_url"] == given["SmsUrl"]
    assert form["webhook"] == given["SmsUrl"]
    assert (await us.client.post(url, auth=auth, data={"SmsMethod": "GET"})).json()["code"] == 21403
    wrong = f"{path}/IncomingPhoneNumbers/PN0.json"
    assert (await us.client.post(wrong, auth=auth, data=given)).status_code == 404


# Aliyun.


async def aliyun(
    ali: Stage[SmsAliyun], action: str = "SendSms", secret: str = "", **params: str
) -> dict[str, Any]:
    form = ali.platform.form
    if action == "SendSms":
        content = msgspec.json.encode({"content": "已发货"}).decode()
        sms = {"PhoneNumbers": ali.phone.id, "SignName": form["sign"], "TemplateCode": form["template"]}
        params = {**sms, "TemplateParam": content, **params}
    headers = {
        "host": ali.client.base_url.netloc.decode(),
        "x-acs-action": action,
        "x-acs-content-sha256": hashlib.sha256(b"").hexdigest(),
        "x-acs-date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": letters(16),
        "x-acs-version": "2017-05-25",
    }
    names = ";".join(sorted(headers))
    made = acs3(secret or form["access_secret"], "POST", "/", list(params.items()), headers, names, b"")
    headers["authorization"] = (
        f"ACS3-HMAC-SHA256 Credential={form['access_key']},SignedHeaders={names},Signature={made}"
    )
    answer: dict[str, Any] = (await ali.client.post(f"/?{urlencode(params)}", headers=headers)).json()
    return answer


async def test_aliyun_pushes_arrays_until_a_numeric_zero(ali: Stage[SmsAliyun]) -> None:
    (up,) = msgspec.json.decode((await ali.say("在吗")).body)
    assert (up["content"], up["phone_number"]) == ("在吗", ali.phone.id) and isinstance(
        up["sequence_id"], int
    )
    ali.hook.calls.clear()
    ali.hook.answer = lambda _: told({"code": "0"})
    await ali.say()
    assert len(ali.hook.calls) == 4 and len({call.body for call in ali.hook.calls}) == 1
    ali.hook.answer = lambda _: told({"code": 0})
    assert len(msgspec.json.decode((await ali.act("burst")).body)) == 3


async def test_aliyun_sends_templates_and_reports(ali: Stage[SmsAliyun]) -> None:
    made = await aliyun(ali, OutId="ours-1", SmsUpExtendCode="77")
    assert made["Code"] == "OK"
    (report,) = msgspec.json.decode((await ali.last()).body)
    assert (report["biz_id"], report["out_id"], report["success"]) == (made["BizId"], "ours-1", True)
    assert ali.phone.chat[0].text == "【客栈茶庄】您的咨询有新回复：已发货"
    (up,) = msgspec.json.decode((await ali.say("好的")).body)
    assert up["dest_code"] == "77"
    details = await aliyun(ali, "QuerySendDetails", PhoneNumber=ali.phone.id, BizId=made["BizId"])
    assert details["SmsSendDetailDTOs"]["SmsSendDetailDTO"][0]["SendStatus"] == 3


async def test_aliyun_refuses(ali: Stage[SmsAliyun]) -> None:
    assert (await aliyun(ali, secret="x"))["Code"] == "SignatureDoesNotMatch"
    assert (await aliyun(ali, SignName="别家"))["Code"] == "isv.SMS_SIGNATURE_ILLEGAL"
    assert (await aliyun(ali, TemplateCode="SMS_0"))["Code"] == "isv.SMS_TEMPLATE_ILLEGAL"
    assert (await aliyun(ali, PhoneNumbers="12345"))["Code"] == "isv.MOBILE_NUMBER_ILLEGAL"
    assert (await aliyun(ali, TemplateParam="{"))["Code"] == "isv.INVALID_PARAMETERS"
    assert (await aliyun(ali, TemplateParam="{}"))["Code"] == "isv.TEMPLATE_MISSING_PARAMETERS"
    long = msgspec.json.encode({"content": "好" * 36}).decode()
    assert (await aliyun(ali, TemplateParam=long))["Code"] == "isv.PARAM_LENGTH_LIMIT"
    assert ali.phone.chat == []
    await ali.say("TD")
    assert (await aliyun(ali))["Code"] == "isv.BLACK_KEY_CONTROL_LIMIT"
    ali.platform.switch({"error": "isv.AMOUNT_NOT_ENOUGH"})
    assert (await aliyun(ali))["Code"] == "isv.AMOUNT_NOT_ENOUGH"


async def test_aliyun_fifty_a_day(ali: Stage[SmsAliyun]) -> None:
    codes = [(await aliyun(ali))["Code"] for _ in range(51)]
    assert codes == ["OK"] * 50 + ["isv.BUSINESS_LIMIT_CONTROL"]
    ali.platform.switch({"clock_ahead": 86401})
    assert (await aliyun(ali))["Code"] == "OK"


# Tencent.


async def cloud(
    tencent: Stage[SmsTencent], action: str = "SendSms", stamp: int = 0, **more: object
) -> dict[str, Any]:
    form = tencent.platform.form
    sms: dict[str, object] = {"PhoneNumberSet": [tencent.phone.id], "SignName": form["sign"]}
    sms |= {"TemplateId": form["template"], "TemplateParamSet": ["已发货"]}
    body = msgspec.json.encode(
        {"SmsSdkAppId": form["app_id"], **(sms if action == "SendSms" else {}), **more}
    )
    stamp = stamp or int(time.time())
    date = datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%d")
    headers = {"content-type": "application/json", "host": tencent.client.base_url.netloc.decode()}
    made = tc3(form["secret_key"], "sms", stamp, date, "/", headers, "content-type;host", body)
    credential = f"{form['secret_id']}/{date}/sms/tc3_request"
    headers["authorization"] = (
        f"TC3-HMAC-SHA256 Credential={credential}, SignedHeaders=content-type;host, Signature={made}"
    )
    headers |= {"x-tc-action": action, "x-tc-version": "2021-01-11", "x-tc-timestamp": str(stamp)}
    answer: dict[str, Any] = (await tencent.client.post("/", content=body, headers=headers)).json()[
        "Response"
    ]
    return answer


async def failed(tencent: Stage[SmsTencent], **more: Any) -> str:
    return str((await cloud(tencent, **more))["Error"]["Code"])


async def test_tencent_pushes_replies(tencent: Stage[SmsTencent]) -> None:
    reply = msgspec.json.decode((await tencent.say("在吗")).body)
    assert (reply["text"], reply["nationcode"]) == ("在吗", "86") and isinstance(reply["time"], int)
    assert f"+86{reply['mobile']}" == tencent.phone.id
    tencent.hook.answer = lambda _: told({"result": 1})
    await tencent.say()
    assert len(tencent.hook.calls) == 3
    pulled = await cloud(tencent, "PullSmsReplyStatus", Limit=100)
    assert [one["ReplyContent"] for one in pulled["PullSmsReplyStatusSet"]] == ["在吗", "你好"]
    assert (await cloud(tencent, "PullSmsReplyStatus", Limit=100))["PullSmsReplyStatusSet"] == []
    assert (await cloud(tencent, "PullSmsReplyStatus", Limit=101))["Error"]["Code"] == "InvalidParameterValue"


async def test_tencent_sends_templates_and_reports(tencent: Stage[SmsTencent]) -> None:
    (status,) = (await cloud(tencent, SessionContext="ours"))["SendStatusSet"]
    assert (status["Code"], status["SessionContext"]) == ("Ok", "ours")
    (report,) = msgspec.json.decode((await tencent.last()).body)
    assert (report["sid"], report["report_status"]) == (status["SerialNo"], "SUCCESS")
    assert tencent.phone.chat[0].text == "【客栈茶庄】您的咨询有新回复：已发货"
    await tencent.platform.act(tencent.phone.id, "unreachable", {})
    await cloud(tencent)
    (report,) = msgspec.json.decode((await tencent.last()).body)
    assert report["report_status"] == "FAIL"
    pulled = await cloud(tencent, "PullSmsSendStatus", Limit=10)
    assert [one["ReportStatus"] for one in pulled["PullSmsSendStatusSet"]] == ["SUCCESS", "FAIL"]


async def test_tencent_refuses(tencent: Stage[SmsTencent]) -> None:
    assert await failed(tencent, stamp=int(time.time()) - 400) == "AuthFailure.SignatureExpire"
    assert await failed(tencent, SignName="x") == "FailedOperation.SignatureIncorrectOrUnapproved"
    assert await failed(tencent, TemplateId="0") == "FailedOperation.TemplateIncorrectOrUnapproved"
    length = "InvalidParameterValue.TemplateParameterLengthLimit"
    assert await failed(tencent, TemplateParamSet=["好" * 36]) == length
    (status,) = (await cloud(tencent, PhoneNumberSet=["13711112222"]))["SendStatusSet"]
    assert status["Code"] == "InvalidParameterValue.IncorrectPhoneNumber"
    tencent.platform.form["per_half_minute"] = "1"
    codes = [(await cloud(tencent))["SendStatusSet"][0]["Code"] for _ in range(2)]
    assert codes == ["Ok", "LimitExceeded.PhoneNumberThirtySecondLimit"]
    await tencent.say("TD")
    (status,) = (await cloud(tencent))["SendStatusSet"]
    assert status["Code"] == "FailedOperation.PhoneNumberInBlacklist" and len(tencent.phone.chat) == 2
    tencent.platform.form["secret_key"] = "other"
    answer = await tencent.client.post("/", content=b"{}", headers={"authorization": "TC3-HMAC-SHA256 x"})
    assert answer.json()["Response"]["Error"]["Code"] == "AuthFailure.SignatureFailure"


async def test_tencent_tells_where_a_number_is_from(tencent: Stage[SmsTencent]) -> None:
    found = await cloud(tencent, "DescribePhoneNumberInfo", PhoneNumberSet=["+8613711112222"])
    assert found["PhoneNumberInfoSet"][0]["SubscriberNumber"] == "13711112222"


async def test_aliyun_sends_batches(ali: Stage[SmsAliyun]) -> None:
    form, other = ali.platform.form, ali.platform.welcome("另一位")
    params = {
        "PhoneNumberJson": msgspec.json.encode([ali.phone.id, other.id]).decode(),
        "SignNameJson": msgspec.json.encode([form["sign"]] * 2).decode(),
        "TemplateCode": form["template"],
        "TemplateParamJson": msgspec.json.encode([{"content": "一"}, {"content": "二"}]).decode(),
    }
    assert (await aliyun(ali, "SendBatchSms", **params))["Code"] == "OK"
    assert [phone.chat[-1].text[-1] for phone in (ali.phone, other)] == ["一", "二"]
    params["SignNameJson"] = "[]"
    assert (await aliyun(ali, "SendBatchSms", **params))["Code"] == "isv.INVALID_PARAMETERS"


async def test_aliyun_reports_from_abroad(ali: Stage[SmsAliyun]) -> None:
    sent = await aliyun(ali)
    (report,) = msgspec.json.decode((await ali.act("abroad")).body)
    assert (report["MessageId"], report["Status"]) == (sent["BizId"], "1")
    await ali.platform.act(ali.phone.id, "unreachable", {})
    (report,) = msgspec.json.decode((await ali.act("abroad")).body)
    assert (report["Status"], report["ErrorCode"]) == ("2", "UNDELIV")
