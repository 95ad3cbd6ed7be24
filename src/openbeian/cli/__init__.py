"""The roof: the `openbeian` command. It reads arguments, calls the floors below and prints; it decides nothing."""

from openbeian.cli.app import main

__all__ = ["main"]
