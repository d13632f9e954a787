"""Spans for a collector of OpenTelemetry: nothing of it is imported, nothing leaves, unless one is named.

A span carries names of ours, counts and ids; never what people wrote, never an address they asked for.
"""

import time
from collections.abc import Mapping
from importlib import import_module
from time import perf_counter
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from kezhan.kit.figures import Observe

_STATUS = "http.response.status_code"


class Traces:
    """`endpoint` is the collector's address for spans over HTTP, e.g. `http://127.0.0.1:4318/v1/traces`. They
    leave in batches, from a thread of their own. Raises RuntimeError where the extra is not installed."""

    def __init__(self, endpoint: str, version: str) -> None:
        try:
            exporter: Any = import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter")
            sdk: Any = import_module("opentelemetry.sdk.trace")
            export: Any = import_module("opentelemetry.sdk.trace.export")
            resources: Any = import_module("opentelemetry.sdk.resources")
            api: Any = import_module("opentelemetry.trace")
        except ImportError:
            raise RuntimeError(
                "KEZHAN_OTEL_ENDPOINT is set and the extra is missing: pip install 'kezhan[otel]'. "
                "设置了 KEZHAN_OTEL_ENDPOINT，但缺少可选依赖，请安装 kezhan[otel]。"
            ) from None
        resource = resources.Resource({"service.name": "kezhan", "service.version": version})
        self._provider = sdk.TracerProvider(resource=resource)
        sender = exporter.OTLPSpanExporter(endpoint=endpoint)
        self._provider.add_span_processor(export.BatchSpanProcessor(sender))
        self._tracer = self._provider.get_tracer("kezhan", version)
        self._failed = api.Status(api.StatusCode.ERROR)

    def observe(self, name: str, seconds: float, well: bool, about: Mapping[str, str | int]) -> None:
        """A span that ends now."""
        ends = time.time_ns()
        span = self._tracer.start_span(name, start_time=ends - int(seconds * 1e9), attributes=about)
        if not well:
            span.set_status(self._failed)
        span.end(ends)

    def close(self) -> None:
        """Send what is left. Waits for the collector, so not on the event loop."""
        self._provider.shutdown()


class Observed:
    """An application whose requests are observed by route and status."""

    def __init__(self, app: ASGIApp, observe: Observe) -> None:
        self._app, self._observe = app, observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        begun, status = perf_counter(), 500

        async def tell(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, tell)
        finally:
            method = str(scope["method"])
            route = str(scope.get("path_template") or "")  # the pattern: some paths carry a token
            about = {"http.request.method": method, "http.route": route}
            self._observe(
                f"{method} {route}", perf_counter() - begun, status < 500, {**about, _STATUS: status}
            )
