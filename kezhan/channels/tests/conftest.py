"""Fixtures of the room."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kezhan.channels.tests.front import Front, open_front
from kezhan.channels.tests.platform import Platform, platform
from kezhan.kit.postgres import Access


@pytest.fixture
async def front(access: Access, tmp_path: Path) -> AsyncIterator[Front]:
    async with open_front(access, tmp_path) as front:
        yield front


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as place:
        yield place
