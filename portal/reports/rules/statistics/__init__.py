"""What is released as statistics of a quarter: which counts, by which groups, in which tables."""
