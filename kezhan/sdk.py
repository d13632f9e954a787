"""The typed Python client for programs with an API key, made from the contract."""

import shutil
import subprocess
import sys
from collections.abc import Container, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from kezhan import __version__
from kezhan.contract import contract

PACKAGE = "kezhan_client"
_GENERATOR = "openapi-python-client"


class SdkFault(Exception):
    """The client cannot be made; the message is fit for a person."""


def callable_by_key(document: dict[str, Any], rooms: Container[str] | None = None) -> dict[str, Any]:
    """The contract of what keys may call, of these rooms alone where they are named. Every shape is called by
    the name it has in the contract, where no two are the same."""
    kept = {
        path: {
            method: operation
            for method, operation in methods.items()
            if "x-permission" in operation and (rooms is None or operation["tags"][0] in rooms)
        }
        for path, methods in document["paths"].items()
    }
    cut = with_needed_schemas({**document, "paths": {path: some for path, some in kept.items() if some}})
    for name, shape in cut["components"]["schemas"].items():
        shape["title"] = "".join(part[:1].upper() + part[1:] for part in name.replace(".", "_").split("_"))
    cut["components"]["securitySchemes"] = {"key": document["components"]["securitySchemes"]["key"]}
    return cut


def with_needed_schemas(document: dict[str, Any]) -> dict[str, Any]:
    """The document with those shapes alone that its paths lead to, and no webhooks."""
    schemas = document["components"]["schemas"]
    wanted, known = set(_refs(document["paths"])), set[str]()
    while new := wanted - known:
        known |= new
        wanted |= {ref for name in new for ref in _refs(schemas[name])}
    components = {**document["components"], "schemas": {name: schemas[name] for name in sorted(known)}}
    return {**document, "components": components, "webhooks": {}}


def _refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(ref := part.get("$ref"), str):
            yield ref.rpartition("/")[2]
        for inner in part.values():
            yield from _refs(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _refs(inner)


def write_python(folder: Path, rooms: Container[str] | None = None) -> None:
    """Write the package `kezhan_client` with its pyproject.toml into `folder`, over what is there. Raises
    SdkFault without the generator, or where it leaves out a part of the contract."""
    beside = Path(sys.executable).with_name(_GENERATOR)
    program = str(beside) if beside.exists() else shutil.which(_GENERATOR)
    if program is None:
        raise SdkFault(f"The generator is missing: pipx install {_GENERATOR}")
    wanted = {
        "project_name_override": "kezhan-client",
        "package_name_override": PACKAGE,
        "package_version_override": __version__,
        "post_hooks": [],
    }
    with TemporaryDirectory() as drafts:
        source, settings = Path(drafts) / "openapi.json", Path(drafts) / "settings.json"
        source.write_bytes(msgspec.json.encode(callable_by_key(msgspec.json.decode(contract()), rooms)))
        settings.write_bytes(msgspec.json.encode(wanted))
        words = ["--path", str(source), "--config", str(settings), "--output-path", str(folder)]
        command = [program, "generate", *words, "--overwrite", "--fail-on-warning"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SdkFault(f"The generator left out a part:\n{done.stdout}{done.stderr}")
