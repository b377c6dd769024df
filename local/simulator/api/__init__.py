"""The simulated WeCom API, one module per family. `endpoints` is the table of all of them."""
