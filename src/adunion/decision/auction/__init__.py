"""The auction: exact greedy ranking under caps, and pricing strategies over its facts."""
