"""Quantiles and intervals that need no library: what is estimated from figures says how sure it is."""
