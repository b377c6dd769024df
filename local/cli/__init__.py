"""``scrm``: the operators' command line, over the admin API and nothing else."""
