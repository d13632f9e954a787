"""Writes of settings tell from what to what, in their rooms' own names, and never a secret."""

from typing import Any

from sqlalchemy import text

from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

_KEY, _SECRET = "sk-a-key-nobody-reads", "a secret nobody reads"
_SERVICE = {"enabled": True, "address": "https://t.example.com/v1", "model": "small", "key": _KEY}
# what is asked, in order; `{id}` is of what the last POST made → changes that are told: field, from, to
_WRITES: list[tuple[str, str, Any, list[tuple[str, Any, Any]]]] = [
    ("PATCH", "/api/workspace", {"time_zone": "Asia/Tokyo"}, [("time_zone", "Asia/Shanghai", "Asia/Tokyo")]),
    ("POST", "/api/tags", {"name": "老客户"}, [("name", None, "老客户")]),
    ("PUT", "/api/tags/{id}", {"name": "常客", "version": 1}, [("name", "老客户", "常客")]),
    ("POST", "/api/shifts", {"name": "早", "starts": "08:00", "ends": "16:00"}, [("name", None, "早")]),
    ("PATCH", "/api/shifts/{id}", {"ends": "17:00"}, [("ends", "16:00:00", "17:00:00")]),
    ("POST", "/api/skills", {"kind": "skill", "name": "退款"}, [("name", None, "退款")]),
    ("PATCH", "/api/skills/{id}", {"name": "退货"}, [("name", "退款", "退货")]),
    ("PUT", "/api/translation", _SERVICE, [("address", None, "https://t.example.com/v1")]),
    ("PUT", "/api/translation", {**_SERVICE, "model": "big"}, [("model", "small", "big")]),
    (
        "PUT",
        "/api/order-source",
        {"address": "https://o.example.com/", "secret": _SECRET},
        [("address", None, "https://o.example.com/")],
    ),
    ("PUT", "/api/link-previews", {"enabled": True}, [("enabled", False, True)]),
    ("POST", "/api/channels", {"adapter": "webchat", "name": "店"}, [("name", None, "店")]),
    ("PATCH", "/api/channels/{id}", {"name": "茶店"}, [("name", "店", "茶店")]),
]


async def test_each_write_tells_from_what_to_what_and_never_a_secret(house: Running) -> None:
    owner, client = await member_client(house)
    made = ""
    for method, path, body, told in _WRITES:
        answer = await client.request(method, path.format(id=made), json=body)
        assert answer.status_code in {200, 201}, (path, answer.text)
        if method == "POST":
            made = (answer.json().get("channel") or answer.json())["id"]
        row = (await client.get("/api/audit", params={"limit": 1})).json()["items"][0]
        changes = [(one["field"], one["before"], one["after"]) for one in row["changes"]]
        assert [one for one in told if one not in changes] == [], (path, row)
    async with house.db.tx(owner.workspace_id) as tx:
        rows = await tx.rows(text("select cast(l as text) as row from audit_log l"))
    assert len(rows) > len(_WRITES)
    assert not any(secret in row.row for row in rows for secret in (_KEY, _SECRET))


async def test_what_is_changed_of_a_customer_is_sealed_under_her_key(house: Running) -> None:
    owner, client = await member_client(house)
    async with house.db.tx(owner.workspace_id) as tx:
        contact = await tx.value(
            text(
                "insert into contacts (workspace_id, id, name, note)"
                " values (:ws, gen_random_uuid(), '陆羽', '') returning id"
            ),
            {"ws": owner.workspace_id},
        )
    for _ in range(2):
        answer = await client.patch(f"/api/contacts/{contact}", json={"email": "lu@tea.example"})
        assert answer.status_code == 200
    rows = (await client.get("/api/audit", params={"subject_id": str(contact)})).json()["items"]
    told = [row["changes"] for row in rows if row["action"] == "contact.edit"]
    assert told[-1] == [{"field": "email", "before": None, "after": "lu@tea.example"}]
    found = (await client.get("/api/audit", params={"q": "lu@tea.example"})).json()["items"]
    assert found == [], "what is sealed is not looked through"
    async with house.db.tx(owner.workspace_id) as tx:
        rows = await tx.rows(text("select cast(l as text) as row from audit_log l"))
    assert not any("lu@tea" in row.row for row in rows)
