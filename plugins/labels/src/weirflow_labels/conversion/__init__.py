"""From tables of labels to the files that training takes."""
