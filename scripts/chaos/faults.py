"""What is done to the rig while the load runs. Each returns when it is done; none waits for the workers to recover."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from scripts.chaos.faulty_worker import STAGES, fault_file
from scripts.chaos.proxy import TcpProxy
from scripts.chaos.rig import Rig
from scripts.chaos.workers import Worker
from scripts.redrive import Selection, send_again

Action = Callable[[Rig], Awaitable[None]]

PAUSE_S = 2.0
STAGE_PATIENCE_S = 30.0
PROXY_DELAY_S = 0.1
PROXY_BYTES_PER_S = 500_000.0


async def pause(_: Rig) -> None:
    """Let what was done take effect."""
    await asyncio.sleep(PAUSE_S)


async def kill_worker(rig: Rig) -> None:
    """SIGKILL of the first worker."""
    rig.workers[0].kill()


async def terminate_worker(rig: Rig) -> None:
    """SIGTERM to the first worker, and wait for its end."""
    rig.stops.append(await asyncio.to_thread(rig.workers[0].terminate))


async def start_worker(rig: Rig) -> None:
    """The first worker again."""
    rig.workers[0].launch()


async def freeze_worker(rig: Rig) -> None:
    """SIGSTOP of the first worker."""
    rig.workers[0].freeze()


async def thaw_worker(rig: Rig) -> None:
    """SIGCONT: it goes on where it was, with partitions that are another worker's now."""
    rig.workers[0].thaw()


async def restart_workers_in_turn(rig: Rig) -> None:
    """Stop each, start it again, wait until it has partitions, go on to the next."""
    for worker in rig.workers:
        rig.stops.append(await asyncio.to_thread(worker.terminate))
        await asyncio.to_thread(worker.start)


async def kill_valkey(rig: Rig) -> None:
    """SIGKILL; nothing of what it held is kept."""
    await asyncio.to_thread(rig.valkey.kill)


async def start_valkey(rig: Rig) -> None:
    """Valkey again, on its old port."""
    await asyncio.to_thread(rig.valkey.start)


async def freeze_valkey(rig: Rig) -> None:
    """SIGSTOP: connections stand and nothing answers."""
    os.kill(rig.valkey.pid, signal.SIGSTOP)


async def thaw_valkey(rig: Rig) -> None:
    """SIGCONT."""
    os.kill(rig.valkey.pid, signal.SIGCONT)


async def stop_kafka(rig: Rig) -> None:
    """A clean shutdown of the broker."""
    await asyncio.to_thread(rig.kafka.stop)


async def kill_kafka(rig: Rig) -> None:
    """SIGKILL of the broker."""
    await asyncio.to_thread(rig.kafka.kill)


async def start_kafka(rig: Rig) -> None:
    """The broker again, on its old data and port; until it listens."""
    await asyncio.to_thread(rig.kafka.start)


async def cut_kafka(rig: Rig) -> None:
    """Every connection of the workers to Kafka ends, and every new one."""
    _proxy(rig).cut()


async def silence_kafka(rig: Rig) -> None:
    """The workers' connections to Kafka stand, and no byte passes."""
    _proxy(rig).silence()


async def slow_kafka(rig: Rig) -> None:
    """100 ms for each chunk of data, and 500 kB/s."""
    _proxy(rig).slow(PROXY_DELAY_S, PROXY_BYTES_PER_S)


async def restore_kafka(rig: Rig) -> None:
    """The workers' connections to Kafka are as they were."""
    _proxy(rig).restore()


async def fill_disk(rig: Rig) -> None:
    """Nothing that the first worker writes to a file is taken any more, its log included."""
    rig.workers[0].fill_disk()


async def empty_disk(rig: Rig) -> None:
    """There is room again."""
    rig.workers[0].empty_disk()


async def fail_every_stage(rig: Rig) -> None:
    """One exception at each stage of the pipeline, one after another, in the first worker."""
    for stage in STAGES:
        asked = _ask_for_fault(rig.workers[0], stage, "")
        async with asyncio.timeout(STAGE_PATIENCE_S):
            while asked.exists():  # noqa: ASYNC110 - another process removes it
                await asyncio.sleep(0.05)


async def clock_ahead(rig: Rig) -> None:
    """The first worker's clock jumps an hour ahead."""
    _ask_for_fault(rig.workers[0], "clock", "3600")


async def clock_behind(rig: Rig) -> None:
    """The first worker's clock jumps to 20 days ago: much of the traffic seems to come from the future."""
    _ask_for_fault(rig.workers[0], "clock", "-1728000")


async def clock_right(rig: Rig) -> None:
    """The first worker's clock is right again."""
    _ask_for_fault(rig.workers[0], "clock", "0")


async def redrive(rig: Rig) -> None:
    """`tidegate redrive`, of what was not unreadable by itself."""
    await send_again(rig.settings, Selection(codes=frozenset({"internal", "clock_ahead"})))


async def rebuild(rig: Rig) -> None:
    """`tidegate rebuild`, while the workers run. Raises RuntimeError when it fails."""
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("tidegate")),
        "rebuild",
        env=rig.settings.environment(os.environ),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"tidegate rebuild ended with {process.returncode}: {output.decode()[-2000:]}")


def _proxy(rig: Rig) -> TcpProxy:
    if rig.proxy is None:
        raise ValueError("this scenario needs through_proxy")
    return rig.proxy


def _ask_for_fault(worker: Worker, name: str, text: str) -> Path:
    """Write the file that a faulty worker looks for, whole at once."""
    asked = fault_file(worker.data_dir, name)
    asked.parent.mkdir(parents=True, exist_ok=True)
    partial = asked.with_suffix(".new")
    partial.write_text(text)
    return partial.replace(asked)
