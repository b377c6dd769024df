"""Stands in for the package with WeCom's library in the child process; see `_native`."""
