"""Flow + registry -> Graph: nodes made, edges typed, order found; schemas along edges and lineage. Pure."""
