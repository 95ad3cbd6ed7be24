"""The founding document's own networks and training loops, run as printed, with each repair alone, and repaired: what breaks, and why."""
