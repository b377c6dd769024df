"""Whether a customer lets the bank advertise to him (R1, R18): what he said, when, where, and what stands."""
