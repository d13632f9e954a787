"""Connecting, changing and closing doors, over HTTP."""

from typing import Any

import pytest
from sqlalchemy import text

from kezhan.channels.tests.front import Front
from kezhan.channels.tests.platform import Line, said
from kezhan.kit.ids import new_id
from kezhan.workspaces.tests.factories import actions, make_workspace, member_client

FORM = {"adapter": "webchat", "name": "Shop", "settings": {"title": "山间茶铺", "accent": "#AA3311"}}


async def _made(front: Front, **more: Any) -> dict[str, Any]:
    answer = await front.owner.post("/api/channels", json={**FORM, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_channel_is_made_with_its_defaults_and_its_secret_is_shown_once(front: Front) -> None:
    made = await _made(front)
    channel = made["channel"]
    assert made["secret"].startswith("kzk_")
    assert channel["settings"]["title"] == "山间茶铺"
    assert channel["settings"]["position"] == "right"
    assert (channel["has_secret"], channel["working"], channel["archived_at"]) == (True, True, None)
    seen = (await front.owner.get(f"/api/channels/{channel['id']}")).text
    listed = (await front.owner.get("/api/channels")).text
    assert made["secret"] not in seen + listed
    assert "kzk_" not in seen + listed


async def test_secrets_lie_sealed_in_the_database(front: Front) -> None:
    made = await _made(front)
    async with front.running.db.tx(front.workspace_id) as tx:
        kept = await tx.value(text("select secrets from channel_accounts"))
    assert made["secret"].encode() not in kept


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"accent": "red"}, "settings.accent"),
        ({"accent": "\n"}, "settings.accent"),
        ({"accent": "#1f5c4a\n"}, "settings.accent"),
        ({"position": "middle"}, "settings.position"),
        ({"origins": ["ftp://x"]}, "settings.origins[0]"),
        ({"languages": []}, "settings.languages"),
        ({"title": "x" * 61}, "settings.title"),
        ({"greeting": 5}, "settings.greeting"),
        ({"nonsense": True}, "settings"),
    ],
)
async def test_settings_that_do_not_fit_are_refused_by_field(
    front: Front, settings: dict[str, Any], field: str
) -> None:
    answer = await front.owner.post("/api/channels", json={**FORM, "settings": settings})
    assert (answer.status_code, answer.json()["code"]) == (400, "channels.bad_settings")
    assert answer.json()["field"] == field
    assert (await front.owner.get("/api/channels")).json()["items"] == []


@pytest.mark.parametrize(
    "url", ["ftp://a/", "javascript:1", "https://me:pw@host/", "http://", "https://[::1"]
)
async def test_a_webhook_address_that_cannot_be_called_is_refused(front: Front, url: str) -> None:
    form = {"adapter": "open", "name": "App", "settings": {"webhook_url": url}}
    assert (await front.owner.post("/api/channels", json=form)).status_code == 400


async def test_unknown_kinds_empty_names_and_foreign_secrets_are_refused(front: Front) -> None:
    for change, code in (
        ({"adapter": "pigeon"}, "channels.no_such_kind"),
        ({"name": "  "}, "kit.bad_input"),
        ({"name": "x" * 101}, "kit.bad_input"),
        ({"secrets": {"current": "mine"}}, "channels.secret_made_here"),
    ):
        answer = await front.owner.post("/api/channels", json={**FORM, **change})
        assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_given_settings_change_and_the_others_stay(front: Front) -> None:
    channel = (await _made(front))["channel"]
    path = f"/api/channels/{channel['id']}"
    edited = (
        await front.owner.patch(path, json={"settings": {"launcher": False}, "name": " 新名字 "})
    ).json()
    assert (edited["name"], edited["settings"]["launcher"]) == ("新名字", False)
    assert edited["settings"]["title"] == "山间茶铺"
    again = (await front.owner.patch(path, json={"settings": {"launcher": False}})).json()
    assert again == edited
    assert (await front.owner.patch(path, json={"settings": {"accent": "x"}})).status_code == 400
    assert (await front.owner.patch(path, json={"secrets": {"current": "x"}})).status_code == 400


async def test_an_archived_channel_leaves_the_list_and_cannot_be_changed(front: Front) -> None:
    channel = (await _made(front))["channel"]
    path = f"/api/channels/{channel['id']}"
    for _ in range(2):
        assert (await front.owner.delete(path)).status_code == 204
    assert (await front.owner.get("/api/channels")).json()["items"] == []
    assert (await front.owner.get(path)).json()["archived_at"]
    for answer in (
        await front.owner.patch(path, json={"name": "x"}),
        await front.owner.post(f"{path}/secret"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "channels.archived")


async def test_every_change_is_in_the_audit_log_once_and_without_secrets(front: Front) -> None:
    made = await _made(front)
    path = f"/api/channels/{made['channel']['id']}"
    await front.owner.patch(path, json={"settings": {"launcher": False}})
    await front.owner.post(f"{path}/secret")
    await front.owner.delete(path)
    await front.owner.delete(path)
    done = [action for action in await actions(front.running, front.workspace_id) if "channel" in action]
    assert done == ["channel.create", "channel.edit", "channel.rotate_secret", "channel.archive"]
    log = (await front.owner.get("/api/audit")).text
    assert "settings.launcher" in log
    assert "kzk_" not in log


@pytest.mark.parametrize(("language", "title"), [("zh-CN", "主题色"), ("en", "Accent colour")])
async def test_the_kinds_are_described_in_the_readers_language(
    front: Front, language: str, title: str
) -> None:
    headers = {"accept-language": language}
    kinds = (await front.owner.get("/api/channel-kinds", headers=headers)).json()["items"]
    by_name = {kind["name"]: kind for kind in kinds}
    accent = by_name["webchat"]["settings"]["properties"]["accent"]
    assert (accent["title"], accent["format"], accent["default"]) == (title, "color", "")
    assert set(by_name["webchat"]["settings"]["properties"]["position"]["x-options"]) == {"left", "right"}
    assert by_name["webchat"]["settings"]["x-order"][0] == "title"
    assert by_name["open"]["makes_secret"] is True
    assert by_name["open"]["secrets"] is None
    assert by_name["open"]["capabilities"]["sends"] == ["file", "text"]


async def test_agents_read_channels_and_change_none(front: Front) -> None:
    channel = (await _made(front))["channel"]
    agent = await front.agent()
    path = f"/api/channels/{channel['id']}"
    assert (await agent.get("/api/channels")).status_code == 200
    assert (await agent.get(path)).status_code == 200
    assert (await agent.get("/api/channel-kinds")).status_code == 200
    for answer in (
        await agent.post("/api/channels", json=FORM),
        await agent.patch(path, json={"name": "x"}),
        await agent.delete(path),
        await agent.post(f"{path}/secret"),
    ):
        assert answer.status_code == 403
    auditor = await front.agent("auditor")
    assert (await auditor.get("/api/channels")).status_code == 403


async def test_another_workspace_does_not_know_this_one_has_a_channel(front: Front) -> None:
    channel = (await _made(front))["channel"]
    stranger = await front.stranger()
    path = f"/api/channels/{channel['id']}"
    assert (await stranger.get("/api/channels")).json()["items"] == []
    missing = await stranger.get(f"/api/channels/{new_id()}")
    for answer in (
        await stranger.get(path),
        await stranger.patch(path, json={"name": "x"}),
        await stranger.delete(path),
        await stranger.post(f"{path}/secret"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, missing.json()["code"])
    assert (await front.owner.get(path)).json()["name"] == "Shop"


async def test_nobody_gets_in_without_signing_in(front: Front) -> None:
    client = await front.running.client()
    for path in ("/api/channels", "/api/channel-kinds", f"/api/channels/{new_id()}/inbox"):
        assert (await client.get(path)).status_code == 401


async def test_a_stored_channel_whose_adapter_is_gone_is_shown_as_not_working(front: Front) -> None:
    line = await front.connect()
    async with front.running.db.tx(front.workspace_id) as tx:
        await tx.run(text("update channel_accounts set adapter = 'gone'"))
    (shown,) = (await front.owner.get("/api/channels")).json()["items"]
    assert (shown["working"], shown["hook"]) == (False, None)
    answer = await line.post(said())
    assert (answer.status_code, answer.json()["code"]) == (503, "channels.adapter_off")
    renamed = await front.owner.patch(f"/api/channels/{line.account_id}", json={"name": "x"})
    assert renamed.status_code == 503


async def test_two_workspaces_with_the_same_customer_id_stay_apart(front: Front) -> None:
    line = await front.connect()
    elsewhere = await make_workspace(front.running.db)
    other = Front(front.running, front.channels, elsewhere, await _owner(front, elsewhere))
    theirs: Line = await other.connect()
    await line.post(said("ours"))
    await theirs.post(said("theirs"))
    assert [message["body"] for message in await front.heard()] == ["ours"]
    assert [message["body"] for message in await other.heard()] == ["theirs"]


async def _owner(front: Front, workspace_id: Any) -> Any:
    _, client = await member_client(front.running, "owner", workspace_id)
    return client
