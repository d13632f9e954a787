"""Every way in declares who may use it: routes, socket frames, files. A door without a guard fails here."""

import msgspec
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from kezhan.app import dependencies, routes
from kezhan.channels.visitor_schemas import Auth
from kezhan.kit.http import Guard
from kezhan.pages import routes as pages
from kezhan.shapes import AGENT_SAYS, VISITOR_SAYS
from kezhan.testing import Running


@pytest.fixture(scope="module")
def app() -> Litestar:
    return Litestar([*routes(), *pages(None)], dependencies=dependencies(), openapi_config=None)


def test_every_route_declares_exactly_one_guard(app: Litestar) -> None:
    seen = 0
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path}: only HTTP routes go through the framework"
        for handler in route.route_handlers:
            guards = [guard for guard in handler.resolve_guards() if isinstance(guard, Guard)]
            if "OPTIONS" in handler.http_methods and len(handler.http_methods) == 1:
                continue
            assert len(guards) == 1, f"{handler.http_methods} {route.path} has {len(guards)} guards"
            seen += 1
    assert seen > 60


def test_a_public_route_says_why(app: Litestar) -> None:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for guard in handler.resolve_guards():
                    if isinstance(guard, Guard) and guard.name.startswith("public"):
                        assert len(guard.name) > len("public: "), route.path


def test_every_route_has_its_own_operation_id(app: Litestar) -> None:
    names = [handler.operation_id for route in app.routes for handler in getattr(route, "route_handlers", ())]
    named = [name for name in names if isinstance(name, str)]
    assert len(named) == len(set(named))


async def test_the_sockets_know_the_frames_of_the_contract_and_no_others(house: Running) -> None:
    agent, visitor = house.house.endpoints()
    assert set(agent.frames) == set(AGENT_SAYS)
    assert set(visitor.frames) == set(VISITOR_SAYS)


async def test_no_frame_but_auth_is_carried_out_for_a_stranger(house: Running) -> None:
    _, visitor = house.house.endpoints()
    assert Auth in visitor.frames
    assert all(issubclass(frame, msgspec.Struct) for frame in visitor.frames)
