"""Notes about a person: everybody reads them, their author changes them, no version is lost."""

from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from kezhan.contacts import service
from kezhan.files.tests.factories import make_account
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client


async def met(house: Running, workspace_id: UUID) -> UUID:
    account_id = await make_account(house.db, workspace_id)
    async with house.db.tx(workspace_id) as tx:
        return (await service.resolve(tx, account_id=account_id, external_id=new_id().hex)).contact_id


async def put(client: httpx2.AsyncClient, path: str, **body: Any) -> tuple[int, Any]:
    answer = await client.put(path, json=body)
    return answer.status_code, answer.json()


async def test_a_note_is_written_changed_and_removed_and_its_versions_stay_until_then(house: Running) -> None:
    agent, client = await member_client(house, "agent")
    contact_id, note_id = await met(house, agent.workspace_id), new_id()
    notes, one = f"/api/contacts/{contact_id}/notes", f"/api/contact-notes/{note_id}"
    for _ in range(2):
        status, made = await put(client, f"{notes}/{note_id}", body=" 喜欢乌龙，不要加糖 ")
        assert (status, made["body"], made["version"], made["changed_at"]) == (
            200,
            "喜欢乌龙，不要加糖",
            1,
            None,
        )
    for _ in range(2):
        status, changed = await put(client, one, body="喜欢乌龙", version=1)
        assert (status, changed["body"], changed["version"]) == (200, "喜欢乌龙", 2)
    assert (await put(client, one, body="喜欢绿茶", version=1))[1]["code"] == "contacts.note_changed"
    versions = (await client.get(one + "/versions")).json()["items"]
    assert [(found["version"], found["body"]) for found in versions] == [
        (2, "喜欢乌龙"),
        (1, "喜欢乌龙，不要加糖"),
    ]
    await put(client, f"{notes}/{new_id()}", body="第二条")
    page = (await client.get(f"{notes}?limit=1")).json()
    rest = (await client.get(f"{notes}?limit=1&after={page['next']}")).json()
    assert [page["items"][0]["body"], rest["items"][0]["body"], rest["next"]] == ["第二条", "喜欢乌龙", None]
    for _ in range(2):
        assert (await client.delete(one)).status_code == 204
    assert (await client.get(one + "/versions")).status_code == 404
    async with house.db.tx(agent.workspace_id) as tx:
        logged = await tx.rows(
            text("select action, detail from audit_log where subject_id = :id order by at, id"),
            {"id": note_id},
        )
    assert [(row.action, row.detail["version"]) for row in logged] == [
        ("contact_note.add", 1),
        ("contact_note.edit", 2),
        ("contact_note.remove", 2),
    ]
    assert "乌龙" not in str(logged)


@pytest.mark.parametrize("body", ["", "  \n", "x" * 4001, "a\0b"])
async def test_a_note_without_words_is_refused(house: Running, body: str) -> None:
    agent, client = await member_client(house, "agent")
    contact_id = await met(house, agent.workspace_id)
    assert (await put(client, f"/api/contacts/{contact_id}/notes/{new_id()}", body=body))[0] == 400
    assert (await client.get(f"/api/contacts/{contact_id}/notes")).json()["items"] == []


async def test_who_may_do_what_with_a_note(house: Running) -> None:
    agent, client = await member_client(house, "agent")
    contact_id, note_id = await met(house, agent.workspace_id), new_id()
    notes, one = f"/api/contacts/{contact_id}/notes", f"/api/contact-notes/{note_id}"
    await put(client, f"{notes}/{note_id}", body="我写的")
    _, colleague = await member_client(house, "agent", agent.workspace_id)
    _, boss = await member_client(house, "supervisor", agent.workspace_id)
    _, inspector = await member_client(house, "inspector", agent.workspace_id)
    _, auditor = await member_client(house, "auditor", agent.workspace_id)
    _, stranger = await member_client(house, "owner")
    assert (await put(colleague, one, body="改了", version=1))[1]["code"] == "contacts.note_not_yours"
    assert (await put(boss, one, body="改了", version=1))[0] == 403
    assert (await put(colleague, f"{notes}/{note_id}", body="冒名"))[0] == 404
    assert (await colleague.delete(one)).status_code == 403
    assert (await put(inspector, f"{notes}/{new_id()}", body="不行"))[0] == 403
    assert [(await who.get(notes)).status_code for who in (inspector, auditor)] == [200, 403]
    assert (await stranger.get(notes)).json()["items"] == []
    assert (await put(stranger, f"{notes}/{new_id()}", body="外人"))[0] == 404
    assert (await stranger.delete(one)).status_code == 204
    assert [found["body"] for found in (await colleague.get(notes)).json()["items"]] == ["我写的"]
    assert (await boss.delete(one)).status_code == 204
    assert (await colleague.get(notes)).json()["items"] == []
