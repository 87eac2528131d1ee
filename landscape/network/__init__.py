"""The network of critical points: what each saddle connects, and what follows from it."""
