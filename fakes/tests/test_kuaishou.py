"""Kuaishou: signature, pushes repeated until they are heard, grants, messages by contract."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fakes.platforms.kuaishou import PAUSES, SEND, Kuaishou, signed
from fakes.tests.stage import Stage, staged

KuaishouStage = Stage[Kuaishou]


@pytest.fixture
async def app() -> AsyncIterator[KuaishouStage]:
    async with staged(Kuaishou()) as stage:
        stage.answers({"result": 1})
        assert (await stage.platform.connect({})).ok
        stage.hook.calls.clear()
        yield stage


async def token(app: KuaishouStage, grant: str = "client_credentials", **more: str) -> dict[str, Any]:
    form = {name: app.platform.form[name] for name in ("app_id", "app_secret")}
    path = "refresh_token" if grant == "refresh_token" else "access_token"
    answer = await app.client.post(f"/oauth2/{path}", data={**form, "grant_type": grant, **more})
    made: dict[str, Any] = answer.json()
    return made


async def send(app: KuaishouStage, access: str, **more: Any) -> tuple[int, dict[str, Any]]:
    body = {"open_id": app.phone.id, "type": "text", "content": "有的", **more}
    answer = await app.client.post(SEND, params={"access_token": access}, json=body)
    return answer.status_code, answer.json()


def test_the_published_formula() -> None:
    assert signed("test_secret", b'{"a":1}') == "5aa6e6dad0ca51b856d5396d9c219751"


async def test_the_test_event_wants_result_1(app: KuaishouStage) -> None:
    assert (await app.platform.connect({})).ok
    (told,) = app.bodies()
    assert (told["event"], told["app_id"]) == ("TEST", app.platform.form["app_id"])
    app.answers({"result": 0})
    assert not (await app.platform.connect({})).ok
    app.answers("success")
    assert not (await app.platform.connect({})).ok


async def test_a_push_is_signed_and_repeated_with_its_id(app: KuaishouStage) -> None:
    asked = await app.say("在吗")
    assert asked.headers["kwaisign"] == signed(app.platform.form["app_secret"], asked.body)
    (told,) = app.bodies()
    assert told["data"] == {"open_id": app.phone.id, "type": "text", "content": "在吗"}
    assert told["message_id"] == app.phone.chat[0].id
    app.answers("ok")
    await app.platform.connect({"named": "taskId"})
    app.hook.calls.clear()
    await app.say("还在吗")
    assert len({told["taskId"] for told in app.bodies()}) == 1
    assert len(app.hook.calls) == len(PAUSES["taskId"]) + 1 == 4
    assert app.phone.chat[1].fate == "lost"


async def test_mini_programs_are_told_up_to_sixteen_times_more() -> None:
    assert PAUSES["message_id"] == (5,) * 16


async def test_a_picture_and_an_authorisation(app: KuaishouStage) -> None:
    await app.say("", kind="image", data=b"\x89PNG", media_type="image/png")
    await app.act("authorise")
    await app.act("authorise")
    assert app.bodies()[0]["data"] == {"open_id": app.phone.id, "type": "image"}
    assert [told["event"] for told in app.bodies()[1:]] == ["AUTHORIZE", "UNAUTHORIZE"]


async def test_grants(app: KuaishouStage) -> None:
    first, second = await token(app), await token(app)
    assert first["expires_in"] == 48 * 3600
    assert (await send(app, first["access_token"]))[0] == (await send(app, second["access_token"]))[0] == 200
    code = app.platform.form["code"]
    granted = await token(app, "authorization_code", code=code)
    assert granted["refresh_token_expires_in"] == 180 * 86400
    assert (await token(app, "authorization_code", code=code))["result"] != 1, "once"
    assert (await token(app, "refresh_token", refresh_token=granted["refresh_token"]))["result"] == 1
    assert (await token(app, app_secret="wrong"))["result"] != 1
    assert (await token(app, "password"))["result"] != 1


async def test_sending_and_what_is_refused(app: KuaishouStage) -> None:
    access = (await token(app))["access_token"]
    status, sent = await send(app, access)
    assert (status, sent["result"], app.phone.chat[-1].text) == (200, 1, "有的")
    assert sent["message_id"] == app.phone.chat[-1].id
    assert (await send(app, "wrong"))[0] == 401
    for wrong in ({"open_id": "nobody"}, {"content": ""}, {"content": "长" * 1001}, {"type": "image"}):
        assert (await send(app, access, **wrong))[1]["result"] != 1
    app.platform.switch({"token_expired": True})
    assert (await send(app, access))[0] == 401
    await app.platform.connect({"auth_in": "header"})
    fresh = (await token(app))["access_token"]
    assert (await send(app, fresh))[0] == 401
    body = {"open_id": app.phone.id, "type": "text", "content": "头里"}
    answer = await app.client.post(SEND, headers={"access_token": fresh}, json=body)
    assert answer.json()["result"] == 1


async def test_the_switches(app: KuaishouStage) -> None:
    access = (await token(app))["access_token"]
    app.platform.switch({"error": "1234"})
    assert (await send(app, access))[1]["result"] == 1234
    app.platform.switch({"error": "", "clock_ahead": 48 * 3600 + 1.0})
    assert (await send(app, access))[0] == 401
    app.platform.switch({"clock_ahead": 0.0, "rate_limit": 1})
    assert 429 in [(await send(app, access))[0] for _ in range(3)]
