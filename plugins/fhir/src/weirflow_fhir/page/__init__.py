"""The page on which a person searches notes and sees their graphs."""
