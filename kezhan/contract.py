"""The contract, as the routes and frames themselves state it: OpenAPI 3.1 with every socket frame in it."""

import msgspec
from litestar import Litestar

from kezhan.app import dependencies, guards, openapi, routes
from kezhan.shapes import complete


def contract() -> bytes:
    """`openapi.json`, stable to the byte."""
    app = Litestar(routes(), dependencies=dependencies(), openapi_config=openapi(), logging_config=None)
    document = complete(app.openapi_schema.to_schema(), guards())
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"
