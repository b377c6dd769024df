"""The archive of conversations (S69): every page kept as WeCom gave it, opened, checked and found again."""
