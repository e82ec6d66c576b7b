"""The diagnostics report: how employers stand, what is weak where, and what moved. Pure functions.

Nothing in it says why something changed. Movement is shown with how many employers it is of and
how many did not come back; support that goes with it is an association, and is called one.
"""
