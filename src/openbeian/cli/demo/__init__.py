"""The main job on real data: one customer-service model from manifest to filing number, and what comes after."""
