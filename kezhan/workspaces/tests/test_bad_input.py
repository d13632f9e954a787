"""What no route takes: wrong shapes, sizes and characters. Each is a clear refusal that writes nothing."""

from typing import Any
from uuid import UUID

import httpx2
import pytest

from kezhan.kit.paging import encode_cursor
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import Person, actions, make_person, member_client

_ID = str(UUID(int=1))
_ANYBODY = {"name": "林", "password": "a good long password"}
# Every route with a body, and one that would do.
_FORMS: dict[str, dict[str, Any]] = {
    "POST /api/setup": {
        "token": "kzo_x",
        "workspace_name": "茶铺",
        "email": "a@example.com",
        **_ANYBODY,
    },
    "POST /api/session": {"email": "a@example.com", "password": "x"},
    "POST /api/session/workspace": {"workspace_id": _ID},
    "PATCH /api/me": {"name": "林", "language": "en"},
    "PUT /api/me/password": {"old": "x", "new": "a good new password"},
    "PATCH /api/workspace": {"name": "茶铺", "language": "en", "time_zone": "UTC"},
    "PATCH /api/members/{id}": {"name": "林", "role": "agent"},
    "POST /api/workspace/invitations": {"email": "a@example.com", "role": "agent", "team_ids": []},
    "POST /api/invitations/kzi_x/acceptance": {**_ANYBODY, "language": "en"},
    "POST /api/teams": {"name": "售前"},
    "PATCH /api/teams/{id}": {"name": "售前"},
    "PUT /api/teams/{id}/members": {"member_ids": []},
    "POST /api/tokens": {"name": "接口", "scopes": ["member.read"], "days": 1},
}


class Desk:
    """An owner with a team, whose log tells whether anything was written."""

    def __init__(
        self, house: Running, owner: Person, client: httpx2.AsyncClient, ids: dict[str, str]
    ) -> None:
        self.house, self.owner, self.client, self._ids = house, owner, client, ids

    async def send(self, route: str, body: Any, language: str = "zh-CN") -> Any:
        method, path = route.split()
        kind = next((kind for kind in self._ids if f"/{kind}/" in path), "")
        return await self.client.request(
            method,
            path.replace("{id}", self._ids.get(kind, "")),
            json=body,
            headers={"accept-language": language},
        )

    async def log(self) -> list[str]:
        return await actions(self.house, self.owner.workspace_id)


@pytest.fixture(scope="module")
async def desk(house: Running) -> Desk:
    owner, client = await member_client(house)
    agent = await make_person(house.db, owner.workspace_id)
    team = (await client.post("/api/teams", json={"name": "老组"})).json()["id"]
    return Desk(house, owner, client, {"members": str(agent.id), "teams": team})


async def _refused(desk: Desk, route: str, body: Any, field: str | None = None) -> None:
    before = await desk.log()
    answer = await desk.send(route, body)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (400, "kit.bad_input"), (route, body, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "urn:kezhan:problem:kit.bad_input" and problem["status"] == 400
    assert field is None or problem["field"] == field, (route, body, problem)
    assert "trace" not in problem
    assert await desk.log() == before


@pytest.mark.parametrize("route", _FORMS)
async def test_a_body_that_is_no_form_is_refused(desk: Desk, route: str) -> None:
    for body in ([], "text", 7, True, [_FORMS[route]]):
        await _refused(desk, route, body)
    method, path = route.split()
    for raw in (b"{", b'{"name": ', b"\xff\xfe", b"name=x", b'{"name": "\\ud800"}', b"[" * 5000):
        answer = await desk.client.request(method, path.replace("{id}", _ID), content=raw)
        assert answer.status_code == 400, (route, raw[:20], answer.text)
        assert answer.json()["code"] in {"kit.bad_input", "kit.bad_text"}


@pytest.mark.parametrize("route", _FORMS)
async def test_a_field_of_the_wrong_type_is_named(desk: Desk, route: str) -> None:
    for field, good in _FORMS[route].items():
        wrong = {"an": "object"} if not isinstance(good, list) else "no list"
        await _refused(desk, route, {**_FORMS[route], field: wrong}, field)


_NEEDED = {
    "POST /api/setup": ("token", "workspace_name", "name", "email", "password"),
    "POST /api/session": ("email", "password"),
    "POST /api/session/workspace": ("workspace_id",),
    "PUT /api/me/password": ("old", "new"),
    "POST /api/workspace/invitations": ("email", "role"),
    "POST /api/invitations/kzi_x/acceptance": ("name", "password"),
    "POST /api/teams": ("name",),
    "PATCH /api/teams/{id}": ("name",),
    "PUT /api/teams/{id}/members": ("member_ids",),
    "POST /api/tokens": ("name", "scopes"),
}


@pytest.mark.parametrize("route", _NEEDED)
async def test_a_form_without_a_needed_field_is_refused_and_says_which(desk: Desk, route: str) -> None:
    for field in _NEEDED[route]:
        form = {name: value for name, value in _FORMS[route].items() if name != field}
        await _refused(desk, route, form)
        assert field in (await desk.send(route, form)).json()["title"]


_NAMED = [route for route, form in _FORMS.items() if "name" in form]


@pytest.mark.parametrize("route", _NAMED)
async def test_a_name_has_one_to_a_hundred_characters_that_are_not_all_blank(desk: Desk, route: str) -> None:
    for name in ("", " ", "\t\n", "\u3000\u00a0", "长" * 101, "x" * 10_000, "🍵" * 101):
        await _refused(desk, route, {**_FORMS[route], "name": name}, "name")


@pytest.mark.parametrize(
    "name", ["长" * 100, "🍵" * 100, "<script>alert(1)</script>", "Robert'); --", "𠮷野家", "ا"]
)
async def test_what_a_name_may_be_comes_back_as_it_went_in(desk: Desk, name: str) -> None:
    answers = [
        await desk.send("POST /api/teams", {"name": name}),
        await desk.send("PATCH /api/teams/{id}", {"name": f"{name[:98]}二"}),
        await desk.send("PATCH /api/members/{id}", {"name": name}),
        await desk.send("PATCH /api/me", {"name": name}),
        await desk.send("PATCH /api/workspace", {"name": name}),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200]
    for answer, shown in zip(answers, [name, f"{name[:98]}二", name, name, name], strict=True):
        assert answer.json()["name"] == shown
        assert answer.headers["content-type"] == "application/json"
    members = (await desk.client.get("/api/members")).json()["items"]
    assert [row["name"] for row in members] == [name, name]


@pytest.mark.parametrize(
    "email",
    [
        *("", "@", "a@", "@b", "ab", "a b@c", "a@b@c", "a@b c", "a@b, c@d", "a@b\nbcc: c@d", "\n@\n"),
        *("x" * 251 + "@b.c", "林" * 253 + "@c", " " * 300 + "a@b"),
    ],
)
async def test_what_is_no_address_is_refused_where_people_are_named_by_it(desk: Desk, email: str) -> None:
    for route in ("POST /api/workspace/invitations", "POST /api/session", "POST /api/setup"):
        await _refused(desk, route, {**_FORMS[route], "email": email}, "email")


@pytest.mark.parametrize(
    ("route", "form"),
    [
        ("PATCH /api/members/{id}", {"role": "x" * 41}),
        ("PATCH /api/members/{id}", {"role": None}),
        ("POST /api/workspace/invitations", {"role": ""}),
        ("POST /api/workspace/invitations", {"team_ids": ["x"]}),
        ("POST /api/workspace/invitations", {"team_ids": [_ID] * 101}),
        ("POST /api/session/workspace", {"workspace_id": "x"}),
        ("POST /api/session/workspace", {"workspace_id": _ID + "0"}),
        ("PUT /api/teams/{id}/members", {"member_ids": ["x"]}),
        ("PUT /api/teams/{id}/members", {"member_ids": [None]}),
        ("PATCH /api/me", {"language": "zh"}),
        ("PATCH /api/me", {"language": ""}),
        ("PATCH /api/workspace", {"language": "de"}),
        ("PATCH /api/workspace", {"time_zone": "x" * 65}),
        ("POST /api/setup", {"token": ""}),
        ("POST /api/setup", {"token": "x" * 101}),
        ("POST /api/setup", {"password": "nine char"}),
    ],
)
async def test_a_value_out_of_its_range_is_refused(desk: Desk, route: str, form: dict[str, Any]) -> None:
    await _refused(desk, route, {**_FORMS[route], **form})


@pytest.mark.parametrize(
    ("route", "field"),
    [
        ("POST /api/teams", "name"),
        ("PATCH /api/teams/{id}", "name"),
        ("PATCH /api/me", "name"),
        ("PATCH /api/members/{id}", "name"),
        ("PATCH /api/workspace", "name"),
        ("POST /api/tokens", "name"),
        ("POST /api/workspace/invitations", "email"),
    ],
)
async def test_a_nul_is_refused_in_words_of_both_languages(desk: Desk, route: str, field: str) -> None:
    before = await desk.log()
    form = {**_FORMS[route], field: "a\u0000@b"}
    for language, title in (
        ("zh-CN", "文字里有无法保存的字符，请删去后重试。"),
        ("en", "The text holds a character that cannot be stored. Remove it and try again."),
    ):
        answer = await desk.send(route, form, language)
        assert (answer.status_code, answer.json()["code"]) == (400, "kit.bad_text")
        assert answer.json()["title"] == title and answer.headers["content-language"] == language
    assert await desk.log() == before


@pytest.mark.parametrize(
    "path", ["members/{}", "members/{}/sessions", "teams/{}", "tokens/{}", "sessions/{}"]
)
@pytest.mark.parametrize("wrong", ["x", "1", "%00", "..", _ID[:-1], _ID + "0", "'%20or%201=1"])
async def test_what_is_no_id_is_not_found(desk: Desk, path: str, wrong: str) -> None:
    answer = await desk.client.delete(f"/api/{path.format(wrong)}")
    assert answer.status_code in {404, 405}, answer.text
    assert answer.json()["code"] in {"kit.not_found", "kit.method_not_allowed"}


@pytest.mark.parametrize("path", ["members", "tokens", "workspace/invitations", "audit"])
@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"limit": "many"}, "kit.bad_input"),
        ({"limit": "1.5"}, "kit.bad_input"),
        ({"limit": ""}, "kit.bad_input"),
        ({"after": "x"}, "kit.bad_cursor"),
        ({"after": "%"}, "kit.bad_cursor"),
        ({"after": "é" * 50}, "kit.bad_cursor"),
        ({"after": "x" * 5000}, "kit.bad_cursor"),
        ({"after": encode_cursor()}, "kit.bad_cursor"),
        ({"after": encode_cursor("a")}, "kit.bad_cursor"),
        ({"after": encode_cursor(7, _ID)}, "kit.bad_cursor"),
        ({"after": encode_cursor("a", "no id")}, "kit.bad_cursor"),
        ({"after": encode_cursor("2026-01-01T00:00:00Z", _ID, 1)}, "kit.bad_cursor"),
        ({"after": encode_cursor({"a": _ID})}, "kit.bad_cursor"),
    ],
)
async def test_a_made_up_page_is_refused(desk: Desk, path: str, params: dict[str, str], code: str) -> None:
    answer = await desk.client.get(f"/api/{path}", params=params)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["field"] == next(iter(params))


async def test_unknown_routes_and_methods_answer_in_the_same_shape(desk: Desk) -> None:
    for method, path, code in (
        ("GET", "/api/teams/of/the/moon", "kit.not_found"),
        ("PUT", "/api/teams", "kit.method_not_allowed"),
        ("POST", "/api/me", "kit.method_not_allowed"),
        ("DELETE", "/api/workspace", "kit.method_not_allowed"),
    ):
        answer = await desk.client.request(method, path)
        assert answer.json()["code"] == code and answer.status_code in {404, 405}
        assert answer.headers["content-type"] == "application/problem+json"
