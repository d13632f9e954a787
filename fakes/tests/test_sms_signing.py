"""The published values of the three providers' signatures."""

import hashlib

import pytest

from fakes.sms.numbers import chinese_segments, e164, mainland, segments
from fakes.sms.signing import acs3, authorization, tc3, twilio

CALL = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
EMPTY = hashlib.sha256(b"").hexdigest()


def test_twilio() -> None:
    assert twilio("12345", URL, CALL) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    other = [(name, "+12349013030" if name in {"Caller", "From"} else value) for name, value in CALL]
    assert twilio("12345", URL, other) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    assert twilio("12345", URL, CALL, "sha256") == "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="
    assert twilio("12345", URL, [*CALL, CALL[0]]) == twilio("12345", URL, CALL)


@pytest.mark.parametrize(
    ("date", "nonce", "expected"),
    [
        (
            "2023-10-26T10:22:32Z",
            "3156853299f313e23d1673dc12e1703d",
            "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
        ),
        (
            "2023-10-26T09:01:01Z",
            "d410180a5abf7fe235dd9b74aca91fc0",
            "e521358f7776c97df52e6b2891a8bc73026794a071b50c3323388c4e0df64804",
        ),
    ],
)
def test_acs3(date: str, nonce: str, expected: str) -> None:
    query = [
        ("ImageId", "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"),
        ("RegionId", "cn-shanghai"),
    ]
    headers = {
        "host": "ecs.cn-shanghai.aliyuncs.com",
        "x-acs-action": "RunInstances",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": date,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": "2014-05-26",
    }
    assert acs3("YourAccessKeySecret", "POST", "/", query, headers, ";".join(headers), b"") == expected


def test_acs3_of_a_short_message() -> None:
    query = [
        ("PhoneNumbers", "13711112222"),
        ("SignName", "阿里云"),
        ("TemplateCode", "SMS_1"),
        ("TemplateParam", '{"code":"1"}'),
    ]
    headers = {
        "host": "dysmsapi.aliyuncs.com",
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": EMPTY,
        "x-acs-date": "2023-11-14T22:13:20Z",
        "x-acs-signature-nonce": "n1",
        "x-acs-version": "2017-05-25",
    }
    expected = "05436c868c3bdd23a77f73abce784d9ed17a490f2a1ce2d18a3f0aadd1de30ee"
    assert acs3("sk", "POST", "/", query, headers, ";".join(headers), b"") == expected


def test_tc3() -> None:
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    assert hashlib.sha256(body).hexdigest().startswith("35e9c5b0e3ae")
    headers = {
        "content-type": "application/json; charset=utf-8",
        "host": "cvm.tencentcloudapi.com",
        "x-tc-action": "describeinstances",
    }
    made = tc3("*" * 32, "cvm", 1551113065, "2019-02-25", "/", headers, ";".join(headers), body)
    assert made == "10b1a37a7301a02ca19a647ad722d5e43b4b3cff309d421d85b46093f6ab6c4f"


def test_tc3_of_a_short_message() -> None:
    body = (
        b'{"PhoneNumberSet":["+8613711112222"],"SmsSdkAppId":"1400006666","TemplateId":"1110",'
        b'"SignName":"test","TemplateParamSet":["12345"]}'
    )
    headers = {"content-type": "application/json", "host": "sms.tencentcloudapi.com"}
    made = tc3("sk", "sms", 1700000000, "2023-11-14", "/", headers, "content-type;host", body)
    assert made == "df511e70b55fdbb31ecb72e0baf592437bf655cf559768c1327dd6e82df71667"


def test_headers_are_taken_apart() -> None:
    given = authorization("TC3-HMAC-SHA256 Credential=a/b/c, SignedHeaders=x;y, Signature=s")
    assert given == {"": "TC3-HMAC-SHA256", "Credential": "a/b/c", "SignedHeaders": "x;y", "Signature": "s"}


def test_numbers_and_segments() -> None:
    assert [mainland(n) for n in ("13711112222", "+8613711112222", "008613711112222", "123")] == [
        "13711112222"
    ] * 3 + [""]
    assert e164("+14155550100") and not e164("0150") and not e164("+0123456789")
    assert [segments("a" * n) for n in (160, 161, 306, 307)] == [1, 2, 2, 3]
    assert [segments("好" * n) for n in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert segments("€" * 80) == 1 and segments("€" * 81) == 2
    assert [chinese_segments("好" * n) for n in (70, 71, 135)] == [1, 2, 3]
