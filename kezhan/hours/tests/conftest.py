"""An office for every test that asks for one."""

import pytest

from kezhan.hours.tests.people import Office, make_office
from kezhan.testing import Running


@pytest.fixture
async def office(house: Running) -> Office:
    return await make_office(house)
