"""Every archived message is looked at once: what the lexicon finds in it, and what follows (S71, S26)."""
