"""Every adapter of the house keeps to the contract: each check runs over each adapter and each fixture."""

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as some
from msgspec import structs

from kezhan.channels import registry
from kezhan.channels.base import (
    PULLED,
    Account,
    Came,
    Channel,
    Due,
    Expired,
    Forged,
    Inbound,
    Malformed,
    Outbound,
    Receipt,
    Request,
    Retry,
    Seen,
    Turned,
    Typing,
)
from kezhan.channels.base import Unreadable as Unread
from kezhan.channels.kinds import form_fields, schema
from kezhan.channels.tests import contract
from kezhan.channels.tests.contract import each, fake, fixture, fixtures, own, request_of, stems
from kezhan.channels.tests.platform import Answer, Platform
from kezhan.kit.fetch import guarded_client

AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
HOOKED = [channel for channel in own() if channel.verify is not None]
SENDING = [channel for channel in own() if channel.send is not None and contract.over_http(channel.name)]


def name_of(value: object) -> str:
    return value.name if isinstance(value, Channel) else str(value)


def admitted(channel: Channel, request: Request, account: Account, at: datetime = AT) -> str | None:
    assert channel.verify is not None
    return channel.verify(request, account, at).dedup_key


def called(rule: str = "signature") -> list[tuple[Channel, str]]:
    """The fixtures that the platform brings by a call, of adapters that keep to the rule."""
    return [
        (channel, stem)
        for channel, stem in each("in")
        if fixture(channel, stem).get("method") != PULLED and contract.graded(channel.name, rule)
    ]


def over_http(kind: str) -> list[tuple[Channel, str]]:
    return [(channel, stem) for channel, stem in each(kind) if contract.over_http(channel.name)]


def cases(found: list[tuple[Channel, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("channel", "stem"), found, ids=name_of)


inbound, outbound, faults = cases(each("in")), cases(over_http("out")), cases(over_http("fault"))
every = pytest.mark.parametrize("channel", own(), ids=name_of)


def test_the_adapters_of_this_house_are_found() -> None:
    assert {channel.name for channel in own()} >= {"open", "webchat"}


# In


@cases(called())
def test_a_genuine_call_is_admitted_and_its_repeat_has_the_same_key(channel: Channel, stem: str) -> None:
    at_work = fake(channel.name)
    account = at_work.account()
    request = request_of(fixture(channel, stem))
    first = admitted(channel, at_work.signed(request, account, AT), account)
    again = admitted(channel, at_work.signed(request, account, AT + timedelta(seconds=60)), account)
    assert first is not None
    assert first == again


@cases(called("raw_bytes"))
def test_an_altered_body_is_refused(channel: Channel, stem: str) -> None:
    at_work = fake(channel.name)
    account = at_work.account()
    signed = at_work.signed(request_of(fixture(channel, stem)), account, AT)
    for altered in (signed.body + b" ", signed.body[:-1], b""):
        with pytest.raises(Forged):
            admitted(channel, structs.replace(signed, body=altered), account)


@cases(called())
def test_a_call_signed_by_somebody_else_or_not_at_all_is_refused(channel: Channel, stem: str) -> None:
    at_work = fake(channel.name)
    account, other = at_work.account(), at_work.account()
    request = request_of(fixture(channel, stem))
    with pytest.raises(Forged):
        admitted(channel, at_work.signed(request, other, AT), account)
    with pytest.raises(Forged):
        admitted(channel, request, account)


@cases(called("replay_window"))
def test_a_call_from_another_time_is_refused(channel: Channel, stem: str) -> None:
    at_work = fake(channel.name)
    account = at_work.account()
    signed = at_work.signed(request_of(fixture(channel, stem)), account, AT)
    for away in (timedelta(minutes=-10), timedelta(minutes=10), timedelta(days=400)):
        with pytest.raises(Forged):
            admitted(channel, signed, account, AT + away)


@cases(each("hello"))
def test_a_handshake_is_answered_as_documented_and_a_strangers_is_not(channel: Channel, stem: str) -> None:
    at_work, recorded = fake(channel.name), fixture(channel, stem)
    account = at_work.account()
    request = request_of(recorded)
    assert channel.verify is not None
    found = channel.verify(at_work.signed(request, account, AT), account, AT)
    assert (found.dedup_key, found.answer.body.decode()) == (None, recorded["answer"])
    if contract.graded(channel.name, "signature"):
        with pytest.raises((Forged, Malformed)):
            channel.verify(at_work.signed(request, at_work.account(), AT), account, AT)


@inbound
def test_a_recorded_payload_becomes_what_it_must(channel: Channel, stem: str) -> None:
    recorded = fixture(channel, stem)
    found = parsed(channel, request_of(recorded))
    assert not isinstance(found, Unread)
    plain = [msgspec.to_builtins(one, builtin_types=()) for one in found]
    assert len(plain) == len(recorded["expect"])
    for one, wanted in zip(plain, recorded["expect"], strict=True):
        assert _has(one, wanted), (one, wanted)


@inbound
def test_parsing_the_same_call_twice_gives_the_same(channel: Channel, stem: str) -> None:
    request = request_of(fixture(channel, stem))
    account = fake(channel.name).account()
    assert parsed(channel, request, account) == parsed(channel, request, account)


def parsed(channel: Channel, request: Request, account: Account | None = None) -> Sequence[Came] | Unread:
    assert channel.parse is not None
    return channel.parse(request, account or fake(channel.name).account())


def _has(found: Any, wanted: Any) -> bool:
    """Whether everything wanted is in what was found."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_has(found.get(name), want) for name, want in wanted.items())
    return bool(found == wanted)


JSON = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats(allow_nan=False) | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(body=some.binary() | JSON.map(msgspec.json.encode))
def test_parse_and_verify_stay_calm_whatever_comes(body: bytes) -> None:
    # All get the same bodies: to make one takes longer than all that they do with it.
    for channel in HOOKED:
        note(channel.name)  # the last one named is the one that fell
        at_work = fake(channel.name)
        account = at_work.account()
        request = Request(method="POST", headers={}, query={}, body=body)
        _checked(parsed(channel, request, account))
        signed = at_work.signed(request, account, AT)
        with suppress(Forged, Malformed):
            admitted(channel, signed, account)


class Spoil(msgspec.Struct, frozen=True):
    """How a recorded payload is spoiled: which values become which others, each at the end of a way down from
    the body; or, of a body that is no object, where the noise goes. Numbers are taken modulo what is there,
    so that one plan fits every payload of every adapter."""

    stem: int
    values: list[tuple[list[int], bytes]]
    cut: int
    noise: bytes

    def apply(self, recorded: dict[str, Any]) -> Request:
        request, body = request_of(recorded), recorded.get("body", "")
        if not isinstance(body, dict) or not body:
            cut = self.cut % (len(request.body) + 1)
            return structs.replace(request, body=request.body[:cut] + self.noise + request.body[cut:])
        for way, value in self.values:
            _put(body, way, msgspec.json.decode(value))
        return structs.replace(request, body=msgspec.json.encode(body))


def _put(holder: Any, way: list[int], value: Any) -> None:
    """The way ends where there is nothing further down."""
    names = sorted(holder) if isinstance(holder, dict) else range(len(holder))
    name = names[way[0] % len(names)]
    if way[1:] and isinstance(holder[name], dict | list) and holder[name]:
        _put(holder[name], way[1:], value)
    else:
        holder[name] = value


NUMBER = some.integers(0, 10**6)
SPOILS = some.builds(
    Spoil,
    stem=NUMBER,
    values=some.lists(
        some.tuples(some.lists(NUMBER, min_size=1, max_size=8), JSON.map(msgspec.json.encode)),
        min_size=1,
        max_size=4,
    ),
    cut=NUMBER,
    noise=some.binary(max_size=20),
)


@settings(max_examples=200, deadline=None)
@given(spoil=SPOILS)
def test_parse_stays_calm_over_almost_right_payloads(spoil: Spoil) -> None:
    # One plan for all, too; each adapter has its own payload spoiled by it.
    for channel in HOOKED:
        known = stems(channel.name, "in")
        stem = known[spoil.stem % len(known)]
        note(f"{channel.name} {stem}")
        _checked(parsed(channel, spoil.apply(fixture(channel, stem))))


def _checked(found: Sequence[Came] | Unread) -> None:
    if isinstance(found, Unread):
        assert found.why
        return
    for one in found:
        if isinstance(one, Due):
            continue
        assert one.external_id
        if isinstance(one, Inbound):
            assert one.dedup_key
            assert (one.kind == "file") == (one.file is not None)


# Out


@outbound
async def test_what_goes_out_is_what_the_platform_documents(
    channel: Channel, stem: str, place: Platform
) -> None:
    recorded = fixture(channel, stem)
    receipt = await _send(channel, recorded, place)
    _as_documented(place, recorded)
    assert receipt.external_id == recorded.get("receipt", "")


@cases(each("typing"))
async def test_that_somebody_writes_is_told_as_the_platform_documents(
    channel: Channel, stem: str, place: Platform
) -> None:
    recorded = fixture(channel, stem)
    account = fake(channel.name).account(place.url)
    place.answers.extend(_answer(one) for one in recorded["answers"])
    assert channel.typing is not None
    async with guarded_client(allow_private_hosts=True) as http:
        await channel.typing(contract.line(account, http), msgspec.convert(recorded["typing"], Typing))
    _as_documented(place, recorded)


@cases(each("seen"))
async def test_that_she_was_read_is_told_as_the_platform_documents(
    channel: Channel, stem: str, place: Platform
) -> None:
    recorded = fixture(channel, stem)
    account = fake(channel.name).account(place.url)
    place.answers.extend(_answer(one) for one in recorded["answers"])
    assert channel.seen is not None
    async with guarded_client(allow_private_hosts=True) as http:
        await channel.seen(contract.line(account, http), msgspec.convert(recorded["seen"], Seen))
    _as_documented(place, recorded)


def _as_documented(place: Platform, recorded: dict[str, Any]) -> None:
    """What the platform has heard is what the fixture expects."""
    assert len(place.heard) == len(recorded["expect"])
    for heard, wanted in zip(place.heard, recorded["expect"], strict=True):
        assert (heard.method, heard.path) == (wanted["method"], wanted["path"])
        assert _has(heard.headers, wanted.get("headers", {}))
        if "body" in wanted:
            assert heard.event == wanted["body"]
        if "text" in wanted:
            assert heard.body.decode() == wanted["text"]
        for part in wanted.get("contains", ()):
            assert part.encode() in heard.body


@cases([one for one in over_http("out") if contract.graded(one[0].name, "stable_event_id")])
async def test_a_second_attempt_can_be_known_as_one(channel: Channel, stem: str, place: Platform) -> None:
    recorded = fixture(channel, stem)
    for _ in range(2):
        await _send(channel, recorded, place)
    first, second = place.heard[: len(place.heard) // 2], place.heard[len(place.heard) // 2 :]
    assert [one.body for one in first] == [one.body for one in second]


@faults
async def test_each_error_of_the_platform_is_retry_or_turned(
    channel: Channel, stem: str, place: Platform
) -> None:
    recorded = fixture(channel, stem)
    answer = _answer(recorded["answer"])
    place.always = lambda _: answer
    _, ready = _plainest(channel)
    with pytest.raises({"retry": Retry, "turned": Turned, "expired": Expired}[recorded["expect"]]) as caught:
        await _send(channel, {**ready, "answers": []}, place)
    if isinstance(caught.value, Retry):
        assert caught.value.after == recorded.get("after", 0)
    if "fault" in recorded:
        assert getattr(caught.value, "fault", "") == recorded["fault"]


@pytest.mark.parametrize("channel", SENDING, ids=name_of)
async def test_a_platform_that_is_not_there_is_retry(channel: Channel) -> None:
    _, ready = _plainest(channel)
    with pytest.raises(Retry):
        await _send(channel, ready, Platform(url="http://127.0.0.1:1"))


@cases(over_http("token"))
async def test_a_token_is_asked_for_as_documented(channel: Channel, stem: str, place: Platform) -> None:
    recorded = fixture(channel, stem)
    account = fake(channel.name).account(place.url)
    place.answers.extend(_answer(one) for one in recorded["answers"])
    assert channel.issue is not None
    async with guarded_client(allow_private_hosts=True) as http:
        token = await channel.issue(contract.line(account, http))
    assert msgspec.to_builtins(token) == recorded["token"]
    (heard,) = place.heard
    (wanted,) = recorded["expect"]
    assert (heard.method, heard.path) == (wanted["method"], wanted["path"])
    if "body" in wanted:
        assert heard.event == wanted["body"]


def _plainest(channel: Channel) -> tuple[str, dict[str, Any]]:
    """A text that goes out."""
    found = fixtures(channel.name, "out")
    return next((one for one in found if one[0] == "out_text"), found[0])


def _answer(recorded: dict[str, Any]) -> Answer:
    body = recorded.get("body", "")
    raw = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return Answer(recorded.get("status", 200), raw, recorded.get("headers", {}))


async def _send(channel: Channel, recorded: dict[str, Any], place: Platform) -> Receipt:
    assert channel.send is not None
    account = fake(channel.name).account(place.url)
    place.answers.extend(_answer(one) for one in recorded.get("answers", ()))
    content = recorded.get("content", "").encode()
    async with guarded_client(allow_private_hosts=True) as http:
        line = contract.line(account, http, content)
        return await channel.send(line, msgspec.convert(recorded["outbound"], Outbound))


# What an adapter says of itself


@every
def test_every_claimed_capability_has_a_fixture(channel: Channel) -> None:
    shown = {
        claim
        for kind in ("in", "out", "typing")
        for _, one in fixtures(channel.name, kind)
        for claim in one["claims"]
    }
    promised = contract.claimed(channel)
    if channel.verify is None:
        promised = {claim for claim in promised if claim.startswith("sends:")} if channel.send else set()
    assert promised <= shown, f"no fixture for {promised - shown}"
    claimed = contract.claimed(channel) | contract.EXTRA
    assert shown <= claimed, f"not claimed: {shown - claimed}"


@every
def test_the_form_is_explained_in_both_languages(channel: Channel) -> None:
    assert set(channel.fields) == form_fields(channel)
    words = [channel.label, channel.help]
    for field in channel.fields.values():
        words += [field.label, field.help, *field.options.values()]
    assert all(said.get("zh-CN") and said.get("en") for said in words)
    drawn = schema(channel, channel.settings, "en")
    assert "v" not in drawn["properties"]
    assert all(one["title"] and one["description"] for one in drawn["properties"].values())


@every
def test_settings_start_complete_and_refuse_what_they_do_not_know(channel: Channel) -> None:
    assert channel.settings()
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"nonsense": 1}, channel.settings)


@every
def test_the_quality_sheet_is_whole_and_honest(channel: Channel) -> None:
    grades = contract.grades(channel.name)
    assert list(grades) == list(contract.RULES)
    for rule, grade in grades.items():
        assert grade.state == "done" or len(grade.why) > 7, f"{rule}: say why"
    done = {rule for rule, grade in grades.items() if grade.state == "done"}
    able = channel.capabilities
    evidence = {
        "signature": channel.verify is not None,
        "raw_bytes": channel.verify is not None,
        "replay_window": channel.verify is not None,
        "secret_rotation": channel.makes_secret,
        "dedup_key": channel.parse is not None,
        "parse_total": channel.parse is not None,
        "unsupported_kept": any("unsupported" in one["claims"] for _, one in fixtures(channel.name, "in")),
        "inbound_fixtures": bool(fixtures(channel.name, "in")),
        "outbound_fixtures": bool(fixtures(channel.name, "out")),
        "files_in": channel.parse is not None and "file" in able.receives,
        "files_out": channel.send is not None and "file" in able.sends,
        "errors_mapped": len(fixtures(channel.name, "fault")) >= 4,
        "retry_after": any("after" in one for _, one in fixtures(channel.name, "fault")),
        "edit_recall_out": channel.send is not None and (able.edit or able.recall),
        "stable_event_id": able.idempotent,
        "receipts": able.receipts,
        "token_refresh": channel.issue is not None and bool(fixtures(channel.name, "token")),
        "health_probe": channel.probe is not None,
    }
    assert not {rule for rule in done if not evidence.get(rule, True)}


# The registry


def test_an_adapter_that_fails_is_left_out_and_the_others_work(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Any:
        raise ImportError("no such thing")

    sources = [*registry._sources(), ("broken", broken), ("open", lambda: own()[0]), ("odd", lambda: 5)]
    monkeypatch.setattr(registry, "_sources", lambda: iter(sources))
    found = registry.channels.__wrapped__()
    assert {"open", "webchat"} <= set(found)
    assert not {"broken", "odd"} & set(found)


def test_an_adapter_of_another_version_or_half_a_door_is_refused() -> None:
    channel = registry.find("open")
    for change in ({"version": 3}, {"name": "other"}, {"parse": None}):
        with pytest.raises(ValueError, match=r"version|calls|belong"):
            registry.checked("open", dataclasses.replace(channel, **change))
