"""What people do in the network: one function for each action."""
