"""A desk for every test that asks for one."""

import pytest

from kezhan.quick.tests.desk import Desk, make_desk
from kezhan.testing import Running


@pytest.fixture
async def desk(house: Running) -> Desk:
    return await make_desk(house)
