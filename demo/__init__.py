"""A real prefecture to try the system on, and the simulated phones."""
