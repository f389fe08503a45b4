"""The known kinds of fraud, a file each. A new one is a new file, and a line here."""

from __future__ import annotations

from scripts.simulator.fraud import (
    account_takeover,
    colluding_sales_rep,
    device_farm,
    emulator_hook_farm,
    gps_cell_crowd,
    identity_mules,
    listed_return,
    merchant_cash_out,
    merging_rings,
    multi_lender_burst,
    resetting_farm,
    reused_face,
    shared_bank_card,
)
from scripts.simulator.typology import Typology

FRAUD: tuple[Typology, ...] = (
    account_takeover.TYPOLOGY,
    colluding_sales_rep.TYPOLOGY,
    device_farm.TYPOLOGY,
    emulator_hook_farm.TYPOLOGY,
    gps_cell_crowd.TYPOLOGY,
    identity_mules.TYPOLOGY,
    listed_return.TYPOLOGY,
    merging_rings.TYPOLOGY,
    multi_lender_burst.TYPOLOGY,
    resetting_farm.TYPOLOGY,
    reused_face.TYPOLOGY,
    shared_bank_card.TYPOLOGY,
)
"""The largest rings of all together fit into a default run's fraud: each occurs once at least."""

SHIFT = merchant_cash_out.TYPOLOGY
"""What is not there at first and appears in a stream that shifts: neither rules nor scorecard know of it."""
