"""Each route of channel administration: who may use it, what it refuses, and what a second time does."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.channels.tests.front import Front, Json
from kezhan.channels.tests.platform import Line, said
from kezhan.kit.ids import new_id
from kezhan.kit.paging import encode_cursor
from kezhan.kit.testing import until
from kezhan.workspaces.tests.factories import actions

WEBCHAT = {"adapter": "webchat", "name": "Shop"}
OPEN = {"adapter": "open", "name": "App"}
READS = (("GET", "/api/channels"), ("GET", "/api/channel-kinds"), ("GET", "/api/channels/{id}"))
MANAGES = (
    ("POST", "/api/channels"),
    ("PATCH", "/api/channels/{id}"),
    ("POST", "/api/channels/{id}/secret"),
    ("GET", "/api/channels/{id}/inbox"),
    ("POST", "/api/channels/{id}/inbox/{other}/replay"),
    ("GET", "/api/channels/{id}/deliveries"),
    ("POST", "/api/channels/{id}/deliveries/{other}/replay"),
    ("DELETE", "/api/channels/{id}"),
)
FORMS: dict[str, Any] = {"POST": WEBCHAT, "PATCH": {"name": "x"}}


async def ask(client: Any, method: str, path: str, account_id: object) -> int:
    address = path.format(id=account_id, other=new_id())
    status: int = (await client.request(method, address, json=FORMS.get(method))).status_code
    return status


@pytest.mark.parametrize(
    ("role", "reads", "manages"),
    [
        ("owner", True, True),
        ("admin", True, True),
        ("supervisor", True, False),
        ("agent", True, False),
        ("inspector", True, False),
        ("auditor", False, False),
    ],
)
async def test_each_role_reaches_just_the_routes_of_its_rights(
    front: Front, role: str, reads: bool, manages: bool
) -> None:
    line = await front.connect()
    client = await front.agent(role)
    for method, path in READS:
        assert (await ask(client, method, path, line.account_id) == 200) is reads, path
    for method, path in MANAGES:
        assert (await ask(client, method, path, line.account_id) == 403) is not manages, path


async def test_every_route_asks_who_is_there_and_whether_the_page_is_ours(front: Front) -> None:
    line = await front.connect()
    nobody = await front.running.client()
    for method, path in READS + MANAGES:
        assert await ask(nobody, method, path, line.account_id) == 401, path
    del front.owner.headers["X-Kezhan-CSRF"]
    for method, path in MANAGES:
        if method != "GET":
            assert await ask(front.owner, method, path, line.account_id) == 403, path


async def test_a_stranger_learns_nothing_that_an_unknown_id_would_not_tell(front: Front) -> None:
    line = await front.connect()
    stranger = await front.stranger()
    for method, path in READS[2:] + MANAGES[1:]:
        for account_id in (line.account_id, new_id()):
            assert await ask(stranger, method, path, account_id) == 404, path
    assert (await front.owner.get(f"/api/channels/{line.account_id}")).json()["archived_at"] is None


@pytest.mark.parametrize(
    ("adapter", "settings", "field"),
    [
        ("webchat", {"title": "x" * 60}, None),
        ("webchat", {"title": "x" * 61}, "settings.title"),
        ("webchat", {"title": None}, "settings.title"),
        ("webchat", {"accent": "#1F5c4A"}, None),
        ("webchat", {"accent": "#fff"}, "settings.accent"),
        ("webchat", {"accent": "#1f5c4a;}"}, "settings.accent"),
        ("webchat", {"greeting": "x" * 500}, None),
        ("webchat", {"greeting": "x" * 501}, "settings.greeting"),
        ("webchat", {"offline_text": "x" * 501}, "settings.offline_text"),
        ("webchat", {"placeholder": "x" * 101}, "settings.placeholder"),
        ("webchat", {"languages": ["en"]}, None),
        ("webchat", {"languages": ["de"]}, "settings.languages[0]"),
        ("webchat", {"languages": ["en", "zh-CN", "en"]}, "settings.languages"),
        ("webchat", {"languages": "en"}, "settings.languages"),
        ("webchat", {"launcher": "yes"}, "settings.launcher"),
        ("webchat", {"position": "left"}, None),
        ("webchat", {"origins": ["https://a.example", "http://localhost:8080/"]}, None),
        ("webchat", {"origins": ["https://a.example/shop"]}, "settings.origins[0]"),
        ("webchat", {"origins": ["https://ok.example", "a.example"]}, "settings.origins[1]"),
        ("webchat", {"origins": ["https://me@a.example"]}, "settings.origins[0]"),
        ("webchat", {"origins": ["https://a.example"] * 101}, "settings.origins"),
        ("webchat", {"v": 2}, "settings.v"),
        ("open", {"webhook_url": "https://a.example/hook?x=1"}, None),
        ("open", {"webhook_url": "http://localhost:9/"}, None),
        ("open", {"webhook_url": ""}, None),
        ("open", {"webhook_url": "https://a.example/" + "x" * 2000}, "settings.webhook_url"),
        ("open", {"webhook_url": "https://a.example/\n"}, "settings"),
        ("open", {"webhook_url": "https://a b.example/"}, "settings"),
        ("open", {"webhook_url": "https://a.example:99999/"}, "settings"),
        ("open", {"webhook_url": "//a.example/"}, "settings"),
        ("open", {"webhook": "https://a.example/"}, "settings"),
    ],
)
async def test_settings_are_checked_the_same_when_made_and_when_changed(
    front: Front, adapter: str, settings: Json, field: str | None
) -> None:
    form = {"adapter": adapter, "name": "x"}
    made = await front.owner.post("/api/channels", json={**form, "settings": settings})
    plain = (await front.owner.post("/api/channels", json=form)).json()["channel"]
    changed = await front.owner.patch(f"/api/channels/{plain['id']}", json={"settings": settings})
    if field is None:
        assert (made.status_code, changed.status_code) == (201, 200)
        assert made.json()["channel"]["settings"] == changed.json()["settings"]
        assert changed.json()["settings"] == {**plain["settings"], **settings}
    else:
        for answer in (made, changed):
            assert (answer.status_code, answer.json()["code"]) == (400, "channels.bad_settings")
            assert answer.json()["field"] == field
        assert (await front.owner.get(f"/api/channels/{plain['id']}")).json() == plain


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"adapter": "webchat"},
        {"name": "x"},
        {"adapter": 5, "name": "x"},
        {"adapter": "x" * 65, "name": "x"},
        {"adapter": "webchat", "name": ""},
        {"adapter": "webchat", "name": "\t"},
        {"adapter": "webchat", "name": "x\u0000"},
        {"adapter": "webchat", "name": "x", "settings": []},
        {"adapter": "webchat", "name": "x", "settings": {"title": "\u0000"}},
        {"adapter": "../open", "name": "x"},
        {"adapter": "webchat", "name": "x", "secrets": {}},
    ],
)
async def test_a_form_that_is_none_makes_no_channel(front: Front, form: Json) -> None:
    answer = await front.owner.post("/api/channels", json=form)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert (await front.owner.get("/api/channels")).json()["items"] == []


async def test_two_channels_of_the_same_name_are_two_with_keys_of_their_own(front: Front) -> None:
    made = [(await front.owner.post("/api/channels", json=WEBCHAT)).json() for _ in range(2)]
    assert len({one["channel"]["public_key"] for one in made}) == len({one["secret"] for one in made}) == 2
    listed = (await front.owner.get("/api/channels")).json()["items"]
    assert [one["id"] for one in listed] == [one["channel"]["id"] for one in made]


async def test_the_log_says_who_did_what_to_which_fields_and_never_a_secret(front: Front) -> None:
    made = (await front.owner.post("/api/channels", json=WEBCHAT)).json()
    path = f"/api/channels/{made['channel']['id']}"
    await front.owner.patch(path, json={"name": "New", "settings": {"title": "T", "accent": "#000000"}})
    await front.owner.patch(path, json={})
    rotated = (await front.owner.post(f"{path}/secret")).json()["secret"]
    for _ in range(2):
        await front.owner.delete(path)
    done = ["channel.create", "channel.edit", "channel.rotate_secret", "channel.archive"]
    assert (await actions(front.running, front.workspace_id))[-4:] == done
    auditor = await front.agent("auditor")
    log = (await auditor.get("/api/audit")).text
    assert "settings.accent" in log
    assert made["secret"] not in log
    assert rotated not in log


async def test_a_new_secret_each_time_and_none_kept_in_clear(front: Front) -> None:
    made = (await front.owner.post("/api/channels", json=OPEN)).json()
    path = f"/api/channels/{made['channel']['id']}"
    shown = [made["secret"]]
    for _ in range(2):
        answer = await front.owner.post(f"{path}/secret")
        assert answer.status_code == 201
        shown.append(answer.json()["secret"])
    assert len(set(shown)) == 3
    async with front.running.db.tx(front.workspace_id) as tx:
        kept = await tx.rows(text("select secrets::text, settings::text from channel_accounts"))
    everything = (await front.owner.get(path)).text + str([tuple(row) for row in kept])
    assert not any(secret in everything for secret in shown)


async def test_a_change_counts_at_once_although_accounts_are_remembered(front: Front) -> None:
    made = (await front.owner.post("/api/channels", json=WEBCHAT)).json()["channel"]
    site = f"/w/v1/sites/{made['public_key']}"
    visitor = await front.running.client()
    assert (await visitor.get(site)).json()["title"] == "Shop"
    await front.owner.patch(f"/api/channels/{made['id']}", json={"settings": {"title": "山间"}})
    assert (await visitor.get(site)).json()["title"] == "山间"
    await front.owner.delete(f"/api/channels/{made['id']}")
    assert (await visitor.get(site)).status_code == 404


async def test_a_refused_change_changes_nothing_of_what_was_good_in_it(front: Front) -> None:
    made = (await front.owner.post("/api/channels", json=WEBCHAT)).json()["channel"]
    path = f"/api/channels/{made['id']}"
    for form in (
        {"name": "New", "settings": {"position": "top"}},
        {"name": "New", "secrets": {"current": "mine"}},
        {"name": "New", "settings": {"position": "left", "odd": 1}},
    ):
        assert (await front.owner.patch(path, json=form)).status_code == 400
    assert (await front.owner.get(path)).json() == made
    assert "channel.edit" not in await actions(front.running, front.workspace_id)


# Logs


async def _taken(front: Front, line: Line, count: int) -> list[Json]:
    async def look() -> list[Json]:
        rows = await front.inbox(line)
        return rows if [row["state"] for row in rows] == ["taken"] * count else []

    return await until(look)


async def test_the_inbox_log_shows_what_became_of_a_call_and_nothing_of_its_words(front: Front) -> None:
    line = await front.connect()
    await line.post(said("秘密", event_id="e-1"))
    (row,) = await _taken(front, line, 1)
    assert (row["dedup_key"], row["attempts"], row["fault"]) == ("e-1", 0, None)
    assert row["taken_at"] >= row["received_at"]
    assert set(row) == {
        "id", "dedup_key", "state", "attempts", "fault", "delay_ms", "received_at", "taken_at",
        "passing", "pass_fault", "dismissible",
    }  # fmt: skip


@pytest.mark.parametrize("log", ["inbox", "deliveries"])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=0", "kit.bad_input"),
        ("limit=101", "kit.bad_input"),
        ("limit=ten", "kit.bad_input"),
        ("after=nonsense", "kit.bad_cursor"),
        ("after=" + encode_cursor("x", "y", "z"), "kit.bad_cursor"),
        ("after=" + encode_cursor(2**70), "kit.bad_cursor"),
        ("after=" + encode_cursor(-(2**70)), "kit.bad_cursor"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(front: Front, log: str, query: str, code: str) -> None:
    line = await front.connect()
    answer = await front.owner.get(f"/api/channels/{line.account_id}/{log}?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_the_delivery_log_is_paged_newest_first_and_each_row_comes_once(front: Front) -> None:
    line, other = await front.connect(), await front.connect()
    for each in (line, other):
        await each.post(said("hello", customer=str(each.account_id)))
    await until(lambda: _both(front))
    for head in await front.conversations():
        for n in range(3):
            await front.reply(head["id"], f"{n}")

    async def failed() -> bool:
        return [row["state"] for row in await front.deliveries(line)] == ["failed"] * 3

    await until(failed)
    path, after, seen = f"/api/channels/{line.account_id}/deliveries", "", []
    while after is not None:
        page = (await front.owner.get(path, params={"limit": 1, "after": after})).json()
        seen += [row["seq"] for row in page["items"]]
        after = page["next"]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 3


async def _both(front: Front) -> bool:
    return len(await front.conversations()) == 2


async def test_logs_of_an_archived_channel_stay_readable_and_what_waits_can_be_taken(front: Front) -> None:
    line = await front.connect()
    await line.post(said("before the end"))
    (row,) = await _taken(front, line, 1)
    base = f"/api/channels/{line.account_id}"
    await front.owner.delete(base)
    assert [one["id"] for one in await front.inbox(line)] == [row["id"]]
    again = await front.owner.post(f"{base}/inbox/{row['id']}/replay")
    assert (again.status_code, again.json()["state"]) == (201, "taken")
    assert [message["body"] for message in await front.heard()] == ["before the end"]


async def test_a_replay_is_logged_with_the_one_who_asked_for_it(front: Front) -> None:
    line = await front.connect()
    await line.post(said())
    (row,) = await _taken(front, line, 1)
    before = await actions(front.running, front.workspace_id)
    await front.owner.post(f"/api/channels/{line.account_id}/inbox/{row['id']}/replay")
    added = (await actions(front.running, front.workspace_id))[len(before) :]
    assert added == ["channel.replay_inbox"]


async def test_ids_that_are_none_are_a_plain_404(front: Front) -> None:
    for path in ("/api/channels/none", "/api/channels/1/inbox", f"/api/channels/{UUID(int=0)}/deliveries"):
        assert (await front.owner.get(path)).status_code == 404
