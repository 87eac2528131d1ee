"""Closed forms and exact numbers from the literature: pure functions of numbers."""
