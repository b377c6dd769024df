"""How well customers are answered, measured from the archive of conversations."""
