"""What the bank tells of its customers' business: feeds, checked as a whole and published by version."""
