"""Every SELECT of the network, by journey."""
