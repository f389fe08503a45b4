"""Two workers share the partitions: each application is decided once, and links are seen across them."""

from __future__ import annotations

import json
import time

from tests.integration.harness import PATIENCE_S, Client, MakeApplication, StartWorker, WorkerProcess


def partitions(worker: WorkerProcess) -> int:
    return int(json.loads(worker.get("/readyz")[1] or "{}").get("partitions", 0))


def decided(worker: WorkerProcess) -> int:
    lines = worker.get("/metrics")[1].splitlines()
    return sum(int(float(line.split()[-1])) for line in lines if line.startswith("tidegate_decisions_total{"))


async def test_each_application_is_decided_once_and_links_cross_workers(
    start_worker: StartWorker, client: Client, make_application: MakeApplication
) -> None:
    first, second = start_worker(wait=False), start_worker(wait=False)
    first.wait_until_ready()
    second.wait_until_ready()
    deadline = time.monotonic() + PATIENCE_S
    while not 0 < partitions(first) == partitions(second):
        assert time.monotonic() < deadline, f"the partitions were not shared: {partitions(first)} {partitions(second)}"
        await client.poll(200)

    # 24 people, each with an ID, phone and card of their own, all on one device.
    number_of = 24
    for number in range(number_of):
        await client.apply(
            make_application(
                number,
                applicant__id_number=f"11010119900307{number:03d}X",
                applicant__phone=f"1380000{number:04d}",
                applicant__bank_card=f"62220202000000{number:05d}",
                applicant__contacts=None,
                applicant__email=None,
                liveness__face_id=f"f-{number}",
            )
        )
    decisions = await client.wait_for("decisions", number_of)
    await client.settle(1.0)

    assert sorted(each["application_id"] for each in decisions) == sorted(f"A-{n}" for n in range(number_of))
    assert decided(first) > 0
    assert decided(second) > 0
    assert decided(first) + decided(second) == number_of
    # One worker alone would see half of the ring; whoever comes last sees all of it.
    assert max(each["links"]["shared"].get("device_id", 0) for each in decisions) == number_of - 1
