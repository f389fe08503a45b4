"""`tidegate backtest`: a table of the past through the real core, with labels that come late."""
