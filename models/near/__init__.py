"""Near hits: people and places of list entries that are written differently, or known in part only."""
