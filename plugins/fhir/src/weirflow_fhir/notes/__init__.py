"""Notes: the texts that records carry."""
