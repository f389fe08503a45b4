"""Runs the learner as a process of its own beside the worker: it starts it, starts it again when it dies, ends it.

Only the worker that has the first partition of `applications` does: the others need spend neither memory nor time on a
learner that waits. Where two do for a moment, the group of the learners decides which one learns.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import msgspec
import structlog

from streams.dependencies import Dependencies
from streams.learner.report import hear

logger = structlog.get_logger(__name__)


POLL_S = 0.5
START_AFTER_S = 2.0
"""A worker first becomes ready, then starts a learner."""
STOP_AFTER_S = 10.0
"""Partitions come and go within seconds when a worker joins; a learner takes as long to start and restore."""
BACK_OFF_S = (1.0, 60.0)
"""Before a learner that died is started again: the first time, and at most; doubled each time in between."""
LIVED_S = 60.0
"""One that lived so long starts the back-off anew."""
END_WITHIN_S = 3.0
SILENT_S = 120.0
"""A learner reports every second, except while it fits trees or keeps a snapshot; one that is silent for so long hangs,
and is ended for another to go on."""


class LearnerSupervisor:
    """One worker's. `wanted` says whether this worker is the one that should run a learner."""

    def __init__(self, deps: Dependencies, wanted: Callable[[], bool]) -> None:
        self._deps = deps
        self._wanted = wanted
        self._process: Process | None = None
        self._stopping = False

    async def run(self) -> None:
        """For as long as the worker runs."""
        pause_s = BACK_OFF_S[0]
        while not self._stopping:
            if not await self._stays(True, START_AFTER_S):
                continue
            started = monotonic()
            try:
                await self._live()
            except OSError as error:
                logger.warning("learner_not_started", error=str(error))
            if monotonic() - started >= LIVED_S:
                pause_s = BACK_OFF_S[0]
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, BACK_OFF_S[1])

    async def stop(self) -> None:
        """End the learner, if there is one, and start none any more."""
        self._stopping = True
        await self._end()

    async def _stays(self, wanted: bool, seconds: float) -> bool:
        """Whether a learner is (not) wanted all the time for so long. Returns when it is otherwise, after POLL_S at
        least."""
        deadline = monotonic() + seconds
        while True:
            await asyncio.sleep(POLL_S)
            if self._wanted() is not wanted or self._stopping:
                return False
            if monotonic() >= deadline:
                return True

    async def _live(self) -> None:
        """One life of a learner. Raises OSError when it cannot be started."""
        environment = {**self._deps.settings.environment(os.environ), "OMP_NUM_THREADS": "1"}
        # It hears of the worker's end by its standard input, and not of a Ctrl-C that is meant for the worker.
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streams.learner", stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
        )
        self._deps.metrics.learner_starts.inc()
        logger.info("learner_started", pid=process.pid)
        hearing = asyncio.create_task(self._hear(process))
        wanted = True
        try:
            while not (hearing.done() or self._stopping):
                if await self._stays(False, STOP_AFTER_S):
                    wanted = False
                    break
        finally:
            await self._end()
            hearing.cancel()
            with suppress(asyncio.CancelledError, ValueError):  # ValueError: no report is so long
                await hearing
            self._deps.metrics.learner_up.set(0)
            self._deps.metrics.model_quality.clear()
        if not wanted:
            logger.info("learner_not_wanted")
        elif not self._stopping:
            logger.warning("learner_ended", exit_code=process.returncode)

    async def _hear(self, process: Process) -> None:
        """Until the learner's standard output ends, with the process; or says nothing for too long."""
        if process.stdout is None:
            raise RuntimeError("the learner has no standard output")
        while True:
            try:
                async with asyncio.timeout(SILENT_S):
                    line = await process.stdout.readline()
            except TimeoutError:
                logger.warning("learner_silent", after_s=SILENT_S)
                return
            if not line:
                return
            try:
                hear(line, self._deps.metrics)
            except msgspec.DecodeError:
                logger.warning("learner_said", line=line.decode(errors="replace")[:200])

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(END_WITHIN_S):
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
