"""`tidegate blacklist`: bulk work on the lists."""
