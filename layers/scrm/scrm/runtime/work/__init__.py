"""The kinds of work of the functions that have several: each module is loaded when its first message comes."""
