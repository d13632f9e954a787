"""Twilio by itself: the published signatures, addresses with and without a port, files and the hook."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec import structs

from kezhan.channels.adapters.sms_twilio import fake
from kezhan.channels.adapters.sms_twilio.connect import connect, probe
from kezhan.channels.adapters.sms_twilio.inbound import verify
from kezhan.channels.adapters.sms_twilio.manifest import CHANNEL
from kezhan.channels.adapters.sms_twilio.media import media
from kezhan.channels.adapters.sms_twilio.outbound import HOOK, send
from kezhan.channels.adapters.sms_twilio.signature import HEADER, MODE, signature
from kezhan.channels.base import Account, Expired, Forged, Outbound, Request, Retry, Turned
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, platform
from kezhan.kit.fetch import FETCH_BYTES, guarded_client
from kezhan.kit.ids import new_id

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FORM = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
OLDER = {**FORM, "Caller": "+12349013030", "From": "+12349013030"}
SHA1 = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
SHA256 = "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="
NEWER = {MODE: "key=SK1,algorithm=HMAC_SHA256", HEADER: SHA256}
OUT = Outbound(
    event_id="d-1", what="message", at=AT, conversation_id=new_id(), external_id="+1415", seq=4, text="有的"
)


def listed(form: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in form.items()}


def account(**secrets: str) -> Account:
    made = fake.account()
    return structs.replace(made, secrets=structs.replace(made.secrets, **{"auth_token": "12345", **secrets}))


def call(headers: Mapping[str, str], url: str = URL, body: bytes = b"") -> Request:
    return Request(method="POST", headers=headers, query={}, body=body or urlencode(FORM).encode(), url=url)


def test_the_published_signatures_are_reproduced() -> None:
    assert signature("12345", URL, listed(FORM)) == SHA1
    assert signature("12345", URL, listed(OLDER)) == "0/KCTR6DLpKmkAf8muzZqo1nDgQ="
    assert signature("12345", URL, listed(FORM), "sha256") == SHA256


def test_a_value_that_comes_twice_counts_once() -> None:
    once = signature("s", URL, {"a": ["1", "2"]})
    assert once == signature("s", URL, {"a": ["2", "1", "2"]})
    assert once != signature("s", URL, {"a": ["1"]})


@pytest.mark.parametrize(
    ("seen", "signed", "good"),
    [
        (URL, URL, True),
        (URL.replace(".com", ".com:443"), URL, True),
        (URL, URL.replace(".com", ".com:443"), True),
        ("http://mycompany.com/", "http://mycompany.com:80/", True),
        ("http://mycompany.com:80/", "http://mycompany.com/", True),
        (URL, URL.replace(".com", ".com:8443"), False),
        (URL, URL.replace("https", "http"), False),
        (URL, URL + "&more=1", False),
        ("http://[", URL, False),
        ("https://mycompany.com:99999999/", URL, False),
    ],
)
def test_the_address_may_have_its_usual_port_or_not(seen: str, signed: str, good: bool) -> None:
    request = call({HEADER: signature("12345", signed, listed(FORM))}, seen)
    if good:
        assert verify(request, account(), AT).dedup_key
    else:
        with pytest.raises(Forged):
            verify(request, account(), AT)


def test_the_newer_signature_is_by_the_shared_key() -> None:
    assert verify(call(NEWER), account(auth_token="", shared_key="12345"), AT).dedup_key


@pytest.mark.parametrize(
    ("headers", "secrets", "key_id"),
    [
        (NEWER, {}, ""),
        (NEWER, {"shared_key": "other"}, ""),
        (NEWER, {"shared_key": "12345"}, "SK2"),
        ({**NEWER, MODE: "key=SK1,algorithm=HMAC_MD5"}, {"shared_key": "12345"}, ""),
        ({**NEWER, MODE: ""}, {"shared_key": "12345"}, ""),
        ({HEADER: SHA256}, {"shared_key": "12345"}, ""),
        ({HEADER: SHA1}, {"auth_token": ""}, ""),
        ({HEADER: ""}, {}, ""),
    ],
)
def test_another_key_another_algorithm_or_none_is_forged(
    headers: dict[str, str], secrets: dict[str, str], key_id: str
) -> None:
    known = account(**secrets)
    known = structs.replace(known, settings=structs.replace(known.settings, shared_key_id=key_id))
    with pytest.raises(Forged):
        verify(call(headers), known, AT)


def test_a_body_that_is_no_form_is_covered_by_its_digest() -> None:
    body = b'{"CallSid":"CA1"}'
    digest = hashlib.sha256(body).hexdigest()
    url = f"{URL}&bodySHA256={digest}"
    request = structs.replace(
        call({HEADER: signature("12345", url, {})}, url, body), query={"bodySHA256": digest}
    )
    assert verify(request, account(), AT).dedup_key
    with pytest.raises(Forged):
        verify(structs.replace(request, body=body + b" "), account(), AT)


def test_each_state_of_a_message_is_kept_once() -> None:
    def key(body: str) -> str | None:
        request = Request(method="POST", headers={}, query={}, body=body.encode())
        return verify(fake.signed(request, known, AT), known, AT).dedup_key

    known = account()
    assert key("MessageSid=SM1&From=a") == "SM1"
    assert key("MessageSid=SM1&MessageStatus=sent&To=a") == "SM1:sent"
    assert key("MessageSid=SM1&MessageStatus=read&To=a") == "SM1:read"
    assert len(key("From=a") or "") == 64


async def test_with_a_hook_each_message_asks_for_word_of_itself() -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        known = fake.account(place.url)
        found = Answer(200, b'{"incoming_phone_numbers":[{"sid":"PN1"}]}')
        place.answers.extend([found, Answer(200, b"{}"), Answer(201, b'{"sid":"SM1"}')])
        at_hand = line(known, http)
        await connect(at_hand, "https://kezhan.example/hooks/kzp_1")
        await send(at_hand, OUT)
        service = structs.replace(known.settings, messaging_service_sid="MG1")
        place.answers.append(Answer(201, b'{"sid":"SM2"}'))
        at_hand = line(structs.replace(known, settings=service), http)
        await connect(at_hand, "https://kezhan.example/hooks/kzp_2")
        assert await at_hand.load(HOOK) == "https://kezhan.example/hooks/kzp_2"
        await send(at_hand, OUT)
    listing, setting, first, second = place.heard
    assert listing.path.endswith("/AC1/IncomingPhoneNumbers.json?PhoneNumber=%2B18005551212")
    assert setting.path.endswith("/AC1/IncomingPhoneNumbers/PN1.json")
    assert setting.body == b"SmsUrl=https%3A%2F%2Fkezhan.example%2Fhooks%2Fkzp_1&SmsMethod=POST"
    assert b"StatusCallback=https%3A%2F%2Fkezhan.example%2Fhooks%2Fkzp_1%3Fevent%3D" in first.body
    assert OUT.event_id.encode() in first.body, "so that an answer that was lost is made up for"
    assert b"MessagingServiceSid=MG1" in second.body
    assert b"From=" not in second.body


@pytest.mark.parametrize(("key", "user"), [("", b"AC1:12345"), ("SK1", b"SK1:s3")])
async def test_an_api_key_opens_in_the_tokens_place(key: str, user: bytes) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        known = account(api_key_secret="s3")
        settings = structs.replace(known.settings, api_key_sid=key, api_url=place.url)
        place.answers.append(Answer(200, '{"friendly_name":"客栈"}'.encode()))
        assert (await probe(line(structs.replace(known, settings=settings), http))).name == "客栈"
    (heard,) = place.heard
    assert heard.path == "/2010-04-01/Accounts/AC1.json"
    assert heard.headers["authorization"] == "Basic " + base64.b64encode(user).decode()


@pytest.mark.parametrize("missing", ["account_sid", "from_number"])
async def test_what_is_not_set_is_told_without_a_call(missing: str) -> None:
    known = fake.account()
    known = structs.replace(known, settings=structs.replace(known.settings, **{missing: ""}))
    async with guarded_client() as http:
        for work in (probe(line(known, http)), send(line(known, http), OUT)):
            with pytest.raises(Turned, match="set"):
                await work


async def test_credentials_go_to_twilio_and_not_to_where_it_leads() -> None:
    async with platform() as place, platform() as store, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(Answer(307, b"", {"location": f"{store.url}/me0"}))
        store.always = lambda _: Answer(200, b"GIF89a", {"content-type": "image/gif"})
        at_hand = line(fake.account(place.url), http)
        found = await media(at_hand, f"{place.url}/2010-04-01/Accounts/AC1/Messages/SM1/Media/ME0")
        assert (found.data, found.media_type) == (b"GIF89a", "image/gif")
        await media(at_hand, f"{store.url}/other")
    assert "authorization" in place.heard[0].headers
    assert all("authorization" not in heard.headers for heard in store.heard)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(404), Turned),
        (Answer(401), Expired),
        (Answer(503), Retry),
        (Answer(200, b"x" * (FETCH_BYTES + 1)), Turned),
    ],
)
async def test_what_is_no_file_is_a_fault(answer: Answer, outcome: type[Exception]) -> None:
    async with platform() as place, guarded_client(allow_private_hosts=True) as http:
        place.answers.append(answer)
        with pytest.raises(outcome):
            await media(line(fake.account(place.url), http), f"{place.url}/me0")
        with pytest.raises(Turned):
            await media(line(fake.account(place.url), http), "file:///etc/passwd")


def test_only_a_number_for_pictures_sends_them() -> None:
    def sends(mms: bool) -> Any:
        known = fake.account()
        able = CHANNEL.able(structs.replace(known, settings=structs.replace(known.settings, mms=mms)))
        return able.sends, set(able.files)

    assert sends(False) == ({"text"}, set())
    assert sends(True) == ({"text", "file"}, {"image/jpeg", "image/png", "image/gif"})
