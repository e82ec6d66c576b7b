"""Forms of the network, by journey."""
