"""A backtest whose links are in a Valkey of its own."""

from pathlib import Path

import numpy as np
import pytest

from scripts.backtest.backtest import StoppedError
from tests.scripts.backtest.histories import transactions
from tests.scripts.backtest.test_backtest import done, options, scores, stopping_after


async def test_valkey_gives_the_scores_that_memory_gives_also_after_a_stop(tmp_path: Path) -> None:
    rows = transactions(1_200)
    memory, _ = await done(options(tmp_path, rows, "memory"))
    given = options(tmp_path, rows, "valkey", index="valkey")
    with pytest.raises(StoppedError):
        await done(given, stopping_after(1))
    assert (given.out / "work" / "valkey" / "dump.rdb").exists()
    valkey, _ = await done(given)
    assert np.array_equal(memory.rows.fraud_score, valkey.rows.fraud_score)
    assert [row[3:] for row in scores(given.out)] == [row[3:] for row in scores(tmp_path / "memory")]
    assert not (given.out / "work").exists()
