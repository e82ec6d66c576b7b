"""What is counted, as SQL over the records, and the triggers that keep the counts.

A fact says which rows of which tables count, in which month, under which groups. From that one
text come the triggers that change the counts in the transaction that changes a record, whoever
wrote it, and the recomputation that they are compared with (docs/decisions/011).
"""
