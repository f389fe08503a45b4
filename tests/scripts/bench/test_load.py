"""Load on a real process: what counts is what comes out, and when it was due."""

import signal
from threading import Timer

import psutil
import pytest

from scripts.bench.arithmetic import quantile
from scripts.bench.load import BenchFailedError, latencies, throughput
from scripts.bench.place import Place
from scripts.bench.sections.rates import PLAIN_ECHO

RATE_PER_S = 100.0
STALL_S = 1.0


class Stall:
    """Stops the measured process for a second, once half of the records have been answered."""

    def __init__(self, half: int) -> None:
        self._half = half
        self._done = False

    def __call__(self, done: int) -> None:
        if done >= self._half and not self._done:
            self._done = True
            (echo,) = [each for each in psutil.Process().children() if PLAIN_ECHO in each.cmdline()]
            echo.send_signal(signal.SIGSTOP)
            Timer(STALL_S, echo.send_signal, [signal.SIGCONT]).start()


async def test_a_stall_counts_for_every_record_that_was_due_meanwhile(place: Place) -> None:
    records = place.applications(400)
    settings, log_file = place.settings(), place.log_file("echo")
    measured = await latencies(PLAIN_ECHO, settings, records, RATE_PER_S, log_file, Stall(200), left_out=40)
    assert len(measured.ms) == len(records) - 40
    assert measured.ms == sorted(measured.ms)
    assert 0 < measured.cpu_us < 20_000
    waited = [ms for ms in measured.ms if ms > STALL_S * 1000 / 2]
    assert len(waited) >= 0.8 * RATE_PER_S * STALL_S / 2  # half of those that were due within the second
    assert quantile(measured.ms, 0.99) >= 0.9 * STALL_S * 1000


async def test_records_a_second_and_processor_time_of_an_echo(place: Place) -> None:
    seen: list[int] = []
    measured = await throughput(
        PLAIN_ECHO, place.settings(), place.applications(300), place.log_file("echo"), seen.append
    )
    assert measured.per_s > 50
    assert 0 <= measured.cpu_us[PLAIN_ECHO] < 20_000
    assert measured.degraded == 0
    assert seen[-1] == 300


async def test_a_process_that_ends_fails_the_measurement_with_its_last_words(place: Place) -> None:
    records, log_file = place.applications(1), place.log_file("nonsense")
    with pytest.raises(BenchFailedError, match="No module named nonsense"):
        await throughput("nonsense", place.settings(), records, log_file, lambda _: None)
