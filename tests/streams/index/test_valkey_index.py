"""What only the link index in Valkey can be asked: deadlines, outages, restarts, several workers at once."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter, sleep

import pytest
import redis
from pydantic import SecretStr

from config.settings import Settings
from scripts.embedded import EmbeddedValkey
from scripts.embedded.ports import free_port
from streams.index import library, wire
from streams.index.layout import key_prefix
from streams.index.protocol import (
    IndexFaultError,
    IndexUnavailableError,
    LabelFlagChange,
    ResultToRemember,
    StoredResult,
)
from streams.index.valkey import APPLICATIONS_PER_ROUND_TRIP, PER_APPLICATION_MS, ValkeyIndex
from tests.builders import CELL, NOON_MS, application, device_event, list_entry
from tests.streams.index.conftest import PATIENT_MS
from tests.streams.index.observing import hops, observe

DEADLINE_MS = 500
SLACK_S = 5.0
"""How late a deadline may be noticed on a busy machine."""


@pytest.fixture
def admin(valkey: EmbeddedValkey) -> Iterator[redis.Redis]:
    """A second connection to the shared server."""
    with redis.Redis.from_url(valkey.url) as client:
        yield client


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """A server that the test may break."""
    with EmbeddedValkey(tmp_path) as server:
        yield server


@asynccontextmanager
async def connected(url: str, prefix: str = "t.", deadline_ms: int = PATIENT_MS) -> AsyncIterator[ValkeyIndex]:
    index = ValkeyIndex(url, prefix, deadline_ms)
    yield index
    await index.close()


COMMANDS = ["FCALL", "FUNCTION|LOAD", "PSETEX", "UNLINK", "GET", "MGET", "SET", "MSETEX", "SETRANGE", "RENAME", "DEL"]
COMMANDS.extend(["HGET", "HSET", "HSETNX", "HDEL", "HLEN"])
"""What docs/operations.md tells an operator to allow."""


def kept(event_id: str) -> ResultToRemember:
    """A result with an alert."""
    return ResultToRemember(
        event_id=event_id,
        application_id="A-1",
        occurred_ms=NOON_MS,
        decision_flag="review",
        result=StoredResult(b"{}", [b"{}"], b"{}"),
        alert_ids=["ring"],
    )


async def test_past_the_deadline_the_index_is_unavailable_and_then_answers_again(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    async with connected(valkey.url, topic_prefix) as patient:
        await observe(patient, application("A-1", device_id="d"))
    async with connected(valkey.url, topic_prefix, DEADLINE_MS) as index:
        for application_id in ("A-2", "A-3"):
            admin.client_pause(60_000, all=False)
            started = perf_counter()
            with pytest.raises(IndexUnavailableError) as raised:
                await observe(index, application(application_id, device_id="d"))
            assert DEADLINE_MS / 1000 <= perf_counter() - started < DEADLINE_MS / 1000 + SLACK_S
            assert isinstance(raised.value.__cause__, TimeoutError)
            admin.client_unpause()
        observation = await observe(index, application("A-4", device_id="other", bank_card="b"))
        assert observation.velocity[0].token == application("A-4").applicant_token


async def test_a_batch_is_waited_for_longer_than_one_application(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    batch = [application(f"A-{number}") for number in range(APPLICATIONS_PER_ROUND_TRIP)]
    async with connected(valkey.url, topic_prefix, DEADLINE_MS) as index:
        await index.ping()
        admin.client_pause(60_000, all=False)
        started = perf_counter()
        with pytest.raises(IndexUnavailableError):
            await index.observe(batch)
        admin.client_unpause()
        assert perf_counter() - started >= (DEADLINE_MS + PER_APPLICATION_MS * (len(batch) - 1)) / 1000


async def test_a_cancelled_call_leaves_no_reply_to_the_next(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    async with connected(valkey.url, topic_prefix) as index:
        await index.ping()
        admin.client_pause(60_000, all=False)
        call = asyncio.create_task(index.observe([application("A-1")]))
        await asyncio.sleep(0.05)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        admin.client_unpause()
        observation = await observe(index, application("A-2"))
        assert observation.velocity[0].token == application("A-2").applicant_token


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    async with connected(f"redis://127.0.0.1:{free_port()}/0") as index:
        await index.settle(["e-1"])
        for call in (index.ping(), index.observe([application()])):
            with pytest.raises(IndexUnavailableError):
                await call


async def test_what_is_settled_goes_with_the_next_call_or_at_the_end(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    def unsettled() -> int:
        return len(admin.keys(f"{key_prefix(topic_prefix)}U*"))

    async with connected(valkey.url, topic_prefix) as index:
        await index.remember([kept("e-1"), kept("e-2"), kept("e-3")])
        assert unsettled() == 3
        await index.settle(["e-1", "e-2"])
        assert unsettled() == 3
        observation = await observe(index, application("A-9"))
        assert observation.velocity[0].token == application("A-9").applicant_token
        assert unsettled() == 1
        await index.settle(["e-3"])
    assert unsettled() == 0


async def test_nothing_waits_any_more_of_a_result_that_is_remembered_or_that_came_second(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    async with connected(valkey.url, topic_prefix) as one, connected(valkey.url, topic_prefix) as two:
        (first,) = await one.remember([kept("e-1")])
        (second,) = await two.remember([kept("e-1")])
        assert (first.first, second.first) == (True, False)
        assert second.result == first.result
    assert not admin.keys(f"{key_prefix(topic_prefix)}V*")


async def test_a_server_that_comes_back_empty_is_used_again(own_server: EmbeddedValkey) -> None:
    async with connected(own_server.url) as index:
        await observe(index, application("A-1", device_id="d"))
        own_server.kill()
        with pytest.raises(IndexUnavailableError):
            await observe(index, application("A-2", device_id="d"))
        own_server.start()
        assert hops(await observe(index, application("A-3", device_id="d"))) == {}
        assert hops(await observe(index, application("A-4", device_id="d"))) == {"A-3": 1}


async def test_a_server_that_lost_its_functions_gets_them_again(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    async with connected(valkey.url, topic_prefix) as index:
        await observe(index, application("A-1", device_id="d"))
        admin.function_flush()
        first, second = await index.observe([application("A-2", device_id="d"), application("A-3", device_id="d")])
        assert (set(hops(first)), set(hops(second))) == ({"A-1"}, {"A-1", "A-2"})
        assert not first.duplicate


async def test_a_full_server_is_unavailable(own_server: EmbeddedValkey) -> None:
    with redis.Redis.from_url(own_server.url) as own_admin:
        async with connected(own_server.url) as index:
            await index.ping()
            own_admin.config_set("maxmemory", 1)
            with pytest.raises(IndexUnavailableError, match="OutOfMemory"):
                await observe(index, application())
            own_admin.config_set("maxmemory", 0)
            assert not (await observe(index, application())).duplicate


async def test_it_takes_its_user_and_password_from_the_settings(own_server: EmbeddedValkey) -> None:
    def from_settings(password: str) -> ValkeyIndex:
        return ValkeyIndex.from_settings(
            Settings(
                _env_file=None,
                redis_url=SecretStr(own_server.url),
                redis_username="worker",
                redis_password=SecretStr(password),
                index_deadline_ms=PATIENT_MS,
            )
        )

    with redis.Redis.from_url(own_server.url) as own_admin:
        keys = [f"{key_prefix('tidegate.')}*"]
        own_admin.acl_setuser(
            "worker", enabled=True, passwords=["+right"], commands=[f"+{each}" for each in COMMANDS], keys=keys
        )
        right, wrong = from_settings("right"), from_settings("wrong")
        await right.put_list_entries([list_entry("phone", "n1"), list_entry("phone", "n1", at_ms=NOON_MS + 1)])
        await observe(right, application(phone="n1"))
        await right.remember([kept("e-1"), kept("e-1")])
        await right.put_list_entries([list_entry("phone", "n1", action="remove", at_ms=NOON_MS + 2)])
        with pytest.raises(IndexUnavailableError):
            await wrong.ping()
        await right.close()
        await wrong.close()


async def test_two_versions_of_the_functions_live_side_by_side(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    other = f"v{uuid.uuid4().hex[:9]}"
    async with connected(valkey.url, topic_prefix) as index:
        await index.ping()
        admin.function_load(library.SOURCE.replace(library.VERSION, other))
        assert admin.fcall(f"ping_{other}", 0, wire.fields(("other", "another"))) == b"another"
        admin.function_delete(f"tidegate_{other}")


async def test_two_members_of_a_ring_at_the_same_moment_cannot_miss_each_other(
    valkey: EmbeddedValkey, topic_prefix: str
) -> None:
    async with connected(valkey.url, topic_prefix) as one, connected(valkey.url, topic_prefix) as two:
        for i in range(50):
            seen = await asyncio.gather(
                observe(one, application(f"A-{i}-1", device_id=f"d-{i}")),
                observe(two, application(f"A-{i}-2", device_id=f"d-{i}")),
            )
            assert sorted(len(observation.neighbours) for observation in seen) == [0, 1]


async def test_a_long_batch_is_answered_in_order(valkey: EmbeddedValkey, topic_prefix: str) -> None:
    async with connected(valkey.url, topic_prefix) as index:
        batch = [application(f"A-{i}") for i in range(1_100)]
        observations = await index.observe(batch)
        assert [o.velocity[0].token for o in observations] == [facts.applicant_token for facts in batch]
        assert [*await index.observe([])] == []


async def test_deployments_of_one_server_do_not_see_each_other(valkey: EmbeddedValkey, topic_prefix: str) -> None:
    async with connected(valkey.url, topic_prefix) as one, connected(valkey.url, f"{topic_prefix}other.") as two:
        await observe(one, application("A-1", device_id="d"))
        assert (await observe(two, application("A-2", device_id="d"))).neighbours == []


async def test_keys_that_stand_for_another_deployment_are_refused(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    async with connected(valkey.url, topic_prefix) as index:
        admin.set(f"{key_prefix(topic_prefix)}P", "somebody-else.")
        with pytest.raises(IndexFaultError, match=r"somebody-else\."):
            await index.ping()
        admin.delete(f"{key_prefix(topic_prefix)}P")
        await index.ping()
        assert admin.get(f"{key_prefix(topic_prefix)}P") == topic_prefix.encode()


async def test_everything_but_lists_is_forgotten_in_the_end(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    async with connected(valkey.url, topic_prefix) as index:
        await index.observe([application(f"A-{i}", at_ms=NOON_MS + i, merchant_id="m") for i in range(66)])
        await observe(index, application("A-1", event_id="e-2", device_id="d", phone="n", gps_cell=CELL))
        await index.observe_devices([device_event(phone="n", gps_cell=CELL)])
        await index.set_labels([LabelFlagChange(application_id="A-new", flag="fraud", occurred_ms=NOON_MS)])
        await index.put_list_entries([list_entry("phone", "n"), list_entry("phone", "gone", action="remove")])
        await index.remember([kept("e-2")])
    prefix = key_prefix(topic_prefix)
    keys = [key.decode() for key in admin.scan_iter(f"{prefix}*")]
    lasting = [key.removeprefix(prefix) for key in keys if admin.pttl(key) < 0]
    assert {"A", "O", "L", "S", "D", "R", "U", "C", "i", "p"} <= {key.removeprefix(prefix)[0] for key in keys}
    assert sorted(key[:2] for key in lasting) == ["Lp", "T"]


async def test_replies_that_came_while_the_process_was_kept_off_its_processor_are_in_time(
    valkey: EmbeddedValkey, admin: redis.Redis, topic_prefix: str
) -> None:
    def calls() -> int:
        return int(admin.info("commandstats")["cmdstat_fcall"]["calls"])

    async with connected(valkey.url, topic_prefix) as index:
        await index.observe([application(f"A-{number}", device_id="d") for number in range(64)])
        before, index._deadline_ms = calls(), 100
        asking = asyncio.create_task(index.observe([application(f"B-{number}", device_id="d") for number in range(25)]))
        await asyncio.sleep(0.002)
        resumes = perf_counter() + 0.4  # the whole process stands still; the server answers meanwhile, at length
        while perf_counter() < resumes or calls() < before + 25:
            sleep(0.01)  # noqa: ASYNC251
        assert len([*await asking]) == 25


async def test_a_call_that_fails_on_the_server_is_a_fault_and_not_an_outage(
    valkey: EmbeddedValkey, topic_prefix: str
) -> None:
    async with connected(valkey.url, topic_prefix) as index:
        with pytest.raises(IndexFaultError):
            await index._call("observe", [(("not", "a", "request"),)])
        await index.ping()
