"""A year's targets: planned backward from the outcome, split exactly, gated by stages, compared with what was reached
(S1, S6 to S13, O8)."""
