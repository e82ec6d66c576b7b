"""Rules of payment: pure functions over plain data, in integer pence."""
