"""The matrix: every measure by every way round it, as the lab measures it."""
