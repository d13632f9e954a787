"""What is masked from somebody reaches her on no path there is: every route that reads, every frame, every
list taken out, every webhook; and who may have it revealed."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import islice, product
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kezhan.app import routes
from kezhan.channels.tests.people import Shop
from kezhan.kit.clock import now, wire
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.simulate.client import Agent, Visitor
from kezhan.workspaces.permissions import Permission

PHONE, MAIL = "13987654321", "zhenzhen.unmistakable@example.com"
ID_CARD, BANK = "11010519491231002X", "6222021234567890128"
ABROAD, FIELD = "447911987654", "暗号甲乙丙"
SECRETS = (PHONE, MAIL, ID_CARD, BANK, ABROAD, FIELD)
SAID = f"我是{PHONE}，{MAIL}，证{ID_CARD}，卡{BANK}"
BLIND = sorted(set(Permission) - {Permission.WORKSPACE_OWN, Permission.SENSITIVE_READ})
STAFF = "/api/staff-rooms"
EVENTS = ["conversation.opened", "message.received", "message.sent", "note.added", "contact.updated"]


class Scene(NamedTuple):
    """`reader` may do everything but read it; `contact` and `talk` are the customer's of whom it is told."""

    shop: Shop
    owner: Agent
    reader: Agent
    visitor: Visitor
    talk: str
    contact: str
    heard: list[Any]


async def _ok(agent: Agent, method: str, path: str, body: Any = None) -> Any:
    answer = await agent.request(method, path, body)
    assert answer.status_code < 300, (path, answer.text)
    return answer.json() if answer.content else None


async def _scene(shop: Shop) -> Scene:
    """A customer of whom everything is told in every place where it may stand."""
    owner, reader = await shop.agent("owner", "东家"), await shop.agent("agent", "看不见")
    policy = {"masked": ["id_card", "bank_card", "phone", "email"], "plain_when_serving": True}
    await _ok(owner, "PUT", "/api/masking", policy)
    role = await _ok(owner, "POST", "/api/roles", {"name": "全能", "permissions": BLIND})
    me = await reader.get("/api/me")
    await _ok(owner, "PATCH", f"/api/members/{me['id']}", {"role": role["key"]})
    heard: list[Any] = []
    reader.heard.append(heard.append)
    own = {"id": "f", "kind": "text", "label": "口令", "sensitive": True, "in_list": True}
    other = {"id": "g", "kind": "text", "label": "说明", "in_list": True}
    await _ok(owner, "PUT", "/api/fields/contact", {"version": 0, "fields": [own, other]})
    endpoint = {"name": "外", "address": "https://crm.example/", "events": EVENTS}
    await _ok(owner, "POST", "/api/webhooks", endpoint)
    page = {"url": f"https://a.cn/?m={MAIL}", "title": f"订单 {PHONE}"}
    visitor = await shop.visitor(page=page)
    talk = (await visitor.say(SAID))["conversation_id"]
    contact = (await owner.get(f"/api/conversations/{talk}"))["head"]["contact_id"]
    edit = {"name": f"甄真 {PHONE}", "phone": PHONE, "email": MAIL, "note": SAID}
    await _ok(owner, "PATCH", f"/api/contacts/{contact}", {**edit, "fields": {"f": FIELD, "g": SAID}})
    async with shop.db.tx(shop.workspace_id) as tx:
        told = msgspec.json.encode({"v": 1, "values": {"手机": PHONE, "abroad": int(ABROAD)}}).decode()
        await tx.fetch("update contacts set attributes = $2::text::jsonb where id = $1", UUID(contact), told)
        await tx.fetch("update identities set external_id = $2 where contact_id = $1", UUID(contact), ABROAD)
    twin = (await (await shop.visitor()).say("在吗"))["conversation_id"]
    twin_id = (await owner.get(f"/api/conversations/{twin}"))["head"]["contact_id"]
    await _ok(owner, "PATCH", f"/api/contacts/{twin_id}", {"phone": PHONE})
    await reader.connected.wait()
    await reader.watch(talk)
    await _ok(owner, "PUT", f"/api/conversations/{talk}/assignment", {})
    await owner.watch(talk)
    await owner.say(talk, f"回：{SAID}", original=f"原文 {SAID}")
    await owner.say(talk, f"@看不见 {SAID}", kind="note", mentions=[me["id"]])
    later = {"at": wire(now() + timedelta(hours=1)), "body": f"以后 {SAID}"}
    await _ok(owner, "PUT", f"/api/conversations/{talk}/scheduled/{new_id()}", later)
    await _ok(owner, "PUT", f"/api/contacts/{contact}/notes/{new_id()}", {"body": SAID})
    room = await _ok(owner, "POST", STAFF, {"kind": "direct", "member_id": me["id"]})
    await _ok(owner, "POST", f"{STAFF}/{room['room']['id']}/messages", {"client_id": "1", "body": SAID})
    return Scene(shop, owner, reader, visitor, talk, contact, heard)


async def _ids(scene: Scene) -> dict[str, list[str]]:
    """What may stand for a path's `something_id`, what is known to be hers first."""
    found: dict[str, list[str]] = {"conversation_id": [scene.talk], "contact_id": [scene.contact]}
    async with scene.shop.db.tx(scene.shop.workspace_id) as tx:
        columns = await tx.fetch(
            "select c.relname as t, a.attname as c from pg_class c join pg_attribute a on a.attrelid = c.oid"
            " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0"
            " and a.atttypid = 'uuid'::regtype and a.attname ~ '^(id|.*_id)$'"
            " and has_table_privilege(c.oid, 'select')"
        )
        for row in columns:
            name = f"{row['t'].rstrip('s')}_id" if row["c"] == "id" else row["c"]
            rows = await tx.fetch(f'select distinct "{row["c"]}" as id from "{row["t"]}" limit 3')  # noqa: S608
            found.setdefault(name, []).extend(str(one["id"]) for one in rows if one["id"])
    return found


def _addresses(ids: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Every address of ours that is read, by its route, filled in with what there is."""
    told: dict[str, list[str]] = {}
    asked = {"q": PHONE, "before": "1000", "name": "all", "since": wire(now() - timedelta(days=1))}
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    known = {
        "kind": ["person", "conversation", "message", "file"],
        "subject": ["contact"],
        "seq": ["1", "2", "3"],
    }
    for route in routes():
        for path in route.paths if "GET" in route.http_methods else ():
            if path.startswith("/api/") and "{path" not in path:
                plain = re.sub(r":\w+}", "}", path)
                names = re.findall(r"{(\w+)}", plain)
                pools = [known.get(name) or ids.get(name, [])[:3] for name in names]
                filled = (plain.format(**dict(zip(names, one, strict=True))) for one in product(*pools))
                told[path] = [address + more for address in islice(filled, 2) for more in ("", f"?{query}")]
    return told


def _leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret in text]


async def _taken_out(scene: Scene, path: str) -> str:
    """Every list of hers, when all are made."""

    async def made() -> Any:
        items = (await scene.reader.get(path))["items"]
        return items if all(one["state"] == "done" for one in items) else None

    text = ""
    for one in await until(made):
        link = await scene.reader.get(f"{path}/{one['id']}/file")
        answer = await scene.reader.request("GET", link["url"])
        assert answer.status_code == 200, answer.text
        text += answer.content.decode("utf-8-sig")
    return text


async def test_nothing_reaches_who_may_not_read_it_and_everything_who_may(shop: Shop) -> None:
    scene = await _scene(shop)
    for kind in ("everyone", "person", "message"):
        form = {"kind": kind, "question": {"q": PHONE}}
        await _ok(scene.reader, "POST", "/api/search-exports", form)
    await _ok(scene.reader, "POST", "/api/audit-exports", {"form": "csv", "question": {}})
    leaks: dict[str, list[str]] = {}
    shown: set[str] = set()
    for path, addresses in _addresses(await _ids(scene)).items():
        for address in addresses:
            seen = await scene.reader.request("GET", address)
            assert seen.status_code < 500, (address, seen.text)
            if found := _leaks(seen.text):
                leaks[address] = found
            if "*" in seen.text or "••" in seen.text:
                plain = await scene.owner.request("GET", address)
                shown |= {path} if _leaks(plain.text) else set()
    assert leaks == {}
    assert len(shown) >= 15, sorted(shown)
    lists = [await _taken_out(scene, "/api/search-exports"), await _taken_out(scene, "/api/audit-exports")]
    assert [_leaks(text) for text in lists] == [[], []]
    assert "139****4321" in lists[0] and "••••" in lists[0]
    typing = {"type": "typing", "conversation_id": scene.talk, "body": SAID, "active": True}

    async def typed() -> bool:
        await scene.visitor.tell(typing)  # kept nowhere: whoever is away at the moment never hears of it
        return any(one["type"] == "typing" for one in scene.heard)

    await until(typed)
    frames = msgspec.json.encode(scene.heard).decode()
    assert {"changed", "listed", "typing"} <= {one["type"] for one in scene.heard}
    assert _leaks(frames) == [] and "139****4321" in frames
    async with shop.db.tx(shop.workspace_id) as tx:

        async def rows() -> list[Any]:
            return list(await tx.fetch("select body from webhook_events"))

        hooks = await rows()
    assert _leaks("".join(row["body"] for row in hooks)) == []


async def test_a_full_number_finds_her_and_a_reason_reveals_it(shop: Shop) -> None:
    scene = await _scene(shop)
    found = (await _ok(scene.reader, "GET", f"/api/contacts?q={PHONE}"))["items"]
    assert scene.contact in {one["id"] for one in found} and found[0]["phone"] == "139****4321"
    path = f"/api/contacts/{scene.contact}/reveal"
    for body in ({"part": "phone", "reason": " x "}, {"part": "phone"}, {"part": "owner", "reason": "回电"}):
        assert (await scene.reader.request("POST", path, body)).status_code == 400
    identity = (await _ok(scene.reader, "GET", f"/api/contacts/{scene.contact}"))["identities"][0]["id"]
    for part, key, value in (
        ("phone", "", PHONE), ("email", "", MAIL), ("note", "", SAID), ("identity", identity, ABROAD),
        ("attribute", "手机", PHONE), ("field", "f", FIELD),
    ):  # fmt: skip
        told = await _ok(scene.reader, "POST", path, {"part": part, "key": key, "reason": "客户要求回电"})
        assert told == {"value": value}
    nothing = await scene.reader.request("POST", path, {"part": "field", "key": "x", "reason": "回电"})
    assert nothing.status_code == 404
    messages = (await scene.reader.get(f"/api/conversations/{scene.talk}"))["messages"]
    seq = next(one["seq"] for one in messages if one["author"]["kind"] == "visitor")
    said_at = f"/api/conversations/{scene.talk}/messages/{seq}/reveal"
    said = await _ok(scene.reader, "POST", said_at, {"reason": "核对订单"})
    assert said == {"value": SAID}
    inspector = await shop.agent("inspector", "质检")
    assert (await inspector.request("POST", path, {"part": "phone", "reason": "看看"})).status_code == 403
    log = (await scene.owner.get("/api/audit?group=lookup"))["items"]
    kept = [(one["actor_name"], one["detail"]) for one in log if one["action"].endswith(".reveal")]
    assert ("看不见", {"v": 1, "what": "phone", "reason": "客户要求回电"}) in kept and len(kept) == 7
    statuses = [
        (await scene.reader.request("POST", path, {"part": "phone", "reason": "又来"})).status_code
        for _ in range(20)
    ]
    assert statuses[-1] == 429


async def test_who_serves_reads_it_plain_for_as_long_as_she_does(shop: Shop) -> None:
    scene = await _scene(shop)
    path = f"/api/conversations/{scene.talk}"

    async def bodies() -> str:
        older = await scene.reader.get(f"{path}/messages?before=1000")
        return str(older) + str((await scene.reader.get(path))["messages"])

    assert _leaks(await bodies()) == []
    me = (await scene.reader.get("/api/me"))["id"]
    await _ok(scene.owner, "PUT", f"{path}/assignment", {"member_id": me})
    assert set(_leaks(await bodies())) == {PHONE, MAIL, ID_CARD, BANK}
    await until(lambda: any(one["type"] == "resync" for one in scene.heard))
    scene.heard.clear()
    await scene.visitor.say(f"再说一次 {PHONE}")
    await until(lambda: any(one["type"] == "changed" and PHONE in str(one) for one in scene.heard))
    rows = await scene.reader.get("/api/conversations?name=mine")
    assert PHONE in str(rows), "the line in her list"
    policy = {"masked": ["phone"], "plain_when_serving": False}
    await _ok(scene.owner, "PUT", "/api/masking", policy)
    assert _leaks(await bodies()) == [MAIL, ID_CARD, BANK]
    await _ok(scene.owner, "PUT", "/api/masking", {"masked": [], "plain_when_serving": True})
    assert set(_leaks(await bodies())) == {PHONE, MAIL, ID_CARD, BANK}


async def test_what_was_masked_comes_back_unharmed(shop: Shop) -> None:
    scene = await _scene(shop)
    await _words_come_back(scene)
    path = f"/api/contacts/{scene.contact}"
    card = await scene.reader.get(path)
    edit = {
        "name": card["name"],
        "phone": card["phone"],
        "email": card["email"],
        "note": card["note"] + "，急",
    }
    told = {one["field"]["id"]: one["value"] for one in card["fields"]}
    assert told["f"] is None
    await _ok(scene.reader, "PATCH", path, {**edit, "fields": {"g": told["g"]}})
    kept = await scene.owner.get(path)
    assert (kept["phone"], kept["email"], kept["note"]) == (PHONE, MAIL, SAID + "，急")
    assert (kept["name"], {one["field"]["id"]: one["value"] for one in kept["fields"]}) == (
        f"甄真 {PHONE}", {"f": FIELD, "g": SAID},
    )  # fmt: skip


async def _words_come_back(scene: Scene) -> None:
    """What she has written herself and reads masked: changed, it keeps what stands masked in it."""
    _, owner, reader, _, talk, contact, _ = scene
    fields = [{"id": "why", "kind": "text", "label": "原因"}, {"id": "no", "kind": "number", "label": "号码"}]
    form = await _ok(owner, "PUT", "/api/forms/wrap_up", {"version": 0, "fields": fields})
    asked = {"form_id": form["id"], "version": form["version"]}
    note, later = new_id(), f"/api/conversations/{talk}/scheduled/{new_id()}"
    notes, wrap = f"/api/contacts/{contact}/notes", f"/api/conversations/{talk}/wrap-up"
    await _ok(reader, "PUT", f"{notes}/{note}", {"body": SAID})
    send = {"at": wire(now() + timedelta(hours=1)), "body": SAID, "original": f"原 {SAID}"}
    await _ok(reader, "PUT", later, send)
    given = {"why": SAID, "no": int(PHONE)}
    await _ok(reader, "PUT", wrap, {**asked, "values": given})
    mine = next(one for one in (await reader.get(notes))["items"] if one["id"] == str(note))
    waits = next(
        one for one in (await reader.get(later.rpartition("/")[0]))["items"] if one["id"] == later[-36:]
    )
    values = (await reader.get(wrap))["values"]
    told = str((mine["body"], waits["body"], waits["original"], values))
    assert _leaks(told) == [] and "139****4321" in told
    await _ok(reader, "PUT", f"/api/contact-notes/{note}", {"body": mine["body"] + "，急", "version": 1})
    await _ok(reader, "PUT", later, {**send, "body": waits["body"] + "，急", "original": waits["original"]})
    await _ok(reader, "PUT", wrap, {**asked, "values": {**values, "why": values["why"] + "，急"}})
    async with scene.shop.db.tx(scene.shop.workspace_id) as tx:
        (one,) = await tx.fetch("select body from contact_notes where id = $1", note)
        (other,) = await tx.fetch(
            "select body, original from scheduled_messages where id = $1", UUID(later[-36:])
        )
    kept = [one["body"], other["body"], other["original"]]
    assert kept == [SAID + "，急", SAID + "，急", f"原 {SAID}"]
    assert (await owner.get(wrap))["values"] == {**given, "why": SAID + "，急"}
    # Nor does a refusal say what she may not read.
    twice = [{"id": "a", "kind": "text", "label": f"电话 {PHONE}"}] * 2
    refused = await reader.request("PUT", "/api/fields/company", {"version": 0, "fields": twice})
    assert (refused.status_code, _leaks(refused.text), "139****4321" in refused.text) == (400, [], True)
