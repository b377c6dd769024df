"""What is collected every morning: WeCom's statistics of members, who follows whom, usage and coverage (S10)."""
