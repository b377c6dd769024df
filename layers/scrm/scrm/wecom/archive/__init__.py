"""Where archived conversations come from, and the keys that open them (docs/archive.md, sources)."""
