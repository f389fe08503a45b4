"""What a learner tells its worker."""

from __future__ import annotations

import os
import subprocess
import sys

from streams.learner.report import hear
from streams.metrics import Metrics

TELL = "from streams.learner.report import *; tell(LearnerReport(active=True, examples=7, lag=2))"


def test_a_report_arrives_in_the_workers_metrics() -> None:
    told = subprocess.run([sys.executable, "-c", TELL], stdout=subprocess.PIPE, check=True)
    metrics = Metrics()
    hear(told.stdout, metrics)
    assert metrics.registry.get_sample_value("tidegate_learner_up") == 1
    assert metrics.registry.get_sample_value("tidegate_learner_examples") == 7
    assert metrics.registry.get_sample_value("tidegate_learner_lag_records") == 2


def test_a_worker_that_was_killed_is_told_nothing_and_that_is_no_error() -> None:
    hears, tells = os.pipe()
    os.close(hears)
    told = subprocess.run([sys.executable, "-c", TELL], stdout=tells, stderr=subprocess.PIPE, check=False)
    os.close(tells)
    assert (told.returncode, told.stderr) == (0, b"")
