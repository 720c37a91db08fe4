"""Graphs: made, read, linked, asked and written."""
