"""Medical entities of notes."""
