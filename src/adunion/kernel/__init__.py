"""Money, ids, clock, errors, settings, registry: every room stands on it; imports none of ours."""
