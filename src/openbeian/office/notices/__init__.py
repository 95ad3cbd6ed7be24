"""The public notice and objections to it (F3): a project policy, and pages say so."""
