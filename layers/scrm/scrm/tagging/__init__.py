"""Automatic tags: which corp tags a new customer's relation gets by the way he came."""
