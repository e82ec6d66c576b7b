"""What a report is, and how its figures are worked out and protected: pure functions."""
