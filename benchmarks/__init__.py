"""Each figure that we publish, beside the one command that makes it: `python -m benchmarks.<name> [--quick]`."""
