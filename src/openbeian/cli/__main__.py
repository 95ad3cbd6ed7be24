"""Run the command as `python -m openbeian.cli`."""

from openbeian.cli.app import main

main()
