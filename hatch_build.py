"""Builds the web part before a wheel is packed, and packs it."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


def _webbuild(root: Path) -> ModuleType:
    # Loaded by path: importing the package would need what the package depends on.
    spec = spec_from_file_location("kezhan_webbuild", root / "kezhan" / "kit" / "webbuild.py")
    if spec is None or spec.loader is None:
        raise RuntimeError("kezhan/kit/webbuild.py is missing from this source tree")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class WebPart(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        root = Path(self.root)
        assets = _webbuild(root).ensure_assets(root, self.app.display_info)
        for app in ("desk", "widget"):
            build_data["force_include"][str(assets / app)] = f"kezhan/assets/{app}"
