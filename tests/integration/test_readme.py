"""What the README tells a newcomer to run does what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from config.settings import Settings
from tests.integration.harness import PATIENCE_S, StartWorker

README = Path(__file__).parents[2] / "README.md"


def run_first_application(settings: Settings) -> dict[str, object]:
    """The README's program, against the test's Kafka and topics; what it prints."""
    (program,) = re.findall(r"^```python\n(.+?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for written, here in (("127.0.0.1:9092", settings.bootstrap[0]), ('"tidegate.', f'"{settings.topic_prefix}')):
        assert written in program
        program = program.replace(written, here)
    done = subprocess.run(
        [sys.executable, "-"], input=program, text=True, capture_output=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stderr
    decision: dict[str, object] = json.loads(done.stdout)
    return decision


def test_the_first_applications_are_decided_as_the_readme_says(start_worker: StartWorker, topics: Settings) -> None:
    start_worker()
    decisions = [run_first_application(topics) for _ in range(4)]
    assert [decision["decision"] for decision in decisions] == ["approve", "approve", "approve", "review"]
    reasons = decisions[-1]["reasons"]
    assert isinstance(reasons, list)
    assert [reason["code"] for reason in reasons if reason["effect"] != "note"] == ["ID_VELOCITY"]
