"""Everything that is read about contracts, outputs, claims and the ledger, by journey."""
