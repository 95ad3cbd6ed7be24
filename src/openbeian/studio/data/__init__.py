"""Data of the studio: pictures and texts, from packages, from code, or from the user's own folder; nothing is fetched."""
