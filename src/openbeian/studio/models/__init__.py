"""Trained models, ready to use, and the counts they are measured by."""
