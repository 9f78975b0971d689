"""Money, ids, clock, errors, settings, registry: what every room stands on; imports nothing of ours."""
