"""Consents: asked for, given, refused without, worded anew, withdrawn; and who may see and do what."""

from contextlib import nullcontext
from functools import partial
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.consent import store
from kezhan.consent.events import ConsentTextsChanged, ConsentWithdrawn
from kezhan.consent.live import Consents
from kezhan.contacts.schemas import Visitor as Bearer
from kezhan.conversations.tests.factories import make_workspace
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Event, Published
from kezhan.kit.testing import until
from kezhan.simulate.client import Agent, Refused, Visitor
from kezhan.testing import Running

WORDS = {
    "zh-CN": {"title": "处理你的聊天内容", "body": "我们保存聊天内容，用来答复你。"},
    "en": {"title": "Your messages", "body": "We keep what you write, to answer it."},
}


async def _ask(who: Any, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await who.request(method, path, body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def _w(visitor: Visitor, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await visitor._http.request(
        method, f"{visitor._base}/w/v1{path}", json=body, headers=visitor.headers
    )
    assert answer.status_code == status, answer.text
    return answer.json()


def _chosen(asked: Any, *, required: bool = True) -> Any:
    wanted = [one for one in asked["items"] if one["required"] or not required]
    return {"items": [{name: one[name] for name in ("text_id", "version", "language")} for one in wanted]}


async def _state(shop: Shop, visitor: Visitor) -> str:
    asked = {"site_key": shop.site_key, "token": visitor.token}
    answer = await shop.http.post(f"{shop.url}/w/v1/sessions", json=asked)
    assert answer.is_success, answer.text
    return str(answer.json()["consent"])


async def test_what_is_required_is_asked_before_the_first_message(shop: Shop) -> None:
    boss = await shop.agent("admin", "王主管")
    before = await shop.visitor()
    assert await _state(shop, before) == "none"
    hook = {"name": "CRM", "address": "https://crm.example/k"}
    await _ask(boss, "POST", "/api/webhooks", {**hook, "events": ["consent.given", "consent.withdrawn"]}, 201)
    chat = {"name": "聊天", "required": True, "words": WORDS}
    text = await _ask(boss, "POST", "/api/consent-texts", chat, 201)
    offers = {"name": "推广", "required": False, "words": {"zh-CN": WORDS["zh-CN"]}}
    await _ask(boss, "POST", "/api/consent-texts", offers, 201)

    visitor = await shop.visitor()
    assert await _state(shop, visitor) == "due"
    for somebody in (visitor, before):  # also whoever was there before it was asked
        with pytest.raises(Refused, match=r"consent\.needed"):
            await somebody.say("你好")
    sent = {"type": "send", "client_id": str(new_id()), "body": "你好"}
    refused = await _w(visitor, "POST", "/messages", sent, 403)
    assert refused["code"] == "consent.needed"
    await _w(visitor, "POST", "/callback", {"phone": "13912345678"}, 403)

    asked = await _w(visitor, "GET", "/consents")
    assert asked["due"] and [one["required"] for one in asked["items"]] == [True, False]
    stale = _chosen(asked)
    stale["items"][0]["version"] = 2
    assert (await _w(visitor, "PUT", "/consents", stale, 409))["code"] == "consent.changed"
    for _ in range(2):
        given = await _w(visitor, "PUT", "/consents", _chosen(asked))
        assert not given["due"]
    talk = (await visitor.say("你好"))["conversation_id"]
    await until(lambda: talk in boss.rows)
    contact = boss.rows[talk]["contact_id"]
    path = f"/api/contacts/{contact}/consents"
    shown = (await _ask(boss, "GET", path))["items"]
    assert [(one["name"], one["state"], len(one["history"])) for one in shown] == [
        ("聊天", "given", 1),
        ("推广", "none", 0),
    ]
    assert (shown[0]["history"][0]["way"], shown[0]["history"][0]["version"]) == ("widget", 1)

    await _worded_anew(boss, visitor, text, path)
    told = partial(_told, shop)
    await until(told)
    assert [kind for kind, _ in await told()] == ["consent.given", "consent.given", "consent.withdrawn"]
    assert '"text_id":"' + text["id"] in (await told())[0][1].replace(" ", "")
    # Made optional, it holds nobody up.
    await _ask(boss, "PATCH", f"/api/consent-texts/{text['id']}", {"required": False})
    await before.say("现在可以了")


async def _worded_anew(boss: Agent, visitor: Visitor, text: Any, path: str) -> None:
    """A new version asks again; the same words again are none. Then she withdraws it."""
    one = f"/api/consent-texts/{text['id']}"
    assert (await _ask(boss, "POST", f"{one}/versions", {"version": 1, "words": WORDS}))["version"] == 1
    worded = {**WORDS, "en": {"title": "Your messages", "body": "We keep them for a year."}}
    for _ in range(2):
        assert (await _ask(boss, "POST", f"{one}/versions", {"version": 1, "words": worded}))["version"] == 2
    late = await _ask(boss, "POST", f"{one}/versions", {"version": 1, "words": WORDS}, 409)
    assert late["code"] == "consent.changed_meanwhile"
    assert len((await _ask(boss, "GET", f"{one}/versions"))["items"]) == 2
    with pytest.raises(Refused, match=r"consent\.needed"):
        await visitor.say("还在吗")
    await _w(visitor, "PUT", "/consents", _chosen(await _w(visitor, "GET", "/consents")))
    said = await visitor.say("还在吗")
    for _ in range(2):
        assert (await _w(visitor, "DELETE", f"/consents/{text['id']}"))["due"]
    with pytest.raises(Refused, match=r"consent\.needed"):
        await visitor.say("喂")
    talk, seq = said["conversation_id"], said["seq"]
    with pytest.raises(Refused, match=r"consent\.needed"):
        await visitor.call(
            {"type": "edit", "ref": str(new_id()), "conversation_id": talk, "seq": seq, "body": "喂"}
        )
    shown = (await _ask(boss, "GET", path))["items"][0]
    assert shown["state"] == "withdrawn"
    assert {one["withdrawn_way"] for one in shown["history"]} == {"widget"}


async def _told(shop: Shop) -> list[tuple[str, str]]:
    async with shop.db.tx(shop.workspace_id) as tx:
        rows = await tx.fetch("select kind, body::text as body from webhook_events order by kind")
        found = [(row["kind"], row["body"]) for row in rows]
        return found if len(found) >= 3 else []


class _Nobody:
    """A database that is not asked, and no other processes."""

    def __getattr__(self, name: str) -> Any:
        return lambda *_: nullcontext()


async def test_what_changes_while_it_is_read_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    space, text = new_id(), new_id()
    visitor = Bearer(
        workspace_id=space,
        session_id=new_id(),
        identity_id=new_id(),
        contact_id=new_id(),
        account_id=new_id(),
        verified=False,
    )
    consents = Consents(cast(Any, _Nobody()), cast(Any, _Nobody()))
    seen: list[bool] = []

    def changed(event: Event) -> None:
        consents.on_commit(space, [Published(event, ())])

    async def asked(tx: Any) -> list[Any]:
        seen.append(consents.knows(visitor))
        if len(seen) == 1:
            changed(ConsentTextsChanged())
            return []
        return [SimpleNamespace(workspace_id=space, id=text, version=1, required=True)]

    async def standing(tx: Any, contact_id: UUID, texts: Any) -> list[Any]:
        told = ConsentWithdrawn(contact_id=contact_id, text_id=text, version=1, way="widget")
        changed(told)
        return [SimpleNamespace(text_id=text, version=1)]

    monkeypatch.setattr(store, "asked", asked)
    monkeypatch.setattr(store, "standing", standing)
    await consents.start()
    assert (seen, consents.knows(visitor)) == ([False, False], False)
    await consents.check(visitor)
    assert not consents.knows(visitor)


async def test_an_agent_writes_down_what_she_was_told(shop: Shop, house: Running) -> None:
    boss, agent = await shop.agent("admin", "王主管"), await shop.agent()
    visitor = await shop.visitor()
    talk = (await visitor.say("你好"))["conversation_id"]
    await until(lambda: talk in agent.rows)
    path = f"/api/contacts/{agent.rows[talk]['contact_id']}/consents"
    form = {"name": "推广", "required": False, "words": WORDS}
    await _ask(agent, "POST", "/api/consent-texts", form, 403)
    text = await _ask(boss, "POST", "/api/consent-texts", form, 201)
    give = {"text_id": text["id"], "how": "电话中同意", "language": "zh-CN"}
    for _ in range(2):
        shown = (await _ask(agent, "POST", path, give))["items"]
        assert [(one["state"], len(one["history"])) for one in shown] == [("given", 1)]
    first = shown[0]["history"][0]
    assert (first["way"], first["how"], first["by_name"]) == ("agent", "电话中同意", "林晚晴")
    for bad, status in (
        ({"how": ""}, 400),
        ({"way": "widget"}, 400),
        ({"version": 9}, 404),
        ({"text_id": str(new_id())}, 404),
        ({"at": "2199-01-01T00:00:00Z"}, 400),
    ):
        await _ask(agent, "POST", path, {**give, **bad}, status)
    for words in ({}, {"fr": WORDS["en"]}, {"en": {"title": " ", "body": "x"}}):
        await _ask(boss, "POST", "/api/consent-texts", {**form, "words": words}, 400)
    taken = f"{path}/{text['id']}/withdrawal"
    for _ in range(2):
        shown = (await _ask(agent, "PUT", taken, {"how": "来信撤回"}))["items"]
        assert shown[0]["state"] == "withdrawn"
        assert shown[0]["history"][0]["withdrawn_by_name"] == "林晚晴"
    old = {**give, "way": "import", "how": "旧系统导入", "at": "2024-05-01T08:00:00Z"}
    assert (await _ask(agent, "POST", path, old))["items"][0]["state"] == "given"
    acts = (await _ask(boss, "GET", "/api/audit"))["items"]
    told = [one["action"] for one in acts if one["action"].startswith("consent")]
    assert sorted(told) == ["consent.give", "consent.give", "consent.withdraw", "consent_text.create"]
    # Another workspace knows nothing of it, and a published version is nobody's to change.
    async with house.db.tx(await make_workspace(house.db)) as tx:
        for table in ("consent_texts", "consent_versions", "consents"):
            assert await tx.fetch(f"select 1 from {table}") == []  # noqa: S608 - names of ours
    async with house.db.tx(UUID(str(shop.workspace_id))) as tx:
        with pytest.raises(Exception, match="permission denied"):
            await tx.fetch("update consent_versions set words = '{}'")
