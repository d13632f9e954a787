"""Fields of a workspace's own: what is refused, who reads and writes each wherever a value leaves, how it is
found."""

import asyncio
from typing import Any

import psycopg
import pytest

from kezhan.contacts.schemas import Profile
from kezhan.contacts.sealing import work as sealing
from kezhan.contacts.tests.test_join import agent, meet
from kezhan.fields.rights import edited, in_words, key_of, may_read, may_write, shown
from kezhan.fields.schemas import CustomField, Subject
from kezhan.fields.service import fields_of
from kezhan.files.tests.factories import Person, make_account, make_workspace, sign_in
from kezhan.forms.schemas import Choice, FieldKind
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import SUPERUSER
from kezhan.kit.testing import until
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import caller
from tests.catalogue import GRANTS

__all__ = ["agent"]
Json = dict[str, Any]
SETS = "/api/fields/contact"
GOLD = [{"id": "g", "label": "金"}, {"id": "s", "label": "银"}]


def asked(id_: str, kind: str = "text", **more: Any) -> Json:
    return {"id": id_, "kind": kind, "label": id_, **more}


async def put_fields(boss: Person, *fields: Json, version: int = 0) -> Json:
    answer = await boss.client.put(SETS, json={"version": version, "fields": fields})
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.mark.parametrize(
    ("kind", "good", "kept", "bad"),
    [
        ("text", " 茶 ", "茶", 7),
        ("long_text", "一\n二", "一\n二", "x" * 5001),
        ("number", 12.5, 12.5, "12"),
        ("date", "2026-02-28", "2026-02-28", "2026-02-30"),
        ("yes_no", False, False, "no"),
        ("choice", "g", "g", "x"),
        ("choices", ["g", "s"], ["g", "s"], ["g", "g"]),
        ("link", "https://a.cn/b?c=1", "https://a.cn/b?c=1", "javascript:alert(1)"),
        ("phone", "+86 138-0013-8000", "+86 138-0013-8000", "call me"),
        ("email", "a@b.cn", "a@b.cn", "a b.cn"),
    ],
)
def test_a_value_is_kept_in_the_shape_of_its_kind(kind: str, good: Any, kept: Any, bad: Any) -> None:
    choices = [Choice(id=one["id"], label=one["label"]) for one in GOLD] if kind.startswith("choice") else []
    field = CustomField(id="f", kind=FieldKind(kind), label="甲", choices=choices, required=True)
    who = caller("agent")
    assert edited([field], {}, {"f": good}, who) == {"f": kept}
    for value, code in ((bad, "forms.bad_value"), (None, "forms.missing")):
        with pytest.raises(Refused) as refused:
            edited([field], {"f": kept}, {"f": value}, who)
        assert (refused.value.code, refused.value.field) == (code, "f")
    assert "\0" not in key_of(kept) and in_words(field, kept) is not None


def test_who_reads_and_writes_is_who_is_named() -> None:
    open_, read, write = (
        CustomField(id=name, kind=FieldKind.TEXT, label=name, reads=reads, writes=writes, in_list=True)
        for name, reads, writes in (
            ("o", [], []),
            ("r", ["supervisor", "token"], []),
            ("w", [], ["supervisor"]),
        )
    )
    table = {
        "agent": ("ow", "o"),
        "supervisor": ("orw", "orw"),
        None: ("orw", "or"),
        "admin": ("orw", "orw"),
    }
    for role, (reads, writes) in table.items():
        who = caller(role)
        fields = (open_, read, write)
        assert "".join(one.id for one in fields if may_read(one, who)) == reads, role
        assert "".join(one.id for one in fields if may_write(one, who)) == writes, role
        assert [one.text for one in shown(fields, {"o": "1", "r": "2", "w": "3"}, who)] == (
            ["1", "2"] if "r" in reads else ["1", "3"]
        )
    with pytest.raises(Forbidden):
        edited([open_, read, write], {}, {"w": "x"}, caller("agent"))
    with pytest.raises(Refused, match="no_such_field"):
        edited([open_, read, write], {}, {"r": "x"}, caller("agent"))


async def test_a_value_leaves_to_whom_may_read_it_and_to_nobody_else(house: Running, agent: Person) -> None:
    boss = await sign_in(house, agent.workspace_id, "admin")
    account = await make_account(house.db, agent.workspace_id)
    one, two = [
        str((await meet(house.db, agent.workspace_id, account, name, Profile(name=name))).contact_id)
        for name in ("u-1", "u-2")
    ]
    await put_fields(
        boss,
        asked("no", in_list=True),
        asked("debt", "number", reads=["supervisor"], in_list=True),
        asked("old", archived=True),
    )
    for contact, told in ((one, {"no": "Ｋ-100", "debt": 5000}), (two, {"no": "k-200", "debt": 7000})):
        answer = await boss.client.patch(f"/api/contacts/{contact}", json={"fields": told})
        assert [field["value"] for field in answer.json()["fields"]] == [*told.values()], answer.text
    own = (await agent.client.get(SETS)).json()
    assert ([field["id"] for field in own["fields"]], own["manages"]) == (["no"], False)
    leaves = [
        ("GET", f"/api/contacts/{one}", None),
        ("GET", "/api/contacts", None),
        ("GET", "/api/contacts?q=5000", None),
        ("GET", "/api/view-words", None),
        ("PATCH", f"/api/contacts/{one}", {"name": "甲"}),
        ("GET", f"/api/contacts/{one}/merge-preview?other_id={two}", None),
        ("PUT", f"/api/contacts/{two}/merger", {"into": one, "take_fields": ["no"]}),
    ]
    for method, path, body in leaves:
        for person, sees in ((boss, True), (agent, False)) if method == "GET" else ((agent, False),):
            answer = await person.client.request(method, path, json=body)
            assert answer.status_code == 200, answer.text
            leaks = "debt" in answer.text or "5000" in answer.text or "7000" in answer.text
            assert leaks is sees, (path, answer.text)
    refused: list[tuple[Any, ...]] = [
        ({"debt": 1}, 400, "forms.no_such_field"),
        ({"old": "x"}, 400, "forms.no_such_field"),
        ({"no": 7}, 400, "forms.bad_value"),
    ]
    for values, status, code in refused:
        answer = await agent.client.patch(f"/api/contacts/{one}", json={"fields": values})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    # Found by all of it, however it is written; merged, by what was chosen; parted, by what it was.
    found = (await agent.client.get("/api/contacts", params={"q": "K-200"})).json()["items"]
    assert [row["id"] for row in found] == [one]
    (merge,) = (await agent.client.get(f"/api/contacts/{one}")).json()["merges"]
    assert (await agent.client.delete(f"/api/contact-merges/{merge['id']}")).status_code == 200
    for words, contact in (("k-100", one), ("K-200", two)):
        found = (await agent.client.get("/api/contacts", params={"q": words})).json()["items"]
        assert [row["id"] for row in found] == [contact]
    said = [field["value"] for field in (await boss.client.get(f"/api/contacts/{one}")).json()["fields"]]
    assert said == ["Ｋ-100", 5000]


async def test_fields_are_archived_and_not_lost_and_a_later_word_does_not_pass_over_another(
    house: Running, agent: Person
) -> None:
    boss = await sign_in(house, agent.workspace_id, "admin")
    for _ in range(2):
        stands = await put_fields(boss, asked("a"), asked("b", "choice", choices=GOLD))
    assert stands["version"] == 1
    refused: list[tuple[Any, ...]] = [
        (1, [asked("a")], 409, "fields.is_archived_only"),
        (1, [asked("a", "number"), asked("b", "choice", choices=GOLD)], 409, "fields.kind_stays"),
        (1, [asked("a"), asked("b", "choice", choices=GOLD[:1])], 409, "fields.choice_stays"),
        (0, [asked("b", "choice", choices=GOLD), asked("a")], 409, "forms.changed"),
        (1, [asked("a", reads=["king"]), asked("b", "choice", choices=GOLD)], 400, "fields.no_such_role"),
        (1, [asked("a"), asked("a")], 400, "forms.twice"),
        (1, [asked("a", "choice")], 400, "forms.no_choices"),
    ]
    for version, fields, status, code in refused:
        answer = await boss.client.put(SETS, json={"version": version, "fields": fields})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    await put_fields(boss, asked("b", "choice", choices=GOLD), asked("a", archived=True), version=1)
    assert [field["id"] for field in (await agent.client.get(SETS)).json()["fields"]] == ["b"]
    assert (await agent.client.put(SETS, json={"version": 2, "fields": []})).status_code == 403
    abroad = await sign_in(house, await make_workspace(house.db), "admin")
    assert (await abroad.client.get(SETS)).json()["fields"] == []


def _stands(house: Running, word: str) -> set[str]:
    """The tables in which it stands plain."""
    with psycopg.connect(house.db.access.psycopg(SUPERUSER)) as connection:
        names = [line.split()[0] for line in GRANTS.strip().splitlines()]
        held = "select exists (select from {} t where position(%s in t::text) > 0)"
        return {
            name for name in names if connection.execute(held.format(name), (word,)).fetchone() == (True,)
        }


async def test_what_is_kept_sealed_stands_plain_nowhere_and_is_read_by_right(
    house: Running, agent: Person
) -> None:
    boss = await sign_in(house, agent.workspace_id, "admin")
    account = await make_account(house.db, agent.workspace_id)
    one, two = [
        str((await meet(house.db, agent.workspace_id, account, name, Profile(name=name))).contact_id)
        for name in ("s-1", "s-2")
    ]
    first, later = "护照甲申乙酉", "护照丙戌丁亥"
    plain = asked("p", in_list=True)
    await put_fields(boss, plain)
    await boss.client.patch(f"/api/contacts/{one}", json={"fields": {"p": first}})
    await boss.client.patch(f"/api/contacts/{two}", json={"fields": {"p": "另一个"}})
    merged = await boss.client.put(f"/api/contacts/{two}/merger", json={"into": one, "take_fields": ["p"]})
    assert merged.status_code == 200, merged.text
    (merge,) = merged.json()["merges"]
    await boss.client.patch(f"/api/contacts/{one}", json={"fields": {"p": first}})
    assert {"contacts", "contact_merges", "field_keys"} <= _stands(house, first)
    async with house.db.tx(agent.workspace_id) as tx:  # somebody is about to write a value
        await fields_of(tx, Subject.CONTACT, stay=True)
        sealing = asyncio.create_task(put_fields(boss, {**plain, "sealed": True}, version=1))
        await asyncio.wait({sealing}, timeout=0.3)
        assert not sealing.done()
    stored = await sealing
    assert [(one["sensitive"], one["in_list"]) for one in stored["fields"]] == [(True, False)]

    async def settled() -> bool:
        return not (await boss.client.get(SETS)).json()["sealing"]

    await until(settled)
    assert _stands(house, first) == set()
    path = f"/api/contacts/{one}"

    async def reads(who: Person) -> list[Any]:
        told = (await who.client.get(path)).json()["fields"]
        return [(field["value"], field["masked"]) for field in told]

    assert (await reads(boss), await reads(agent)) == ([(first, False)], [(None, True)])
    for words, found in ((first, [one]), (first[:4], [])):
        for who in (boss, agent):
            answer = await who.client.get("/api/contacts", params={"q": words})
            assert [row["id"] for row in answer.json()["items"]] == found
    # What is short is guessed: it is found by those who may read it.
    await boss.client.patch(path, json={"fields": {"p": "甲乙"}})
    for who, found in ((boss, [one]), (agent, [])):
        answer = await who.client.get("/api/contacts", params={"q": "甲乙"})
        assert [row["id"] for row in answer.json()["items"]] == found
    for _ in range(2):
        assert (await boss.client.patch(path, json={"fields": {"p": later}})).status_code == 200
    assert _stands(house, later) == set()
    reveal = {"part": "field", "key": "p", "reason": "核对护照"}
    assert (await agent.client.post(f"{path}/reveal", json=reveal)).json() == {"value": later}
    forged = await boss.client.patch(path, json={"fields": {"p": "kz-sealed:k1:p:AAAA"}})
    assert forged.json()["fields"][0]["value"] == "kz-sealed:k1:p:AAAA"
    await boss.client.patch(path, json={"fields": {"p": later}})
    words = (await boss.client.get("/api/view-words")).json()
    assert words["fields"] == []
    # Opened again, and parted.
    await put_fields(boss, {**plain, "sealed": False}, version=2)
    await until(settled)
    assert "contacts" in _stands(house, later) and await reads(boss) == [(later, False)]
    assert (await boss.client.delete(f"/api/contact-merges/{merge['id']}")).status_code == 200


async def test_what_lists_keep_to_undo_is_sealed_in_pieces(
    house: Running, agent: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that works through a whole list would hold up all that is told meanwhile."""
    monkeypatch.setattr(sealing, "_PIECE", 2)
    boss = await sign_in(house, agent.workspace_id, "admin")
    await put_fields(boss, asked("p"))
    with psycopg.connect(house.db.access.psycopg(SUPERUSER)) as admin:
        admin.execute("set session_replication_role = replica")  # rows of a list that nobody brought in
        for no in range(5):
            told = f'{{"before": {{"fields": null}}, "after": {{"fields": {{"p": "护照卷宗{no}"}}}}}}'
            admin.execute(
                "insert into contact_import_rows (workspace_id, import_id, no, outcome, known)"
                " values (%s, %s, %s, 'changed', %s)",
                (agent.workspace_id, new_id() if no % 4 == 0 else agent.workspace_id, no, told),
            )
    assert _stands(house, "护照卷宗") == {"contact_import_rows"}
    pieces, kept = list[str](), sealing._kept

    async def counted(*given: Any) -> Any:
        pieces.append(given[3])
        return await kept(*given)

    monkeypatch.setattr(sealing, "_kept", counted)
    await put_fields(boss, asked("p", sealed=True), version=1)

    async def settled() -> bool:
        return not (await boss.client.get(SETS)).json()["sealing"]

    await until(settled)
    assert _stands(house, "护照卷宗") == set()
    assert pieces == ["contact_merges", *["contact_import_rows"] * 3]
