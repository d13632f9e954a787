"""Slack: signature, retries with their number, sends, files."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakes.phone import Said
from fakes.platforms.slack import Slack, signed
from fakes.tests.stage import Stage, first, staged
from fakes.wire import Asked, Told, plain

BODY = (
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack."
    "com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id="
    "398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)


@pytest.fixture
async def platform() -> AsyncIterator[Slack]:
    yield Slack()


@pytest.fixture
async def stage(platform: Slack) -> AsyncIterator[Stage[Slack]]:
    async with staged(platform) as made:
        made.hook.answer = _challenge
        assert (await platform.connect({"webhook": made.hook.url})).ok
        made.hook.calls.clear()
        yield made


def _challenge(asked: Asked) -> Told:
    return plain(str(asked.json().get("challenge", "")))


async def api(stage: Stage[Slack], platform: Slack, word: str, **given: Any) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {platform.form['bot_token']}"}
    made: dict[str, Any] = (await stage.client.post(f"/api/{word}", json=given, headers=headers)).json()
    return made


async def said(platform: Slack, **said: Any) -> str:
    id = await platform.say(first(platform).id, Said(**said))
    await platform.settled()
    return id


def test_the_published_signature() -> None:
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signed("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", BODY.encode()) == expected


async def test_an_event_is_signed_and_comes_again_numbered(stage: Stage[Slack], platform: Slack) -> None:
    stage.answers("no", 500)
    ts = await said(platform, text="你好")
    numbers = [call.headers.get("x-slack-retry-num") for call in stage.hook.calls]
    assert numbers == [None, "1", "2", "3"]
    for call in stage.hook.calls:
        stamp = call.headers["x-slack-request-timestamp"]
        assert call.headers["x-slack-signature"] == signed(platform.form["signing_secret"], stamp, call.body)
    assert len({body["event_id"] for body in stage.bodies()}) == 1
    assert stage.bodies()[0]["event"]["ts"] == ts
    assert not (await platform.connect({})).ok


async def test_sends_and_refusals(stage: Stage[Slack], platform: Slack) -> None:
    who = first(platform).id
    await said(platform, text="hello")
    channel = stage.bodies()[0]["event"]["channel"]
    sent = await api(stage, platform, "chat.postMessage", channel=channel, text="hi")
    about = {"channel": channel, "ts": sent["ts"]}
    assert (await api(stage, platform, "chat.update", **about, text="ho"))["ok"]
    assert platform.seen(who)[-1].text == "ho"
    assert (await api(stage, platform, "chat.delete", **about))["ok"]
    for given, error in [
        ({"channel": "C0", "text": "x"}, "channel_not_found"),
        ({"channel": channel, "text": ""}, "no_text"),
        ({"channel": channel, "text": "x" * 40_001}, "msg_too_long"),
    ]:
        assert (await api(stage, platform, "chat.postMessage", **given))["error"] == error
    answers = [await api(stage, platform, "chat.postMessage", channel=channel, text="x") for _ in range(5)]
    assert answers[-1]["error"] == "ratelimited"
    await platform.act(who, "leave", {})
    assert (await api(stage, platform, "chat.postMessage", channel=channel, text="x"))[
        "error"
    ] == "not_in_channel"


async def test_tokens(stage: Stage[Slack], platform: Slack) -> None:
    old = platform.form["bot_token"]
    platform.switch({"token_expired": True})
    for token, error in [(old, "token_revoked"), ("x", "invalid_auth")]:
        answer = await stage.client.post("/api/auth.test", headers={"authorization": f"Bearer {token}"})
        assert answer.json()["error"] == error
    assert (await api(stage, platform, "auth.test"))["team_id"] == platform.form["team_id"]


async def test_files_both_ways(stage: Stage[Slack], platform: Slack) -> None:
    await said(platform, kind="file", data=b"%PDF", name="a.pdf", media_type="application/pdf")
    event = stage.bodies()[0]["event"]
    assert event["subtype"] == "file_share"
    url = event["files"][0]["url_private"]
    headers = {"authorization": f"Bearer {platform.form['bot_token']}"}
    assert (await stage.client.get(url, headers=headers)).content == b"%PDF"
    assert (await stage.client.get(url)).json()["error"] == "not_authed"
    made = await api(stage, platform, "files.getUploadURLExternal", filename="b.txt", length=2)
    files = [{"id": made["file_id"], "title": "b.txt"}]
    about = {"files": files, "channel_id": event["channel"]}
    assert (await api(stage, platform, "files.completeUploadExternal", **about))["error"] == "file_not_found"
    assert (await stage.client.put(made["upload_url"], content=b"hi")).status_code == 200
    assert (await api(stage, platform, "files.completeUploadExternal", **about))["ok"]
    assert platform.files[platform.seen(first(platform).id)[-1].file].data == b"hi"


async def test_edits_and_deletions(stage: Stage[Slack], platform: Slack) -> None:
    who = first(platform).id
    ts = await said(platform, text="helo")
    await platform.act(who, "edit", {"message": ts, "text": "hello"})
    await platform.act(who, "recall", {"message": ts})
    await platform.act(who, "react", {"message": ts, "emoji": "thumbsup"})
    await platform.settled()
    events = {body["event"].get("subtype", body["event"]["type"]): body["event"] for body in stage.bodies()}
    assert events["message_changed"]["message"]["text"] == "hello"
    assert events["message_deleted"]["deleted_ts"] == ts
    assert events["reaction_added"]["item"]["ts"] == ts
    assert (await api(stage, platform, "users.info", user=who))["user"]["id"] == who
    user = (await api(stage, platform, "users.info", user=who))["user"]
    assert user["team_id"] == platform.form["team_id"]


async def test_what_is_asked_of_chats_and_files(stage: Stage[Slack], platform: Slack) -> None:
    who = first(platform)
    await said(platform, kind="file", data=b"%PDF", name="a.pdf", media_type="application/pdf")
    chat = (await api(stage, platform, "conversations.info", channel=platform.channel(who)))["channel"]
    assert (chat["user"], chat["is_im"]) == (who.id, True)
    assert (await api(stage, platform, "conversations.info", channel="D0"))["error"] == "channel_not_found"
    id = stage.bodies()[-1]["event"]["files"][0]["id"]
    file = (await api(stage, platform, "files.info", file=id))["file"]
    assert (file["name"], file["mimetype"]) == ("a.pdf", "application/pdf")
    assert (await api(stage, platform, "files.info", file="F0"))["error"] == "file_not_found"
