"""Learning in a process of its own, while rows are scored in this one."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from threading import Thread

from models.policy.document import PolicyDocument
from scripts.backtest.learning import Champion, Learned, LearningHere, LearningState, Plan, learning_here

_learning: LearningHere | None = None
"""In the process apart."""


class LearningApart:
    """`scripts.backtest.learning.Learning` on another core. What goes wrong there is raised where it is waited for."""

    def __init__(self, document: PolicyDocument, champion: str | None, seed: int, state: LearningState | None) -> None:
        """As `learning_here`."""
        context = multiprocessing.get_context("spawn")
        self._process = ProcessPoolExecutor(1, context, _start, (document, champion, seed, state))
        # ignored there too: Ctrl-C, and what a service manager sends, goes to both, and this one says when
        before = {each: signal.signal(each, signal.SIG_IGN) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._process.submit(_is_there)
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def follow(self, plan: Plan) -> Iterator[Champion | None]:
        """See the protocol. All is learned at once, and waited for when it is asked for."""
        return _waited_for(self._process.submit(_follow, plan))

    def state(self) -> LearningState:
        """See the protocol."""
        return self._process.submit(_state).result()

    def result(self, until_ms: int) -> Learned:
        """See the protocol."""
        return self._process.submit(_result, until_ms).result()

    def close(self) -> None:
        """See the protocol."""
        self._process.shutdown(cancel_futures=True)


def _waited_for(champions: Future[list[Champion | None]]) -> Iterator[Champion | None]:
    yield from champions.result()


def _start(document: PolicyDocument, champion: str | None, seed: int, state: LearningState | None) -> None:
    global _learning  # noqa: PLW0603 - the one thing that this process is for
    Thread(target=_end_with_parent, daemon=True).start()
    _learning = learning_here(document, champion, seed, state)


def _end_with_parent() -> None:
    """A process that waits for work would not notice that the one which gives it was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # noqa: S101 - this is a process apart
    parent.join()
    os._exit(1)


def _is_there() -> bool:
    return _learning is not None


def _here() -> LearningHere:
    assert _learning is not None  # noqa: S101 - `_start` was here first
    return _learning


def _follow(plan: Plan) -> list[Champion | None]:
    return list(_here().follow(plan))


def _state() -> LearningState:
    return _here().state()


def _result(until_ms: int) -> Learned:
    return _here().result(until_ms)
