"""Figures: drawn from saved data, with their claims checked."""
