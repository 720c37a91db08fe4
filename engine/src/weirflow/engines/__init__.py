"""Table engines: what they offer, Polars, portable spellings, and the answering of statistics."""
