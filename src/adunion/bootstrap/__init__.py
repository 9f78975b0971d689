"""The only wiring: settings -> engines -> services."""
