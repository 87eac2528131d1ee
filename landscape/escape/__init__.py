"""How descent leaves saddles."""
