"""Numbers and the public register (F3, T3a)."""
