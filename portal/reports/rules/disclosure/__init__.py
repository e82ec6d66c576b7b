"""Disclosure control: which numbers of a release are withheld, and the proof that it suffices.

What is protected is a *world*: how many records fall into each group of one count. A reader of a
release knows the world only through the numbers shown, the rule that nought is always shown, and
that parts add up to totals. A withheld number is safe when several worlds that differ in it agree
with everything shown: each of them could be the true one. The proof of a release is a list of such
worlds for every number withheld (``audit``), so that safety does not rest on how they were found.

Two counts of one release are protected apart, which is right because nothing that the portal
knows of makes one follow from the other (``portal/reports/rules/statistics``).
"""
