"""What is done with contracts, outputs, claims and money: one function per action.

Journeys import their own module (``from portal.payments.service import ledger``).
"""
