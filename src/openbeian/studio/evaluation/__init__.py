"""Evaluation: the judge, its distances, and how far each figure may be trusted."""
