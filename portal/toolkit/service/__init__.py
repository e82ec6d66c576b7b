"""What people do in the toolkit: one function for each action."""
