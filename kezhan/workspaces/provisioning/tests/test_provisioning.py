"""A directory's requests from the door: people and groups come, change and go."""

import json
from typing import Any, NamedTuple
from uuid import UUID

import httpx2
import pytest
from msgspec import structs

from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.events import SessionRevoked
from kezhan.workspaces.provisioning import said
from kezhan.workspaces.provisioning.filters import Is, Joined, parse
from kezhan.workspaces.provisioning.tests import recorded
from kezhan.workspaces.tests.factories import Person, actions, heard, make_person, member_client, sign_in

LI = said.Person(
    user_name="li.wei@tea.example",
    external_id="e-1",
    email="li.wei@tea.example",
    name="Li Wei",
    given="Li",
    family="Wei",
)


class Directory(NamedTuple):
    owner: Person
    desk: httpx2.AsyncClient
    scim: httpx2.AsyncClient

    async def person(self, **more: Any) -> dict[str, Any]:
        """A new one; her user name is her own."""
        name = f"{new_id().hex}@tea.example"
        made = await self.scim.post("/scim/v2/Users", json={"userName": name, "displayName": "新人", **more})
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def group(self, name: str, *ids: str) -> dict[str, Any]:
        body = {"displayName": name, "members": [{"value": one} for one in ids]}
        made = await self.scim.post("/scim/v2/Groups", json=body)
        assert made.status_code == 201, made.text
        found: dict[str, Any] = made.json()
        return found

    async def patch(self, kind: str, one: str, *operations: dict[str, Any]) -> httpx2.Response:
        body = {"schemas": [recorded.PATCH], "Operations": list(operations)}
        return await self.scim.patch(f"/scim/v2/{kind}/{one}", json=body)

    async def teams(self) -> dict[str, set[str]]:
        found = (await self.desk.get("/api/teams")).json()["items"]
        return {team["name"]: set(team["member_ids"]) for team in found}

    async def member(self, one: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.desk.get(f"/api/members/{one}")).json()
        return found


async def directory(house: Running, **settings: Any) -> Directory:
    owner, desk = await member_client(house)
    if settings:
        assert (await desk.put("/api/workspace/provisioning", json=settings)).status_code == 200
    made = await desk.post("/api/workspace/provisioning/tokens", json={"name": "Entra"})
    assert made.status_code == 201, made.text
    scim = await house.client()
    scim.headers["authorization"] = f"Bearer {made.json()['secret']}"
    return Directory(owner, desk, scim)


# Without a house


@pytest.mark.parametrize("name", recorded.PEOPLE)
def test_what_is_said_of_people_is_understood(name: str) -> None:
    body, then = recorded.PEOPLE[name]
    found = said.changed_person(LI, body)
    told = {
        "active": found.active,
        "displayName": found.name,
        "externalId": found.external_id,
        "userName": found.user_name,
        "emails": [{"value": found.email, "type": "work", "primary": True}],
    }
    assert told | then == told
    assert said.changed_person(found, body) == found


@pytest.mark.parametrize(("body", "kind"), recorded.BAD, ids=lambda one: str(one)[:60])
def test_what_cannot_be_understood_is_refused(body: dict[str, Any], kind: str) -> None:
    with pytest.raises(Refused) as fault:
        said.changed_person(structs.replace(LI, user_name="liwei", email="li@tea.example"), body)
    assert kind.lower().removeprefix("invalid").removeprefix("no") in fault.value.code.replace(
        "_", ""
    ).replace("body", "syntax")


def test_names_are_put_together_as_they_are_written() -> None:
    assert [said.joined(*pair) for pair in (("伟", "李"), ("Li", "Wei"), ("", "李"), ("Zoë", "Ås"))] == [
        *("李伟", "Li Wei", "李", "Zoë Ås")
    ]


KNOWN = frozenset({"username", "active", "emails.value", "externalid"})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('userName eq "a@b.c"', Is("username", "a@b.c")),
        (f'{recorded.USER}:userName Eq "x"', Is("username", "x")),
        ('emails[type eq "work"].value eq "x"', Is("emails.value", "x")),
        ('emails.value eq "q\\"q"', Is("emails.value", 'q"q')),
        (
            'userName eq "a" or active eq false and (externalId eq "1" or externalId eq "2")',
            Joined(
                "or",
                [
                    Is("username", "a"),
                    Joined(
                        "and",
                        [
                            Is("active", False),
                            Joined("or", [Is("externalid", "1"), Is("externalid", "2")]),
                        ],
                    ),
                ],
            ),
        ),
        *(
            (bad, None)
            for bad in (
                "",
                "userName",
                'userName sw "x"',
                "userName eq",
                "userName eq 5",
                'title eq "x"',
                '(userName eq "x"',
                'userName eq "x")',
                'userName eq "x" and',
                'userName eq "x" xor active eq true',
                "'; drop table memberships",
                "(" * 1500,
                'userName eq "' + "x" * 3000,
                'userName eq "\\ud800"',
            )
        ),
    ],
    ids=lambda one: str(one)[:40],
)
def test_filters(text: str, found: Any) -> None:
    if found is None:
        with pytest.raises(Refused):
            parse(text, KNOWN)
    else:
        assert parse(text, KNOWN) == found


# With one


async def test_people_come_change_and_go(house: Running) -> None:
    place = await directory(house)
    scim = place.scim
    made = []
    for body in (recorded.ENTRA_NEW, recorded.OKTA_NEW):
        unknown = await scim.get("/scim/v2/Users", params={"filter": f'userName eq "{body["userName"]}"'})
        assert unknown.json()["totalResults"] == 0
        answer = await scim.post("/scim/v2/Users", content=json.dumps(body))
        assert answer.status_code == 201, answer.text
        assert answer.headers["content-type"].startswith("application/scim+json")
        one = answer.json()
        assert (answer.headers["etag"], answer.headers["location"]) == (
            one["meta"]["version"],
            f"{house.url}/scim/v2/Users/{one['id']}",
        )
        assert "password" not in answer.text
        again = await scim.post("/scim/v2/Users", json=body)
        assert (again.status_code, again.json()["scimType"], again.json()["status"]) == (
            *(409, "uniqueness", "409"),
        )
        made.append(one)
        member = await place.member(one["id"])
        assert (member["name"], member["role"]) == (body["displayName"], "agent")
    entra, okta = made
    assert entra["emails"][0]["value"] == "Test_User_fd0ea19b@tea.example"
    for wanted, ids in (
        ('userName eq "TEST.user@okta.tea.example"', [okta["id"]]),
        (f'externalId eq "{recorded.ENTRA_NEW["externalId"]}"', [entra["id"]]),
        ('emails.value eq "test_user_fd0ea19b@tea.example" and active eq true', [entra["id"]]),
        ("active eq false", []),
        (f'id eq "{place.owner.id}"', [str(place.owner.id)]),
    ):
        found = (await scim.get("/scim/v2/Users", params={"filter": wanted})).json()
        assert [one["id"] for one in found["Resources"]] == ids, wanted
    page = (await scim.get("/scim/v2/Users", params={"startIndex": 2, "count": 1})).json()
    assert (page["totalResults"], page["startIndex"], page["itemsPerPage"]) == (3, 2, 1)
    assert [one["id"] for one in page["Resources"]] == [entra["id"]]
    few = (await scim.get("/scim/v2/Users", params={"count": 0, "startIndex": -3})).json()
    assert (few["totalResults"], few["Resources"]) == (3, [])
    only = await scim.get(f"/scim/v2/Users/{okta['id']}", params={"attributes": "userName,name.givenName"})
    assert set(only.json()) == {"schemas", "id", "meta", "userName", "name"}
    # A PUT is the whole: what it does not say is gone, but for who she is to the directory.
    put = {"userName": "test.user@okta.tea.example", "name": {"givenName": "T", "familyName": "U"}}
    whole = (await scim.put(f"/scim/v2/Users/{okta['id']}", json=put)).json()
    assert (whole["displayName"], whole["externalId"], whole["active"]) == (
        *("T U", recorded.OKTA_NEW["externalId"], True),
    )
    # What the directory calls her from now on is told in the log, once.
    called = {"userName": "t.user@okta.tea.example", "externalId": "00u-again"}
    was = {"userName": whole["userName"], "externalId": whole["externalId"]}
    for _ in range(2):
        assert (await place.patch("Users", okta["id"], {"op": "replace", "value": called})).is_success
    told = (await place.desk.get("/api/audit", params={"limit": 1})).json()["items"][0]
    assert (told["action"], told["detail"]["fields"]) == ("member.edit", ["external_id", "user_name"])
    assert {one["field"]: (one["before"], one["after"]) for one in told["changes"]} == {
        field: (was[name], called[name])
        for field, name in (("user_name", "userName"), ("external_id", "externalId"))
    }
    clash = await place.patch(
        "Users", okta["id"], {"op": "replace", "path": "userName", "value": entra["userName"]}
    )
    assert (clash.status_code, clash.json()["scimType"]) == (409, "uniqueness")
    for _ in range(2):
        gone = await place.patch("Users", okta["id"], {"op": "Replace", "path": "active", "value": "False"})
        assert (gone.status_code, gone.json()["active"]) == (200, False)
    assert (await scim.get(f"/scim/v2/Users/{okta['id']}")).json()["active"] is False
    back = await place.patch("Users", okta["id"], {"op": "replace", "value": {"active": True}})
    assert back.json()["active"] is True
    assert [(await scim.delete(f"/scim/v2/Users/{okta['id']}")).status_code for _ in range(2)] == [204, 404]
    # What she did stays hers, and somebody who comes again is the same.
    assert (await place.member(okta["id"]))["archived_at"] is not None
    assert (await scim.post("/scim/v2/Users", json=recorded.OKTA_NEW)).json()["id"] == okta["id"]
    log = await actions(house, place.owner.workspace_id)
    assert (log.count("member.archive"), log.count("member.join"), log.count("member.edit")) == (2, 4, 2)
    row = (await place.desk.get("/api/audit", params={"limit": 1})).json()["items"][0]
    assert (row["actor_kind"], row["actor_name"], row["action"]) == ("token", "Entra", "member.join")


async def test_who_loses_her_seat_is_out_at_once_and_the_last_owner_stays(house: Running) -> None:
    place = await directory(house)
    engineer, browser = await member_client(house, "engineer", place.owner.workspace_id)
    token = await browser.post("/api/tokens", json={"name": "x", "scopes": ["channel.read"]})
    program = await house.client()
    program.headers["authorization"] = f"Bearer {token.json()['secret']}"
    assert (await program.get("/api/channels")).status_code == 200
    with heard(house.db, place.owner.workspace_id) as seen:
        await place.patch("Users", str(engineer.id), {"op": "replace", "path": "active", "value": False})
    topics = {topic for _, topics in seen for topic in topics}
    assert any(isinstance(event, SessionRevoked) for event, _ in seen) and f"member:{engineer.id}" in topics
    assert ((await browser.get("/api/me")).status_code, (await program.get("/api/channels")).status_code) == (
        *(401, 401),
    )
    alone = str(place.owner.id)
    answers = [
        await place.patch("Users", alone, {"op": "replace", "path": "active", "value": False}),
        await place.scim.delete(f"/scim/v2/Users/{alone}"),
    ]
    assert [one.status_code for one in answers] == [409, 409]
    assert (await place.desk.get("/api/me")).status_code == 200
    # With another owner she may go, and she comes back as no owner.
    second = await make_person(house.db, place.owner.workspace_id, "owner")
    await place.patch("Users", alone, {"op": "replace", "path": "active", "value": False})
    back = await place.patch("Users", alone, {"op": "replace", "path": "active", "value": True})
    assert back.json()["active"] is True
    desk = await sign_in(house, second)
    assert (await desk.get(f"/api/members/{alone}")).json()["role"] == "agent"
    # Nor does who was shut out here have a say in who comes in again; others are what they were.
    for role, again in (("admin", "agent"), ("supervisor", "supervisor")):
        out = await make_person(house.db, place.owner.workspace_id, role)
        await place.patch("Users", str(out.id), {"op": "replace", "path": "externalId", "value": role})
        assert (await desk.delete(f"/api/members/{out.id}")).is_success
        await place.patch("Users", str(out.id), {"op": "replace", "path": "active", "value": True})
        found = (await desk.get(f"/api/members/{out.id}")).json()
        assert (found["role"], found["archived_at"]) == (again, None)


async def test_an_account_moves_with_its_address_but_not_an_owners(house: Running) -> None:
    place = await directory(house)
    for owns in (False, True):
        one, moved = (await place.person())["id"], f"{new_id().hex}@tea.example"
        if owns:
            assert (await place.desk.patch(f"/api/members/{one}", json={"role": "owner"})).is_success
        await place.patch("Users", one, {"op": "replace", "path": "emails", "value": [{"value": moved}]})
        async with house.db.system_tx() as tx:
            assert (await credentials.user_by_email(tx, moved) is None) is owns


@pytest.mark.parametrize("name", recorded.GROUPS)
async def test_what_is_said_of_groups_is_done(shared: "Shared", name: str) -> None:
    place, ids = shared
    group = await place.group("晚班", ids[0])
    body, members, called = recorded.GROUPS[name]
    filled = json.loads(json.dumps(body).replace("{0}", ids[0]).replace("{1}", ids[1]))
    wanted = {ids[0]} if members is None else {one.format(*ids) for one in members}
    for _ in range(2):
        answer = await place.scim.patch(f"/scim/v2/Groups/{group['id']}", json=filled)
        assert answer.status_code == 200, answer.text
        assert {one["value"] for one in answer.json()["members"]} == wanted
    assert (await place.teams())[called or "晚班"] == wanted
    assert (await place.scim.delete(f"/scim/v2/Groups/{group['id']}")).status_code == 204
    assert (await place.teams())[called or "晚班"] == set()
    for team in (await place.desk.get("/api/teams")).json()["items"]:
        await place.desk.delete(f"/api/teams/{team['id']}")


class Shared(NamedTuple):
    place: Directory
    ids: list[str]


@pytest.fixture(scope="module")
async def shared(house: Running) -> Shared:
    place = await directory(house)
    return Shared(place, [(await place.person())["id"] for _ in range(2)])


async def test_groups_are_teams_or_roles(house: Running) -> None:
    place = await directory(house)
    one, two = [(await place.person())["id"] for _ in range(2)]
    team = (await place.desk.post("/api/teams", json={"name": "前台"})).json()["id"]
    by_hand = str((await make_person(house.db, place.owner.workspace_id)).id)
    await place.desk.put(f"/api/teams/{team}/members", json={"member_ids": [by_hand]})
    group = await place.group("前台", one, two)
    assert await place.teams() == {"前台": {one, two, by_hand}}
    assert (await place.scim.post("/scim/v2/Groups", json={"displayName": "前台"})).status_code == 409
    found = await place.scim.get(
        "/scim/v2/Groups", params={"filter": 'displayName eq "前台"', "excludedAttributes": "members"}
    )
    assert [row["id"] for row in found.json()["Resources"]] == [group["id"]]
    assert "members" not in found.json()["Resources"][0]
    stranger = {"op": "add", "path": "members", "value": [{"value": str(new_id())}]}
    refused = await place.patch("Groups", group["id"], stranger)
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    # Who has no seat for a while is in her teams again when she has.
    await place.patch("Users", two, {"op": "replace", "path": "active", "value": False})
    await place.desk.put(f"/api/teams/{team}/members", json={"member_ids": [one]})
    await place.patch("Users", two, {"op": "replace", "path": "active", "value": True})
    assert await place.teams() == {"前台": {one, two}}
    # From now on the same groups decide on roles.
    rules = [{"value": "主管", "role": "supervisor"}, {"value": "前台", "role": "team_leader"}]
    roles = {"groups": "roles", "role": "operator", "role_map": rules}
    for _ in range(2):
        assert (await place.desk.put("/api/workspace/provisioning", json=roles)).status_code == 200
    assert {(await place.member(who))["role"] for who in (one, two)} == {"team_leader"}
    await place.group("主管", one, str(place.owner.id))
    assert [(await place.member(who))["role"] for who in (one, str(place.owner.id))] == [
        "supervisor",
        "owner",
    ]
    await place.patch("Groups", group["id"], {"op": "remove", "path": f'members[value eq "{two}"]'})
    assert (await place.member(two))["role"] == "operator"
    assert (await place.person())["groups"] == []
    shown = (await place.desk.get("/api/workspace/provisioning")).json()
    assert {row["name"]: row["members"] for row in shown["known_groups"]} == {"前台": 1, "主管": 2}
    assert (await actions(house, place.owner.workspace_id)).count("access.edit") == 1
    owners = {**roles, "role": "owner"}
    assert (await place.desk.put("/api/workspace/provisioning", json=owners)).status_code == 400


async def test_versions_are_told_and_kept_to(house: Running) -> None:
    place = await directory(house)
    one = await place.person()
    path, version = f"/scim/v2/Users/{one['id']}", one["meta"]["version"]
    known = await place.scim.get(path, headers={"if-none-match": version})
    assert (known.status_code, known.content) == (304, b"")
    body = {"Operations": [{"op": "replace", "path": "displayName", "value": "改名"}]}
    codes = [
        (await place.scim.patch(path, json=body, headers={"if-match": match})).status_code
        for match in (version, version, "*")
    ]
    assert codes == [200, 412, 200]
    stale = await place.scim.delete(path, headers={"if-match": version})
    assert (stale.status_code, "scimType" in stale.json()) == (412, False)
    # Somebody's change here is another version too.
    before = (await place.scim.get(path)).headers["etag"]
    await place.desk.patch(f"/api/members/{one['id']}", json={"name": "又改"})
    assert (await place.scim.get(path, headers={"if-none-match": before})).json()["displayName"] == "又改"


async def test_tokens_are_shown_once_and_give_way_to_each_other(house: Running) -> None:
    place = await directory(house)
    listed = await place.desk.get("/api/workspace/provisioning")
    old = place.scim.headers["authorization"].removeprefix("Bearer ")
    assert old not in listed.text and old.startswith("kzd_")
    for hours, good in ((1, 200), (0, 401)):
        form = {"name": "再来", "overlap_hours": hours}
        made = (await place.desk.post("/api/workspace/provisioning/tokens", json=form)).json()
        assert (await place.scim.get("/scim/v2/Users")).status_code == good
    refused = await place.scim.get("/scim/v2/Users")
    assert refused.json() == {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
        "status": "401",
        "detail": refused.json()["detail"],
    }
    assert refused.headers["www-authenticate"] == "Bearer"
    (kept,) = made["state"]["tokens"]
    place.scim.headers["authorization"] = f"Bearer {made['secret']}"
    assert (await place.scim.get("/scim/v2/ServiceProviderConfig")).json()["patch"] == {"supported": True}
    # It opens this door and no other, and no other token opens this one.
    assert (await place.scim.get("/api/members")).status_code == 401
    api = await place.desk.post("/api/tokens", json={"name": "x", "scopes": ["workspace.own"]})
    program = await house.client()
    program.headers["authorization"] = f"Bearer {api.json()['secret']}"
    assert (await program.get("/scim/v2/Users")).status_code == 401
    assert (await place.desk.get("/scim/v2/Users")).status_code == 401
    for _ in range(2):
        gone = await place.desk.delete(f"/api/workspace/provisioning/tokens/{kept['id']}")
        assert gone.status_code == 204
    assert (await place.scim.get("/scim/v2/Users")).status_code == 401
    log = await actions(house, place.owner.workspace_id)
    assert (log.count("token.create"), log.count("token.revoke")) == (4, 1)
    _, admin = await member_client(house, "admin", place.owner.workspace_id)
    assert (await admin.get("/api/workspace/provisioning")).status_code == 403
    assert (await admin.post("/api/workspace/provisioning/tokens", json={"name": "x"})).status_code == 403


async def test_another_workspaces_people_are_unknown_and_bad_requests_are_answered(house: Running) -> None:
    place, other = await directory(house), await directory(house)
    one, group = await place.person(), await place.group("前台")
    for kind, thing in (("Users", one["id"]), ("Groups", group["id"]), ("Users", "no-id"), ("Groups", "x")):
        for method in ("GET", "DELETE", "PUT", "PATCH"):
            body = {
                "userName": "x@y.z",
                "displayName": "x",
                "Operations": [{"op": "replace", "path": "displayName", "value": "x"}],
            }
            sent = None if method in {"GET", "DELETE"} else body
            answer = await other.scim.request(method, f"/scim/v2/{kind}/{thing}", json=sent)
            assert (answer.status_code, answer.json()["status"]) == (404, "404"), (kind, method)
    mixed = {"displayName": "混", "members": [{"value": one["id"]}]}
    assert (await other.scim.post("/scim/v2/Groups", json=mixed)).status_code == 400
    for path, content, status in (
        ("Users", b"[]", 400),
        ("Users", b"{", 400),
        ("Users", b'{"userName": "nobody"}', 400),
        ("Users", b'{"userName": "a\\u0000b@c.d"}', 400),
        ("Users", b'{"userName": "' + b"x" * 1_100_000, 413),
        ("Groups", b"{}", 400),
        ("Groups", b'{"displayName": 5, "members": [{"value": "no"}]}', 400),
        ("Bulk", b"{}", 404),
    ):
        answer = await place.scim.post(f"/scim/v2/{path}", content=content)
        assert answer.status_code == status, (path, content[:50], answer.text)
    wrong = await place.scim.get("/scim/v2/Users", params={"filter": "userName sw 'x'"})
    assert (wrong.status_code, wrong.json()["scimType"]) == (400, "invalidFilter")
    assert (await place.scim.get("/scim/v2/Users", params={"startIndex": "x"})).status_code == 400
    kinds = (await place.scim.get("/scim/v2/ResourceTypes")).json()["Resources"]
    for kind in kinds:
        assert (await place.scim.get(f"/scim/v2/Schemas/{kind['schema']}")).json()["id"] == kind["schema"]
        assert (await place.scim.get(f"/scim/v2/ResourceTypes/{kind['id']}")).status_code == 200
    assert (await place.scim.get("/scim/v2/Schemas")).json()["totalResults"] == 2
    assert UUID(one["id"])
