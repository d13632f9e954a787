"""Somebody is erased: a search of the whole database, the files and the log's output finds nothing of her."""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import httpx2
import psycopg
import pytest
from psycopg import sql

from kezhan.channels.tests.people import Shop
from kezhan.conversations.tests.factories import make_workspace
from kezhan.files.tests.factories import picture
from kezhan.kit.clock import now, wire
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import SUPERUSER
from kezhan.kit.testing import until
from kezhan.privacy.settings import drop_old
from kezhan.privacy.wipe.store import ELSEWHERE, KNOWN, NOTHING, SAID
from kezhan.simulate.client import Agent, Visitor
from kezhan.testing import Running
from tests.catalogue import GRANTS

SEALED = "护照戊己庚辛"
NAME, MAIL, PHONE = "容曼殊", "manshu.rong@yaoyuan.example", "+8613912345678"
SAYS, NOTE, PAGE, FILE = (
    "青瓷茶盏碎了一角",
    "容女士爱喝岩茶",
    "https://tea.example/qingci-zhan",
    "青瓷照片.png",
)
PNG = picture()
SECRETS = (NAME, MAIL, "manshu.rong", "13912345678", SAYS, NOTE, "qingci-zhan", "青瓷照片", "岩茶", SEALED)


@dataclass
class Scene:
    shop: Shop
    visitor: Visitor
    boss: Agent
    contact: str
    talk: str
    number: str

    async def ask(self, method: str, path: str, body: Any = None, *, status: int = 0) -> Any:
        answer = await self.boss.request(method, path, body)
        assert answer.status_code == status or (not status and answer.is_success), answer.text
        return answer.json() if answer.content else None

    async def requested(self, kind: str) -> Any:
        return await self.ask("POST", f"/api/contacts/{self.contact}/privacy-requests", {"kind": kind})

    async def carried_out(self, request: Any, number: str = "") -> Any:
        await self.ask("PUT", f"/api/privacy/requests/{request['id']}/work", {"number": number})

        async def ended() -> Any:
            found = (await self.ask("GET", f"/api/contacts/{self.contact}/privacy"))["requests"]
            (mine,) = [one for one in found if one["id"] == request["id"]]
            return mine if mine["state"] != "working" else None

        await until(ended)
        return await ended()

    async def close(self) -> None:
        await self.ask("PUT", f"/api/conversations/{self.talk}/closure")


async def make_scene(shop: Shop) -> Scene:
    boss = await shop.agent("admin", "王主管")
    visitor = await shop.visitor(page={"url": PAGE, "title": "青瓷茶盏"}, language="zh-CN")
    talk = (await visitor.say(SAYS))["conversation_id"]
    picture = await visitor.upload(FILE, "image/png", PNG)
    await visitor.say("", kind="image", file_id=picture["id"])
    await until(lambda: talk in boss.rows)
    contact = boss.rows[talk]["contact_id"]
    number = (await boss.get(f"/api/contacts/{contact}"))["number"]
    scene = Scene(shop, visitor, boss, contact, talk, number)
    await scene.ask("PATCH", f"/api/contacts/{contact}", {"name": NAME, "email": MAIL, "phone": PHONE})
    passport = {"id": "p", "kind": "text", "label": "护照", "sealed": True}
    await scene.ask("PUT", "/api/fields/contact", {"version": 0, "fields": [passport]})
    told = {"name": NAME, "note": NOTE, "fields": {"p": SEALED}}
    await scene.ask("PATCH", f"/api/contacts/{contact}", told)
    assert where(shop, SEALED) == set()
    await scene.ask("PUT", f"/api/contacts/{contact}/notes/{new_id()}", {"body": NOTE})
    await scene.ask("PUT", f"/api/conversations/{talk}/assignment", {})
    await boss.watch(talk)
    await boss.say(talk, f"{NAME}您好，{SAYS}的事马上办")
    await boss.say(talk, NOTE, kind="note")
    await scattered(scene)
    return scene


async def stands(shop: Shop, table: str, word: str) -> bool:
    async with shop.db.tx(shop.workspace_id) as tx:
        statement = f"select 1 from {table} t where position($1 in t::text) > 0"  # noqa: S608 - a name of ours
        return bool(await tx.fetch(statement, word))


async def scattered(scene: Scene) -> None:
    """What she said and who she is, in as many other places as there are."""
    boss, talk = scene.boss, f"/api/conversations/{scene.talk}"
    await scene.ask("PUT", f"{talk}/draft", {"body": SAYS, "note": False, "version": 0})
    later = {"at": wire(now() + timedelta(hours=1)), "body": f"{NAME}，{SAYS}"}
    await scene.ask("PUT", f"{talk}/scheduled/{new_id()}", later)
    hook = {"name": "CRM", "address": "https://crm.example/kezhan", "events": ["message.received"]}
    await scene.ask("POST", "/api/webhooks", hook)
    await scene.visitor.say(SAYS)
    await until(partial(stands, scene.shop, "webhook_events", SAYS))
    await until(partial(stands, scene.shop, "search_words", NAME))
    asked = {"kind": "message", "question": {"q": SAYS[:4], "filters": {}}}
    await scene.ask("POST", "/api/search-exports", asked)

    async def made() -> bool:
        return bool((await boss.get("/api/search-exports"))["items"][0]["state"] == "done")

    await until(made)
    owner = await scene.shop.agent("owner", "所有者")
    archive = (await owner.request("POST", "/api/workspace/exports")).json()

    async def whole() -> bool:
        items = (await owner.request("GET", "/api/workspace/exports")).json()["items"]
        return [one["state"] for one in items if one["id"] == archive["id"]] == ["done"]

    await until(whole)
    words = {"zh-CN": {"title": "推广信息", "body": "我们会把新茶的消息发给你。"}}
    text = await scene.ask("POST", "/api/consent-texts", {"name": "推广", "required": False, "words": words})
    # In a list that was brought in, once among the rows that were not taken; in one that was only tried.
    await brought_in(scene, f"姓名,邮箱,推广\n{NAME},{MAIL},是\n甲,{MAIL},\n乙,a at b,\n", "done")
    rows = "".join(f"客{n},,\n" for n in range(5))
    await brought_in(scene, f"姓名,邮箱,备注\n{rows}{NAME},,{NOTE}\n", "checked")
    agreed = {"text_id": text["id"], "how": f"{NAME}来电同意", "language": "zh-CN"}
    await scene.ask("POST", f"/api/contacts/{scene.contact}/consents", agreed)
    scopes = ["contact.read", "contact.write", "contact.import", "file.upload"]
    key = await scene.ask("POST", "/api/tokens", {"name": "CRM", "scopes": scopes})
    program = {"Authorization": f"Bearer {key['secret']}", "Idempotency-Key": str(new_id())}
    address = f"{scene.shop.url}/api/contacts/{scene.contact}"
    answer = await scene.shop.http.patch(address, json={"tier": "VIP"}, headers=program)
    assert answer.is_success, answer.text
    # A program is told what the first rows of its list are.
    sheet = {"file": ("list.csv", f"姓名,邮箱\n{NAME},\n".encode(), "text/csv")}
    bearer = {"Authorization": program["Authorization"]}
    file = await scene.shop.http.post(f"{scene.shop.url}/api/files", files=sheet, headers=bearer)
    answer = await scene.shop.http.post(
        f"{scene.shop.url}/api/contact-imports",
        json={"file_id": file.json()["id"]},
        headers={**bearer, "Idempotency-Key": str(new_id())},
    )
    assert answer.is_success and NAME in answer.text, answer.text
    # Somebody who has shown to be her.
    other = await scene.shop.visitor()
    second = (await other.say(f"我是{NAME}"))["conversation_id"]
    await until(lambda: second in boss.rows)
    twin = boss.rows[second]["contact_id"]
    await scene.ask("PATCH", f"/api/contacts/{twin}", {"phone": PHONE})
    await scene.ask("PUT", f"/api/contacts/{twin}/merger", {"into": scene.contact})
    await scene.ask("PUT", f"/api/conversations/{second}/assignment", {})
    await scene.ask("PUT", f"/api/conversations/{second}/closure")


async def brought_in(scene: Scene, sheet: str, until_state: str) -> None:
    file = await scene.boss.upload(f"{NAME}.csv", "text/csv", sheet.encode())
    found = await scene.ask("POST", "/api/contact-imports", {"file_id": file["id"]})
    one = f"/api/contact-imports/{found['id']}"
    for act, state, body in (("trial", "checked", found["plan"]), ("run", "done", None)):
        await scene.ask("PUT", f"{one}/{act}", body)

        async def stands(wanted: str = state) -> bool:
            return bool((await scene.ask("GET", one))["state"] == wanted)

        await until(stands)
        if state == until_state:
            return


def everything(shop: Shop) -> dict[str, str]:
    """All that the database has of the workspace, as text, by table."""
    found, access = {}, shop.db.access
    with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
        for line in GRANTS.strip().splitlines():
            name = line.split()[0]
            rows = connection.execute(sql.SQL("select t::text from {} t").format(sql.Identifier(name)))
            mine = [row[0] for row in rows if str(shop.workspace_id) in row[0] or name not in _ISOLATED]
            found[name] = "\n".join(mine)
    return found


_ISOLATED = {*SAID, *KNOWN, *ELSEWHERE, "outbox"}


def where(shop: Shop, *secrets: str) -> set[str]:
    return {name for name, text in everything(shop).items() if any(one in text for one in secrets)}


async def test_of_who_is_erased_nothing_is_found_but_the_proof(
    house: Running, shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    scene = await make_scene(shop)
    folder = house.house.settings.data / "files" / str(shop.workspace_id)
    assert {"contacts", "messages", "page_views", "files"} <= where(shop, *SECRETS)
    files = {path for path in folder.rglob("*") if path.is_file()}
    assert files
    request = await scene.requested("erase")
    assert (await scene.requested("erase"))["id"] == request["id"]  # twice is once
    still = await scene.carried_out(request, scene.number)
    assert (still["state"], still["fault"]) == ("open", "privacy.still_served")
    await scene.close()
    wrong = await scene.ask("PUT", f"/api/privacy/requests/{request['id']}/work", {"number": "0"}, status=400)
    assert (wrong["code"], wrong["field"]) == ("privacy.wrong_number", "number")
    done = await scene.carried_out(request, scene.number)
    assert done["state"] == "done"
    assert done["counts"]["messages"] >= 5
    assert done["counts"]["files"] == 6  # her picture, lists and an archive
    assert where(shop, *SECRETS) == set()
    assert [name for name in ("api_answers", "webhook_events", "drafts") if everything(shop)[name]] == []
    await until(lambda: not {path for path in folder.rglob("*") if path.is_file()} & files)
    said = capsys.readouterr()
    assert not [one for one in SECRETS if one in said.out + said.err]
    lists = (await scene.ask("GET", "/api/contact-imports"))["items"]
    assert {(one["name"], one["state"]) for one in lists} == {
        ("", "done"),
        ("", "failed"),
        ("list.csv", "failed"),
    }
    (proof,) = (await scene.ask("GET", f"/api/contacts/{scene.contact}/consents"))["items"]
    assert {(one["way"], one["how"]) for one in proof["history"]} == {("agent", ""), ("import", "")}
    # What is left: the conversation with its figures, and the proof, in the log as well.
    found = await scene.ask("GET", f"/api/contacts/{scene.contact}/privacy")
    assert found["erased_at"] is not None and found["requests"][0]["number"] == scene.number
    thread = await scene.ask("GET", f"/api/conversations/{scene.talk}")
    assert not [one for one in thread["messages"] if one.get("body")]
    log = await scene.ask("GET", "/api/audit?subject=contact")
    assert "privacy.carry_out" in {one["action"] for one in log["items"]}
    # With what her browser still holds she comes again as somebody new.
    form = {"site_key": shop.site_key, "token": scene.visitor.token}
    session = (await shop.http.post(f"{shop.url}/w/v1/sessions", json=form)).json()
    assert session["visitor"]["id"] != scene.visitor.id and session["conversation"] is None


async def test_who_is_held_stays_until_the_hold_is_lifted(shop: Shop) -> None:
    scene = await make_scene(shop)
    await scene.close()
    hold = f"/api/contacts/{scene.contact}/legal-hold"
    for _ in range(2):
        told = await scene.ask("PUT", hold, {"reason": "合同纠纷"})
        assert told["hold"]["reason"] == "合同纠纷"
    request = await scene.requested("erase")
    work = f"/api/privacy/requests/{request['id']}/work"
    refused = await scene.ask("PUT", work, {"number": scene.number}, status=409)
    assert refused["code"] == "privacy.held"
    keep = {"keep": {"conversations": 30, "visits": 30, "people": 30}}
    await scene.ask("PUT", "/api/privacy/settings", keep)
    await age(scene)
    assert await scene.ask("POST", "/api/privacy/trials", keep["keep"]) == {
        "conversations": 0, "visits": 0, "people": 0,
    }  # fmt: skip
    await drop_old(shop.db)
    assert {"contacts", "messages"} <= where(shop, *SECRETS)
    assert (await scene.ask("DELETE", hold))["hold"] is None
    due = await scene.ask("POST", "/api/privacy/trials", keep["keep"])
    assert due == {"conversations": 2, "visits": 2, "people": 1}
    await drop_old(shop.db)
    assert where(shop, *SECRETS) == set()
    await drop_old(shop.db)


async def age(scene: Scene) -> None:
    """All of it happened two months ago."""
    async with scene.shop.db.tx(scene.shop.workspace_id) as tx:
        for statement in (
            "update conversations set closed_at = closed_at - interval '60 days',"
            " active_at = active_at - interval '60 days'",
            "update visits set seen_at = seen_at - interval '60 days'",
            "update contacts set created_at = created_at - interval '60 days'",
        ):
            await tx.fetch(statement)


async def test_her_copy_holds_all_that_is_hers_and_nothing_of_colleagues(shop: Shop) -> None:
    scene = await make_scene(shop)
    done = await scene.carried_out(await scene.requested("export"))
    assert (done["state"], done["ready"]) == ("done", True)
    link = await scene.ask("GET", f"/api/privacy/requests/{done['id']}/file")
    answer = await shop.http.get(shop.url + link["url"], headers=scene.boss._own)
    package = zipfile.ZipFile(io.BytesIO(answer.content))
    page = package.read("index.html").decode()
    for one in (NAME, MAIL, SAYS, PAGE, FILE, "新茶的消息", SEALED):
        assert one in page
    assert NOTE not in page
    lines = [json.loads(line) for line in package.read("data.jsonl").decode().splitlines()]
    assert {"profile", "identity", "conversation", "message", "visit", "consent"} == {
        line["is"] for line in lines
    }
    assert NOTE not in package.read("data.jsonl").decode()
    (picture,) = [name for name in package.namelist() if name.startswith("files/")]
    assert package.read(picture) == PNG
    # Erased, her copy goes too.
    await scene.close()
    await scene.carried_out(await scene.requested("erase"), scene.number)
    gone = await scene.ask("GET", f"/api/privacy/requests/{done['id']}/file", status=409)
    assert gone["code"] == "privacy.no_archive"


async def test_requests_are_answered_by_a_day_and_by_those_who_may(shop: Shop) -> None:
    scene = await make_scene(shop)
    late = {"kind": "correct", "received_at": "2020-01-01T00:00:00Z"}
    ask = f"/api/contacts/{scene.contact}/privacy-requests"
    assert (await scene.ask("POST", ask, late, status=400))["code"] == "privacy.bad_day"
    await scene.ask("POST", ask, {"kind": "sell"}, status=400)
    made = await scene.ask("POST", ask, {"kind": "correct", "received_at": wire(now()), "note": "电话来的"})
    assert not made["overdue"]
    async with shop.db.tx(shop.workspace_id) as tx:
        await tx.fetch("update privacy_requests set due_at = now() - interval '1 day'")
    listed = (await scene.ask("GET", "/api/privacy/requests?open_only=true"))["items"]
    assert [(one["id"], one["overdue"]) for one in listed] == [(made["id"], True)]
    one = f"/api/privacy/requests/{made['id']}"
    assert (await scene.ask("PUT", f"{one}/work", {}, status=409))["code"] == "privacy.by_people"
    answered = await scene.ask("PUT", f"{one}/answer", {"answer": "已更正"})
    assert (answered["state"], answered["ended_name"]) == ("done", "王主管")
    again = await scene.ask("PUT", f"{one}/refusal", {"answer": "不"}, status=409)
    assert again["code"] == "privacy.answered"
    told = (await scene.ask("GET", "/api/privacy/recipients"))["items"]
    assert ("webhook", "crm.example") in {(each["kind"], each["host"]) for each in told}
    bad = {"keep": {"people": 30}}
    refused = await scene.ask("PUT", "/api/privacy/settings", bad, status=400)
    assert refused["code"] == "privacy.people_first"
    agent = await shop.agent("supervisor")
    stranger_shop = await make_workspace(shop.db)
    for path in (f"/api/contacts/{scene.contact}/privacy", one + "/file", "/api/privacy/settings"):
        answer: httpx2.Response = await agent.request("GET", path)
        assert answer.status_code == 403, path
    async with shop.db.tx(stranger_shop) as tx:
        assert await tx.fetch("select 1 from privacy_requests") == []


def test_every_table_says_what_becomes_of_what_it_holds_of_customers() -> None:
    tables = {line.split()[0] for line in GRANTS.strip().splitlines()}
    told = {*SAID, *KNOWN, *ELSEWHERE, *NOTHING}
    assert tables - told == set()
    assert told - tables == set()
    assert not NOTHING & {*SAID, *KNOWN, *ELSEWHERE}
