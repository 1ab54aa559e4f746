"""How the process starts, tried for real."""
