"""The interpreter and nothing else: the floor of every cold start. Prints its CPU seconds."""

import time

print(f'{{"cpu_s": {time.process_time()}}}')
