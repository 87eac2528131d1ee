"""Critical points: search, merge, classify."""
