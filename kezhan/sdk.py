"""The typed Python client for programs with an API key, made from the contract."""

from collections.abc import Container
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from kezhan import __version__
from kezhan.contract import contract

PACKAGE = "kezhan_client"


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
    for name, shape in document["components"]["schemas"].items():
        shape["title"] = "".join(part[:1].upper() + part[1:] for part in name.replace(".", "_").split("_"))
    document["components"]["securitySchemes"].pop("session")
    return {
        name: part if name != "paths" else {path: methods for path, methods in kept.items() if methods}
        for name, part in document.items()
        if name != "webhooks"
    }


def write_python(folder: Path, rooms: Container[str] | None = None) -> None:
    """Write the package `kezhan_client` with its pyproject.toml into `folder`, over what is there. Raises
    SdkFault without the generator, or where it leaves out a part of the contract."""
    try:
        from openapi_python_client import generate
        from openapi_python_client.config import Config, ConfigFile, MetaType
    except ImportError as fault:
        raise SdkFault("The generator is missing: pip install openapi-python-client") from fault
    with TemporaryDirectory() as drafts:
        source = Path(drafts) / "openapi.json"
        source.write_bytes(msgspec.json.encode(callable_by_key(msgspec.json.decode(contract()), rooms)))
        wanted = ConfigFile(
            project_name_override="kezhan-client",
            package_name_override=PACKAGE,
            package_version_override=__version__,
            post_hooks=[],
            docstrings_on_attributes=True,
        )
        faults = generate(
            config=Config.from_sources(wanted, MetaType.PDM, source, "utf-8", True, folder),
        )
    if faults:
        told = "; ".join(" ".join(f"{fault.header} {fault.detail or ''}".split()) for fault in faults)
        raise SdkFault(f"The generator left out a part: {told}")
