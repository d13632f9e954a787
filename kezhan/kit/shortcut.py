"""Routes that only read, called without what the framework makes ready for whatever else a route may need.

It copies the handler for each guard, and takes what a route depends on through checks of its own and a stack
of what is to be ended: a quarter of the time of a quick read. Who may call, what is asked and how it is
answered goes the same way as with every route.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

from litestar import Request
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

Provider = Callable[[Request[Any, Any, Any]], Any]


class Shortcut:
    """Middleware, the innermost. Routes that depend on more than is `provided` by name, or are told more than
    their path and query, are called as ever."""

    def __init__(self, provided: Mapping[str, Provider]) -> None:
        self._provided = provided

    def __call__(self, app: ASGIApp) -> ASGIApp:
        caught: Any = app  # what makes answers of faults stands between, and stays
        route = getattr(getattr(caught, "app", None), "__self__", None)
        found = route.route_handler_map.get("GET") if isinstance(route, HTTPRoute) else None
        if found is not None and (provided := self._needed(*found)) is not None:
            caught.app = _Read(*found, provided, caught.app)
        return app

    def _needed(self, handler: HTTPRouteHandler, model: Any) -> list[tuple[str, Provider]] | None:
        """What is to be provided; None where there is more to the route."""
        names = {one.key for batch in model.dependency_batches for one in batch}
        told = model.expected_header_params | model.expected_cookie_params
        if told or not model.expected_reserved_kwargs <= _TOLD:
            return None
        if handler.has_sync_callable or handler.cache or handler.resolve_before_request():
            return None
        return [(name, self._provided[name]) for name in names] if names <= self._provided.keys() else None


_TOLD = frozenset({"request"})


class _Read:
    """What answers one route."""

    def __init__(
        self, handler: HTTPRouteHandler, model: Any, provided: list[tuple[str, Provider]], ever: ASGIApp
    ) -> None:
        self._handler = handler
        self._model = model
        self._provided = provided
        self._ever = ever

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if cast(HTTPScope, scope)["method"] != "GET":
            await self._ever(scope, receive, send)
            return
        handler, request = self._handler, Request[Any, Any, Any](scope, receive, send)
        guards: list[Any] = handler.resolve_guards()
        for guard in guards:
            await guard(request, handler)
        asked = await self._model.to_kwargs(connection=request)
        for name, provide in self._provided:
            asked[name] = provide(request)
        values = handler.signature_model.parse_values_from_connection_kwargs(request, asked)
        answer = await handler.to_response(request.app, await handler.fn(**values), request)
        await answer(scope, receive, send)
        after: Any = handler.resolve_after_response()
        if after is not None:
            await after(request)
