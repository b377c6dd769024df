"""What customers' business did after something was done, honestly compared (S14 to S17, S36, O9).

Everything here works on sums by cell (`scrm.uplift.moments`), which one SQL text makes of any number of customers.
What is compared, why the naive figure misleads, and when to believe an estimate: docs/uplift.md.
"""
