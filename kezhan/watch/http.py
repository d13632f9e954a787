"""`/healthz` (or `/readyz`) for balancers, `/livez` for supervisors, `/metrics` for Prometheus."""

from typing import Any

from litestar import Response, get
from litestar.datastructures import State

from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.http import Connection, Guard, public, within
from kezhan.watch.collect import CONTENT_TYPE, Figures
from kezhan.watch.parts import Parts
from kezhan.watch.ready import Readiness, life


class Watch:
    """One per process."""

    def __init__(self, house: Parts) -> None:
        self.house = house
        self.readiness = Readiness(house)
        self.figures = Figures(house)


def _hops(connection: Connection) -> list[str]:
    """Every address a request says it came through, the socket's own first. What is no address is kept, so
    that it is found to be outside."""
    headers = connection.headers
    named = ",".join([*headers.getall("x-forwarded-for", []), *headers.getall("x-real-ip", [])])
    for element in ",".join(headers.getall("forwarded", [])).replace(";", ",").split(","):
        name, equals, value = element.strip().partition("=")
        if equals and name.lower() == "for":
            named += "," + value.strip('"')
    client = connection.client.host if connection.client else ""
    return [client, *(hop.strip() for hop in named.split(",") if hop.strip())]


async def _listed(connection: Connection) -> None:
    """Each hop must be of a listed network: a proxy on this machine does not make its callers local."""
    networks = connection.app.state.settings.metrics_networks
    if not all(within(hop, networks) for hop in _hops(connection)):
        raise NotFound


@get(
    "/livez",
    guards=[public("for supervisors")],
    media_type="text/plain",
    include_in_schema=False,
    operation_id="app_life",
)
async def livez(state: State) -> str:
    """200 from the first moment of readiness on, for as long as a restart would mend nothing."""
    watch: Watch = state.watch
    why = life(watch.house)
    if why is not None:
        raise Refused(why, 503)
    return "ok"


async def _ready(state: State) -> str:
    watch: Watch = state.watch
    why = await watch.readiness.fault()
    if why is not None:
        raise Refused(why, 503, retry_after=1)
    # All processes lose the same bus: were that a reason, none would be left to take traffic.
    return "ok" if watch.house.bus.up else "degraded: kit.bus_lost"


@get("/healthz", guards=[public("for balancers")], operation_id="app_health", media_type="text/plain")
async def healthz(state: State) -> str:
    """200 while the process may be given traffic: database, lane, version of the schema, disk, not ending."""
    return await _ready(state)


@get(
    "/readyz",
    guards=[public("for balancers")],
    media_type="text/plain",
    include_in_schema=False,
    operation_id="app_ready",
)
async def readyz(state: State) -> str:
    """The same by its other usual name."""
    return await _ready(state)


@get("/metrics", guards=[Guard("metrics: listed networks only", _listed)], include_in_schema=False)
async def metrics(state: State) -> Response[bytes]:
    watch: Watch = state.watch
    text = await watch.figures.text()
    return Response(text, media_type=CONTENT_TYPE, headers={"cache-control": "no-store"})


routes: list[Any] = [livez, healthz, readyz, metrics]
