"""What a new customer is greeted with, within the 20 seconds in which WeCom takes it."""
