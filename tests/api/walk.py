"""Calls made up from the contract, and what must hold of every answer, whoever asks."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NamedTuple

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Err
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from kezhan.sdk import with_needed_schemas

Json = dict[str, Any]
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
VISITOR = "visitor"
_NUMBER = re.compile("[0-9]+")
# Answers that never end, and calls by which a role would put itself out.
SKIPPED = frozenset(
    {
        "workspaces_sign_out",
        "workspaces_close_session",
        "workspaces_close_member_session",
        "workspaces_close_member_sessions",
        "workspaces_change_password",
        "workspaces_switch_workspace",
        "workspaces_archive_member",
        "workspaces_edit_member",
        "channels_visitor_stream",
    }
)


class Asker(NamedTuple):
    """A role of the workspace that is asked about, or a customer of it, and the credentials."""

    role: str
    rights: frozenset[str]
    headers: Mapping[str, str]


@dataclass
class World:
    """Ids of ours and of another workspace, by table, and words that only some may read: word → right."""

    ours: dict[str, list[str]]
    theirs: dict[str, list[str]]
    words: dict[str, str | None]
    faults: list[str] = field(default_factory=list)
    answers: Counter[tuple[str, int]] = field(default_factory=Counter)
    """How often each role was answered with each status."""
    out: set[str] = field(default_factory=set)
    """Roles whose credentials count no more."""

    def pool(self, name: str) -> list[str]:
        """What may stand for a path's `something_id`."""
        noun = name.removesuffix("_id")
        fitting = [table for table in self.ours if table.rstrip("s").endswith(noun)]
        found = [one for table in fitting for one in (*self.ours[table], *self.theirs.get(table, ()))]
        return found or [one for ids in (*self.ours.values(), *self.theirs.values()) for one in ids[:2]]


def part_of(document: Json, paths: Sequence[str]) -> Json:
    """The contract of these paths alone: what is made up from little is made up fast. Who asks is said by the
    asker, not made up."""
    some = {
        path: {method: {**operation, "security": []} for method, operation in document["paths"][path].items()}
        for path in paths
    }
    return with_needed_schemas({**document, "paths": some})


def walk(url: str, document: Json, askers: Sequence[Asker], world: World, examples: int) -> None:
    """Ask for every operation of the document in every role, with what it takes and with what it does not.
    What does not hold is put down in `world.faults`."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # who asks is said by the asker
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        assert not isinstance(result, Err), result
        operation = result.ok()
        if operation.definition.raw["operationId"] in SKIPPED:
            continue
        ways = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
        # The doors of customers' own are for her, all others for the staff.
        public = operation.path.startswith("/w/")
        for asker in askers:
            if (asker.role == VISITOR) is public:
                _asked(url, session, st.one_of(ways), asker, world, examples)


def _asked(
    url: str, session: requests.Session, strategy: Any, asker: Asker, world: World, examples: int
) -> None:
    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(data=st.data())
    def ask(data: st.DataObject) -> None:
        case = data.draw(strategy)
        for name in case.path_parameters or {}:
            if name.endswith("_id") and data.draw(st.integers(0, 7)):  # now and then one that is none
                case.path_parameters[name] = data.draw(st.sampled_from(world.pool(name)))
        if data.draw(st.booleans()):
            case.body = _with_ids(case.body, data, world)
        _ask(url, session, case, asker, world)

    ask()


def _with_ids(body: Any, data: st.DataObject, world: World) -> Any:
    """With ids that are there in place of made-up ones."""
    if isinstance(body, dict):
        return {
            name: data.draw(st.sampled_from(world.pool(name)))
            if isinstance(value, str) and _UUID.fullmatch(value)
            else _with_ids(value, data, world)
            for name, value in body.items()
        }
    return body


def _ask(url: str, session: requests.Session, case: Any, asker: Asker, world: World) -> None:
    case.headers = {**(case.headers or {}), **asker.headers}
    try:
        answer = case.call(base_url=url, session=session, timeout=30, allow_redirects=False)
    except (requests.RequestException, ValueError, UnicodeError) as fault:
        if isinstance(fault, requests.Timeout):
            world.faults.append(f"{asker.role} {case.operation.label}: no answer")
        return  # what the client itself cannot send
    world.answers[asker.role, answer.status_code] += 1
    if answer.status_code == 401 and asker.role not in (*world.out, VISITOR):
        me = session.get(f"{url}/api/me", headers=dict(asker.headers), timeout=30)
        if me.status_code == 401:
            world.out.add(asker.role)
            world.faults.append(f"{asker.role} is put out by {case.operation.label}")
    asked = f"{asker.role} {case.operation.label} {case.path_parameters} {case.query} {_short(case.body)}"
    for why in _wrong(case, answer, asker, world):
        world.faults.append(f"{why}\n  {asked}\n  {answer.status_code} {_short(answer.text)}")


def _wrong(case: Any, answer: Any, asker: Asker, world: World) -> Iterator[str]:
    status, text = answer.status_code, answer.text or ""
    if status >= 500:
        yield "a fault of ours"
        return
    right = case.operation.definition.raw.get("x-permission")
    if right and status == 401 and asker.role not in world.out:
        yield "asks who it is in spite of good credentials"
    nowhere = status == 404 and not _leads_somewhere(case)
    if right and right not in asker.rights and status != 403 and not nowhere:
        yield f"answered without the right {right}"
    if right and right in asker.rights and status == 403 and '"workspaces.not_permitted"' in text:
        told = json.loads(text).get("title", "")
        if right in told:
            yield f"refused in spite of the right {right}"
    sent = json.dumps([case.path_parameters, case.query, str(case.body)], default=str)
    for word, needed in world.words.items():
        if word in text and word not in sent and (needed is None or needed not in asker.rights):
            yield f"tells {word}"
    shown = set(_UUID.findall(text)) - set(_UUID.findall(sent))
    foreign = shown.intersection(one for ids in world.theirs.values() for one in ids)
    if foreign:
        yield f"tells ids of another workspace: {sorted(foreign)}"
    try:
        case.validate_response(answer, checks=[status_code_conformance, response_schema_conformance])
    except FailureGroup as found:
        for failure in found.exceptions:
            yield f"not as the contract says: {' '.join(str(failure).split())[:300]}"


def _leads_somewhere(case: Any) -> bool:
    """Whether what stands in its path can be of the kind that is asked for there."""
    shapes = {"uuid": _UUID, "integer": _NUMBER}
    stands = case.path_parameters or {}
    asked = [one for one in case.operation.definition.raw.get("parameters", ()) if one["in"] == "path"]
    kinds = [(one["name"], one["schema"].get("format") or one["schema"].get("type")) for one in asked]
    return all(kind not in shapes or shapes[kind].fullmatch(str(stands[name])) for name, kind in kinds)


def _short(value: Any) -> str:
    return str(value)[:300]
