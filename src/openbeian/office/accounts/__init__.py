"""Offices, organisations, people and their roles; who is acting, and the errors acts end with."""
