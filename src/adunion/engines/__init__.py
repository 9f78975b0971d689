"""The only place that names an engine: PostgreSQL, the event log."""
