"""Our own tagger: medical terms in notes by dictionaries, with sections and negation."""
