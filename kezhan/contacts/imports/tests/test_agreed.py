"""What a list says of consents: tried, recorded once, refused where she has withdrawn it, taken back with the
list unless somebody has said so since."""

from typing import Any

from kezhan.contacts.imports.tests.test_imports import (
    ROOT,
    agent,
    boss,
    brought_in,
    comes_to,
    counts,
    put,
    upload,
)
from kezhan.files.tests.factories import Person
from kezhan.kit.ids import new_id

__all__ = ["agent", "boss"]
WORDS = {"zh-CN": {"title": "新茶消息", "body": "我们会把新茶的消息发给你。"}}
LIST = """姓名,邮箱,新茶消息
新客,new@tea.cn,是
不愿,no@tea.cn,否
老客,old@tea.cn,同意
早有,had@tea.cn,Yes
撤回,gone@tea.cn,1
也许,maybe@tea.cn,再想想
旧识,know@tea.cn,对
同名,,√
同名,,
"""
REFUSED = ["客户已撤回“新茶消息”，不能由列表重新同意。请清空这一格。", "“再想想”不是“是”或“否”。"]
Json = dict[str, Any]


async def ask(who: Person, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await who.client.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


async def ids(boss: Person) -> dict[str, str]:
    return {row["name"]: row["id"] for row in (await ask(boss, "GET", "/api/contacts"))["items"]}


async def stand(boss: Person, name: str) -> Json:
    (found,) = (await ask(boss, "GET", f"/api/contacts/{(await ids(boss))[name]}/consents"))["items"]
    one: Json = found
    return one


async def given(boss: Person, name: str, text: Json) -> str:
    path = f"/api/contacts/{(await ids(boss))[name]}/consents"
    await ask(boss, "POST", path, {"text_id": text["id"], "how": "来电"})
    return f"{path}/{text['id']}/withdrawal"


async def scene(boss: Person) -> Json:
    """A text in its second version, and those who are there before the list."""
    there = ("老客,old@tea.cn", "早有,had@tea.cn", "撤回,gone@tea.cn", "旧识,know@tea.cn")
    await brought_in(boss, "\n".join(("姓名,邮箱", *there)).encode())
    text: Json = await ask(
        boss, "POST", "/api/consent-texts", {"name": "新茶消息", "required": False, "words": WORDS}, 201
    )
    worded = {"en": {"title": "New teas", "body": "We write when there is a new tea."}}
    anew = {"version": 1, "words": {**WORDS, **worded}}
    await ask(boss, "POST", f"/api/consent-texts/{text['id']}/versions", anew)
    await given(boss, "早有", text)
    await ask(boss, "PUT", await given(boss, "撤回", text), {"how": "来电"})
    return text


async def test_a_list_says_who_consents_and_takes_it_back_unless_somebody_has_said_so_since(
    boss: Person,
) -> None:
    text = await scene(boss)
    found = await upload(boss, LIST.encode(), "茶友.csv")
    assert found["plan"]["targets"] == ["name", "email", f"consent:{text['id']}"]
    await put(boss, found, "trial", found["plan"])
    tried = await comes_to(boss, found["id"], "checked")
    expected = {"read": 9, "made": 3, "changed": 2, "same": 2, "faulty": 2}
    assert counts(tried) == expected and (await stand(boss, "老客"))["state"] == "none"
    faulty = (await ask(boss, "GET", f"{ROOT}/{found['id']}/faulty"))["items"]
    assert [row["why"] for row in faulty] == REFUSED
    await put(boss, found, "run")
    assert counts(await comes_to(boss, found["id"], "done")) == expected
    for name, state in (("新客", "given"), ("老客", "given"), ("同名", "given"), ("不愿", "none")):
        assert (await stand(boss, name))["state"] == state, name
    (one,) = (await stand(boss, "新客"))["history"]
    assert (one["way"], one["version"], one["how"], one["language"]) == ("import", 2, "茶友.csv", "")
    assert one["by_name"] and len((await stand(boss, "早有"))["history"]) == 1
    again = await brought_in(boss, LIST.encode())
    assert counts(again) == {"read": 9, "same": 7, "faulty": 2}

    # One of those it made, and one who was there, say so to an agent.
    for name in ("新客", "老客"):
        await given(boss, name, text)
        assert [each["way"] for each in (await stand(boss, name))["history"]] == ["agent", "import"]
    note = f"/api/contacts/{(await ids(boss))['同名']}/notes/{new_id()}"
    await ask(boss, "PUT", note, {"body": "来过电话"})
    for _ in range(2):
        await put(boss, found, "undoing")
    undone = await comes_to(boss, found["id"], "undone")
    assert undone["undone"] == 3  # who had not agreed is gone, two who were there are as they were
    assert set(await ids(boss)) == {"同名", "撤回", "新客", "早有", "老客", "旧识"}
    states = {name: (await stand(boss, name))["state"] for name in await ids(boss)}
    taken = dict.fromkeys(("同名", "旧识", "撤回"), "withdrawn")
    assert states == {**dict.fromkeys(("新客", "老客", "早有"), "given"), **taken}
    (took,) = (await stand(boss, "旧识"))["history"]
    assert (took["withdrawn_way"], took["withdrawn_how"]) == ("import", "茶友.csv")
    # What a list took back, a list may give again.
    assert counts(await brought_in(boss, "邮箱,新茶消息\nknow@tea.cn,是\n".encode()))["changed"] == 1
    assert (await stand(boss, "旧识"))["state"] == "given"


async def test_who_is_gone_again_leaves_no_consent_and_who_may_not_say_so_is_refused(boss: Person) -> None:
    text = await scene(boss)
    found = await brought_in(boss, "姓名,邮箱,新茶消息\n甲,a@tea.cn,是\n".encode())
    await put(boss, found, "undoing")
    assert counts(await comes_to(boss, found["id"], "undone"))["undone"] == 1
    assert "甲" not in await ids(boss)
    other = await upload(boss, "姓名,邮箱,新茶消息\n乙,b@tea.cn,是\n".encode())
    scopes = ["contact.read", "contact.import"]
    key = await ask(boss, "POST", "/api/tokens", {"name": "CRM", "scopes": scopes}, 201)
    program = {"Authorization": f"Bearer {key['secret']}"}
    path = f"{ROOT}/{other['id']}/trial"
    answer = await boss.client.put(path, json=other["plan"], headers=program)
    assert (answer.status_code, answer.json()["code"]) == (400, "contacts.import.bad_plan")
    stranger = {"targets": ["name", "email", f"consent:{new_id()}"]}
    assert (await ask(boss, "PUT", path, stranger, 400))["code"] == "contacts.import.bad_plan"
    # Archived between trial and import, it is asked no more.
    await put(boss, other, "trial", other["plan"])
    await comes_to(boss, other["id"], "checked")
    await ask(boss, "PATCH", f"/api/consent-texts/{text['id']}", {"archived": True})
    await put(boss, other, "run")
    assert counts(await comes_to(boss, other["id"], "done")) == {"read": 1, "faulty": 1}
