"""Text to Flow: the document model, the loader, positions, interpolation, selection. No table engine."""
