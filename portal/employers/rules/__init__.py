"""Rules of employers: identifiers, names, spellings, the register file, hard to reach."""
