"""The process's figures in Prometheus' form. Everything here reads numbers that are kept anyway."""

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from kezhan import __version__
from kezhan.backup.schemas import Standing
from kezhan.channels.queues import Queue
from kezhan.kit.figures import Histogram
from kezhan.watch.parts import Parts
from kezhan.watch.sample import Sample, Sampler

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_DOORS = {"/ws": "agent", "/w/v1/ws": "visitor"}


class Figures(Collector):
    """No label names a workspace or a person: they would be as many as there are customers."""

    def __init__(self, house: Parts) -> None:
        self._house = house
        self.sampler = Sampler(house.db)
        self._registry = CollectorRegistry(auto_describe=False)
        for collector in (ProcessCollector, PlatformCollector, GCCollector):
            collector(registry=self._registry)
        self._registry.register(self)

    async def text(self) -> bytes:
        await self.sampler.look()
        return generate_latest(self._registry)

    def describe(self) -> Iterator[Metric]:
        return iter(())

    def collect(self) -> Iterator[Metric]:
        yield from self._process()
        yield from self._lane()
        yield from self._bus()
        yield from self._sockets()
        yield from self._channels()
        net = CounterMetricFamily(
            "kezhan_reception_net_found",
            "Conversations that waited beside a free seat until the net found them",
        )
        net.add_metric([], self._house.reception.found)
        yield net
        sample = self.sampler.last
        if sample is not None:
            yield _gauge("sample_age_seconds", "Age of the figures read from the database", self.sampler.age)
            yield from _sampled(sample)

    def _process(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("kezhan_info", "The program's version", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        yield _gauge("ready", "1 once everything has come up, 0 while starting and ending", self._house.ready)
        pools = self._house.db.pools()
        lent = {name: used for name, (used, _) in pools.items()}
        yield _gauges("database_pool_in_use", "Connections lent out", "pool", lent)
        sizes = {name: size for name, (_, size) in pools.items()}
        yield _gauges("database_pool_size", "Connections at most", "pool", sizes)
        failed = self._house.runner.failures
        yield _counters("outbox_handler_failures", "Failed attempts of later handlers", "handler", failed)

    def _lane(self) -> Iterator[Metric]:
        lane = self._house.desk.lane
        figures = lane.figures
        outcomes = {"new": figures.appended, "busy": figures.busy, "full": figures.full}
        known = {"known": figures.others["known"] + figures.repeated}
        outcomes |= {"refused": 0, "closed": 0, "gone": 0, **figures.others, **known}
        yield _counters("appends", "Messages handed to the append lane, by outcome", "outcome", outcomes)
        yield _histogram("append_batch_size", "Messages in one commit", {(): figures.sizes})
        yield _histogram("commit_seconds", "Time of one commit of the lane", {(): figures.commit_seconds})
        yield _gauge("lane_queue", "Messages waiting for the next commit", lane.queued)
        yield _gauge("lane_connected", "1 while the lane has its connection", lane.connected)
        reconnects = CounterMetricFamily("kezhan_lane_reconnects", "Connections the lane has lost")
        reconnects.add_metric([], figures.reconnects)
        yield reconnects

    def _bus(self) -> Iterator[Metric]:
        bus = self._house.bus
        up = {bus.name: float(bus.up)}
        yield _gauges("bus_up", "1 while hints of other processes arrive", "carrier", up)
        yield _gauge("bus_waiting", "Hints not yet told to the others", bus.waiting)
        lost = {bus.name: bus.reconnects}
        yield _counters("bus_reconnects", "Times the bus has come back", "carrier", lost)
        refused = {bus.name: bus.refused}
        yield _counters("bus_refused", "What came over the bus and is nobody's of ours", "carrier", refused)

    def _sockets(self) -> Iterator[Metric]:
        roster = self._house.roster
        sockets = GaugeMetricFamily(
            "kezhan_sockets", "Open connections of agents and visitors", labels=["kind", "transport"]
        )
        if roster is not None:
            for (path, transport), count in roster.open.items():
                sockets.add_metric([_DOORS.get(path, path), transport], count)
            frames = {"in": roster.frames_in, "out": roster.frames_out}
            yield _counters("frames", "Frames of all connections", "direction", frames)
        yield sockets
        yield _gauge("hub_topics", "Topics somebody listens to", self._house.desk.hub.topics)

    def _channels(self) -> Iterator[Metric]:
        figures = self._house.channels.figures
        delays = {(channel, "in"): one for channel, one in figures.inbound.items()}
        delays |= {(channel, "out"): one for channel, one in figures.outbound.items()}
        yield _histogram(
            "channel_delay_seconds",
            "From a call received to its messages stored (in), from a reply queued to sent (out)",
            delays,
            ("channel", "direction"),
        )


def _sampled(sample: Sample) -> Iterator[Metric]:
    yield _gauges(
        "relay_lag_seconds", "Age of the oldest event a handler has not passed", "handler", sample.lag
    )
    yield _gauges("dead_letters", "Events given up, by handler", "handler", sample.dead_letters)
    jobs = {(job,): one for job, one in sample.jobs.items()}
    yield from _queues("jobs", "Jobs that could run", ("job",), jobs)
    yield from _queues("timers", "Timers overdue", (), {(): sample.timers})
    yield from _queues("reception", "Customers for somebody to be free", (), {(): sample.reception})
    yield from _queues("channel", "Calls and replies", ("channel", "direction"), sample.channels)
    yield from _backup(sample.backup)


def _backup(backup: Standing) -> Iterator[Metric]:
    for name, what, run in (
        ("backup", "backup", backup.backup),
        ("backup_rehearsal", "rehearsed restore", backup.rehearsal),
    ):
        at = run.started_at.timestamp() if run else 0
        yield _gauge(f"{name}_timestamp_seconds", f"When the last good {what} was begun; 0: never", at)
        yield _gauge(f"{name}_seconds", f"How long the last good {what} took", run.seconds if run else 0)
    size = backup.backup.bytes if backup.backup else 0
    yield _gauge("backup_bytes", "Size of the last good backup", size)
    yield _gauge("backup_failures", "Backups that failed since the last good one", backup.failures)
    yield _gauge("backup_late", "1 while a backup is overdue", backup.late)


def _queues(name: str, what: str, labels: tuple[str, ...], found: Mapping[Any, Queue]) -> Iterator[Metric]:
    waiting = GaugeMetricFamily(f"kezhan_{name}_waiting", f"{what}: how many wait", labels=labels)
    oldest = GaugeMetricFamily(
        f"kezhan_{name}_oldest_seconds", f"{what}: how long the oldest has waited", labels=labels
    )
    for values, queue in found.items():
        waiting.add_metric(values, queue.waiting)
        oldest.add_metric(values, queue.seconds)
    yield waiting
    yield oldest


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"kezhan_{name}", what, value=float(value))


def _gauges(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"kezhan_{name}", what, labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family


def _counters(name: str, what: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"kezhan_{name}", what, labels=[label])
    for of, value in values.items():
        family.add_metric([of], value)
    return family


def _histogram(name: str, what: str, values: Mapping[Any, Histogram], labels: tuple[str, ...] = ()) -> Metric:
    family = HistogramMetricFamily(f"kezhan_{name}", what, labels=labels)
    for of, one in values.items():
        family.add_metric(of, one.cumulative(), one.total)
    return family
