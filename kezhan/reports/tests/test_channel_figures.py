"""The figures of a channel, and whether its switch goes on."""

from datetime import timedelta
from typing import Any

from msgspec import structs

from kezhan.channels.schemas import Limits
from kezhan.kit.clock import now
from kezhan.reports.channels.figures import doubts_of
from kezhan.reports.schemas import ChannelFigures
from kezhan.reports.tests.factories import Watchtower
from kezhan.workspaces.tests.factories import member_client

NOTHING = ChannelFigures(
    since="2026-11-20T00:00:00.000Z",
    conversations=0,
    customers=0,
    answered=0,
    median_first_response=None,
    p90_first_response=None,
    counted=0,
    service_level=None,
    messages_in=0,
    messages_out=0,
    sent=0,
    failed=0,
    failed_rate=None,
    received=0,
    parked=0,
    error_rate=None,
    delay_ms=None,
)


def test_each_limit_is_held_against_its_own_figure_and_nothing_breaks_none() -> None:
    limits = Limits(response_seconds=60, service_level=80, failed=2, errors=5)
    assert doubts_of(limits, NOTHING) == []
    fine: dict[str, Any] = {
        "median_first_response": 60.0, "service_level": 0.8, "failed_rate": 0.02, "error_rate": 0.05
    }  # fmt: skip
    assert doubts_of(limits, structs.replace(NOTHING, **fine)) == []
    bad: dict[str, Any] = {
        "median_first_response": 60.5, "service_level": 0.79, "failed_rate": 0.021, "error_rate": 0.06
    }  # fmt: skip
    assert doubts_of(limits, structs.replace(NOTHING, **bad)) == [
        "response",
        "service_level",
        "failed",
        "errors",
    ]


async def test_the_first_reply_of_a_person_is_measured_from_the_queue_and_a_note_is_none(
    tower: Watchtower,
) -> None:
    path = f"/api/channels/{tower.shop.account_id}/figures"
    await tower.lobby.agent("林晚晴")
    _, talk = await tower.lobby.customer("在吗")
    await tower.lobby.customer("你好")
    before = (await tower.client.get(path)).json()
    assert (before["conversations"], before["customers"], before["median_first_response"]) == (2, 2, None)
    start = now()
    await tower.lobby.rows("update conversations set opened_at = $1", start - timedelta(minutes=5))
    await _said(tower, talk, "note", start)
    assert (await tower.client.get(path)).json()["answered"] == 0
    await _said(tower, talk, "text", start + timedelta(seconds=30))
    found = (await tower.client.get(path)).json()
    assert found["answered"] == 1
    assert 25 < found["median_first_response"] < 40


async def _said(tower: Watchtower, talk: Any, kind: str, at: Any) -> None:
    await tower.lobby.rows(
        "with c as (update conversations set last_seq = last_seq + 1, rev = rev + 1 where id = $2"
        " returning last_seq, rev)"
        " insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, author_id, body,"
        " created_at) select $1, $2, last_seq, rev, $3, 'agent', gen_random_uuid(), 'x', $4 from c",
        tower.shop.workspace_id, talk, kind, at,
    )  # fmt: skip


async def test_spam_counts_in_no_figure_until_the_mark_is_taken_off(tower: Watchtower) -> None:
    path = f"/api/channels/{tower.shop.account_id}/figures"
    agent = await tower.lobby.agent("林晚晴")
    _, talk = await tower.lobby.customer("限时优惠")
    await tower.lobby.customer("你好")
    assert (await tower.today())["entered"] == 2
    for method, left in (("PUT", 1), ("DELETE", 2)):
        assert (await agent.request(method, f"/api/conversations/{talk}/spam")).status_code < 300
        found = (await tower.client.get(path)).json()
        assert (found["conversations"], found["customers"]) == (left, left)
        assert (await tower.today())["entered"] == left


async def test_a_trial_is_early_until_enough_have_come_and_a_week_holds_today(tower: Watchtower) -> None:
    _, owner = await member_client(tower.house, "owner", tower.shop.workspace_id)
    made = await owner.post("/api/channels", json={"adapter": "open", "name": "App"})
    channel = f"/api/channels/{made.json()['channel']['id']}"
    nothing = (await owner.get(f"{channel}/switch/trial")).json()
    assert nothing == {"verdict": None, "doubts": [], "figures": None}
    form = {"share": 50, "forward_url": "https://old.example/hook", "limits": {"customers": 1}}
    assert (await owner.put(f"{channel}/switch", json=form)).status_code == 200
    assert (await owner.get(f"{channel}/switch/trial")).json()["verdict"] == "early"
    today = (await owner.get(f"{channel}/figures")).json()
    week = (await owner.get(f"{channel}/figures", params={"days": 7})).json()
    assert week["since"] < today["since"]
    assert (await owner.get(f"{channel}/figures", params={"days": 31})).status_code == 400


async def test_figures_are_of_ones_own_workspace(tower: Watchtower) -> None:
    _, stranger = await member_client(tower.house)
    path = f"/api/channels/{tower.shop.account_id}"
    assert (await stranger.get(f"{path}/figures")).status_code == 404
    assert (await stranger.get(f"{path}/switch/trial")).status_code == 404
