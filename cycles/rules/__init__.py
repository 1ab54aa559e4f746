"""The rules of analyze, by dimension; imported at start so that their thresholds and sentences are declared."""
