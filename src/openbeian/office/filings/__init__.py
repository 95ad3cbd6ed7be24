"""Services, drafts, cases, rounds, supplements, review and the two-person decision (F1, F2)."""
