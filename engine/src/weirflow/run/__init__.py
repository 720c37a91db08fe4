"""Plan -> Run: execution, fitting, items, store and events."""
