"""Bidding: controllers that set each plan's multiplier from the observed landscape."""
