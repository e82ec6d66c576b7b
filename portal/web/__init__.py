"""What every page shares: access, forms, errors, headers, navigation."""
