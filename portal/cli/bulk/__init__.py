"""A made-up programme of any size, for measuring: every row an example, the same for a seed."""
