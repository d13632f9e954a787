"""The contract: complete, free of dangling ends, the same every time, and the one that is written down."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kezhan.contract import contract
from kezhan.shapes import AGENT_HEARS, AGENT_SAYS, VISITOR_HEARS, VISITOR_SAYS

WRITTEN = Path(__file__).parents[1] / "web" / "packages" / "api" / "openapi.json"
UNIONS = {
    "WorkspaceFrame": AGENT_SAYS,
    "WorkspaceEvent": AGENT_HEARS,
    "VisitorFrame": VISITOR_SAYS,
    "VisitorEvent": VISITOR_HEARS,
}


@pytest.fixture(scope="module")
def made() -> bytes:
    return contract()


@pytest.fixture(scope="module")
def document(made: bytes) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(made)
    return found


def walk(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from walk(inner)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_the_written_contract_is_the_one_the_routes_state(made: bytes) -> None:
    assert WRITTEN.read_bytes() == made, "run `python3 run.py openapi`"


def test_every_reference_leads_to_a_schema_that_is_there(document: dict[str, Any]) -> None:
    named = {part["$ref"] for part in walk(document) if isinstance(part.get("$ref"), str)}
    assert len(named) > 50
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert named - known == set()


def test_every_operation_has_a_name_of_its_room_and_no_two_the_same(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for *_, operation in operations(document)]
    assert len(names) == len(set(names)) > 60
    assert [name for name in names if "_" not in name or not name.islower()] == []


def test_every_name_in_a_path_is_a_parameter_of_its_operation(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        wanted = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        given = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert wanted == given, f"{method} {path}"


def test_nothing_of_our_insides_is_a_parameter(document: dict[str, Any]) -> None:
    inner = {"tx", "caller", "state", "request", "desk", "db", "settings", "keyring", "store", "visitor"}
    for path, method, operation in operations(document):
        names = {one["name"] for one in operation.get("parameters", ())}
        assert not names & inner, f"{method} {path}"


@pytest.mark.parametrize("name", UNIONS)
def test_a_sockets_frames_are_all_there_each_with_a_type_of_its_own(
    document: dict[str, Any], name: str
) -> None:
    schemas = document["components"]["schemas"]
    parts = [part["$ref"].rpartition("/")[2] for part in schemas[name]["oneOf"]]
    assert parts == [shape.__name__ for shape in UNIONS[name]]
    tags = {shape.__name__: shape.__struct_config__.tag for shape in UNIONS[name]}
    assert len(set(tags.values())) == len(parts)
    told = {part: schemas[part]["properties"]["type"] for part in parts}
    assert {part: kind.get("const") or kind["enum"][0] for part, kind in told.items()} == tags
    assert all("type" in schemas[part]["required"] or part in {"Send", "Ack"} for part in parts)


def test_ids_are_uuids_to_a_generated_client(document: dict[str, Any]) -> None:
    assert document["components"]["schemas"]["Watch"]["properties"]["conversation_id"]["format"] == "uuid"
