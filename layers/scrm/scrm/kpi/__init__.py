"""What the programme moves: counts by day and node, the bank's own figures, and what is made of them."""
