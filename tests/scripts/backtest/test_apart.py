"""The process that learns beside the one that scores."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from models.policy.policy import load_policy_file
from scripts.backtest.apart import LearningApart

KILLED = """
import multiprocessing, os, signal
from models.policy.policy import load_policy_file
from scripts.backtest.apart import LearningApart

if __name__ == "__main__":
    learning = LearningApart(load_policy_file().document, None, 0, None)
    learning.state()
    print(multiprocessing.active_children()[0].pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_leaves_the_learner_to_the_one_that_scores(number: signal.Signals) -> None:
    handler = signal.getsignal(number)
    learning = LearningApart(load_policy_file().document, None, 0, None)
    try:
        assert signal.getsignal(number) == handler
        learning.state()
        (child,) = multiprocessing.active_children()
        os.kill(child.pid or 0, number)
        time.sleep(0.2)
        learning.state()
    finally:
        learning.close()
    assert not child.is_alive()


def test_the_learner_ends_when_the_one_that_scores_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    done = subprocess.run([sys.executable, script], stdout=subprocess.PIPE, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    child = Path("/proc") / done.stdout.strip()
    deadline = time.monotonic() + 30
    while child.exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not child.exists()
