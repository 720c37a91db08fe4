"""Readers: what turns the files of one kind into rows of the tables."""
