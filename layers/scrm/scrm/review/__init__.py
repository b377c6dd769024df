"""What happens after a hit: cases that people review, twice where it matters, in time (S71, O7)."""
