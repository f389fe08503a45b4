"""One service over real HTTP, well and otherwise. Silence is never a clean answer."""

from __future__ import annotations

import asyncio
from time import perf_counter

import pytest

from models.enrichment import ListHit
from models.facts import Identifier
from streams.external_lists.asking import AT_ONCE
from streams.external_lists.restraint import OPEN_AFTER, PROBE_AFTER_S
from streams.metrics import Metrics
from tests.builders import NOON_MS, token
from tests.streams.external_lists.conftest import MakeAsker
from tests.streams.external_lists.list_server import ListServer, Mood

PHONE = Identifier("phone", token("phone", "+8613800000001"))
CARD = Identifier("bank_card", token("bank_card", "6222020200000000001"))
ENTRY = {"kind": "phone", "token": PHONE.token, "severity": "high", "reason": "sold, tel 13800000001"}


def lookups(metrics: Metrics, answer: str) -> float:
    return (
        metrics.registry.get_sample_value("tidegate_list_lookups_total", {"service": "bureau", "answer": answer}) or 0
    )


async def test_it_says_what_is_listed_and_what_is_not(server: ListServer, asker: MakeAsker) -> None:
    server.entries.append(ENTRY)
    known = await asker().ask([PHONE, CARD])
    hit = ListHit("phone", PHONE.token, "external:bureau", "high", "sold, tel […]", None, None, NOON_MS, None)
    assert known == {PHONE: [hit], CARD: []}


async def test_only_kinds_and_tokens_leave_the_house(server: ListServer, asker: MakeAsker) -> None:
    await asker(key="k-1").ask([PHONE])
    assert server.bodies == [b'{"identifiers":[{"kind":"phone","token":"%s"}]}' % PHONE.token.encode()]
    assert server.headers[0]["authorization"] == "Bearer k-1"


async def test_look_ups_share_a_connection(server: ListServer, asker: MakeAsker) -> None:
    bureau = asker(cache_s=0)
    for _ in range(3):
        await bureau.ask([PHONE])
    assert (len(server.questions), server.connections) == (3, 1)


async def test_no_more_connections_than_allowed(server: ListServer, asker: MakeAsker) -> None:
    many = [Identifier("phone", token("phone", str(number))) for number in range(5 * AT_ONCE)]
    assert len(await asker(connections=2).ask(many)) == len(many)
    assert (len(server.questions), server.connections) == (5, 2)


@pytest.mark.parametrize("mood", ["failing", "refusing", "garbage", "half_closed", "rude", "endless", "elsewhere"])
async def test_an_answer_that_is_none_says_nothing(server: ListServer, asker: MakeAsker, mood: Mood) -> None:
    server.mood = mood
    assert await asker().ask([PHONE]) == {}


@pytest.mark.parametrize("mood", ["slow", "hanging"])
async def test_nobody_waits_beyond_the_deadline(
    server: ListServer, asker: MakeAsker, metrics: Metrics, mood: Mood
) -> None:
    server.mood = mood
    began = perf_counter()
    assert await asker(deadline_ms=100.0).ask([PHONE]) == {}
    assert 0.1 <= perf_counter() - began < 3  # an answer would have come after 4 s, or never
    assert lookups(metrics, "late") == 1


async def test_a_service_that_nobody_serves_says_nothing(asker: MakeAsker, metrics: Metrics) -> None:
    assert await asker(url="http://127.0.0.1:1/look-up").ask([PHONE]) == {}
    assert lookups(metrics, "unreachable") == 1


async def test_a_hit_about_something_else_makes_the_answer_unusable(server: ListServer, asker: MakeAsker) -> None:
    server.entries.append(ENTRY)
    server.mood = "mistaken"
    assert await asker().ask([CARD]) == {}


@pytest.mark.parametrize("mood", ["failing", "half_closed", "rude"])
async def test_what_may_pass_is_asked_once_more(server: ListServer, asker: MakeAsker, mood: Mood) -> None:
    server.moods = [mood]
    assert await asker().ask([PHONE]) == {PHONE: []}
    assert len(server.questions) == 2


@pytest.mark.parametrize("mood", ["refusing", "garbage"])
async def test_what_will_not_pass_is_not_asked_again(server: ListServer, asker: MakeAsker, mood: Mood) -> None:
    server.moods = [mood]
    assert await asker().ask([PHONE]) == {}
    assert len(server.questions) == 1


async def test_retries_are_a_tenth_of_what_is_asked(server: ListServer, asker: MakeAsker, metrics: Metrics) -> None:
    bureau = asker(cache_s=0)
    for _ in range(40):
        server.moods = ["failing"]
        await bureau.ask([PHONE])
        server.moods = []
        await bureau.ask([PHONE])
    retries = metrics.registry.get_sample_value("tidegate_list_retries_total", {"service": "bureau"})
    assert retries is not None
    assert 8 <= retries <= 9


async def test_a_service_that_keeps_failing_is_left_alone_until_a_probe_is_answered(
    server: ListServer, asker: MakeAsker, metrics: Metrics, time_s: list[float]
) -> None:
    bureau = asker()
    server.mood = "refusing"
    for _ in range(OPEN_AFTER - 1):
        await bureau.ask([PHONE])
    assert bureau.state == "closed"
    await bureau.ask([PHONE])
    assert (bureau.state, metrics.registry.get_sample_value("tidegate_list_service_up", {"service": "bureau"})) == (
        "open",
        0.0,
    )
    asked = len(server.questions)
    server.mood = "well"
    assert await bureau.ask([PHONE]) == {}
    assert len(server.questions) == asked
    time_s[0] += PROBE_AFTER_S
    assert await bureau.ask([PHONE]) == {PHONE: []}
    assert bureau.state == "closed"


async def test_a_look_up_that_is_called_off_does_not_shut_the_service_out(
    server: ListServer, asker: MakeAsker, time_s: list[float]
) -> None:
    bureau = asker()
    server.mood = "refusing"
    for _ in range(OPEN_AFTER):
        await bureau.ask([PHONE])
    time_s[0] += PROBE_AFTER_S
    server.mood = "hanging"
    probe = asyncio.create_task(bureau.ask([PHONE]))
    await asyncio.sleep(0.05)
    probe.cancel()
    await asyncio.gather(probe, return_exceptions=True)
    server.mood = "well"
    assert await bureau.ask([PHONE]) == {PHONE: []}


async def test_an_answer_holds_for_its_time_and_no_longer(
    server: ListServer, asker: MakeAsker, time_s: list[float]
) -> None:
    bureau = asker(cache_s=60.0)
    assert await bureau.ask([PHONE]) == {PHONE: []}
    server.entries.append(ENTRY)
    time_s[0] += 59.9
    assert await bureau.ask([PHONE, CARD]) == {PHONE: [], CARD: []}
    assert [len(question) for question in server.questions] == [1, 1]
    time_s[0] += 0.1
    assert [hit.severity for hit in (await bureau.ask([PHONE]))[PHONE]] == ["high"]


async def test_silence_is_not_remembered(server: ListServer, asker: MakeAsker) -> None:
    bureau = asker()
    server.moods = ["refusing"]
    assert await bureau.ask([PHONE]) == {}
    assert await bureau.ask([PHONE]) == {PHONE: []}
