"""Keys that cost nothing: what stretching costs is not what is tested here."""

import pytest

from kezhan.backup import keys


@pytest.fixture(autouse=True)
def cheap_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_COST", 2)
