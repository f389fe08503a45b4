"""What the machine did while something was measured."""

import os
import subprocess
import sys
import time

from scripts.bench.machine import Watch, cpu_s, own_s, this_machine

SPIN = "import time\nwhile time.process_time() < {}: pass"


def test_the_machine_is_described() -> None:
    machine = this_machine()
    assert machine.cores >= 1
    assert machine.memory_gb > 0
    assert machine.processor


def test_processor_time_grows_while_a_process_works() -> None:
    before = cpu_s([os.getpid()])
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
    assert cpu_s([os.getpid()]) - before >= 0.15  # the system counts in hundredths, rounded down


def test_a_process_that_has_ended_used_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert cpu_s([process.pid]) == 0.0


def test_what_our_children_use_is_ours_also_when_they_have_ended() -> None:
    before = own_s()
    subprocess.run([sys.executable, "-c", SPIN.format(0.5)], check=True)
    assert own_s() - before >= 0.45


def test_what_a_running_child_uses_is_ours() -> None:
    before = own_s()
    with subprocess.Popen([sys.executable, "-c", SPIN.format(60)]) as process:
        deadline = time.monotonic() + 120
        while own_s() - before < 0.3:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.kill()


def test_the_conditions_tell_time_and_load() -> None:
    watch = Watch()
    time.sleep(0.2)
    conditions = watch.conditions()
    assert 0.2 <= conditions.took_s < 20
    assert 0 <= conditions.others_cores <= (os.cpu_count() or 1) + 0.1
