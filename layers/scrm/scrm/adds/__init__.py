"""Added customers that count: which rule says so, what it saw, and what people make of it (S9, O10)."""
