"""What people do with referrals and cases: one function per action, inside a unit of work.

Journeys import their own module (``from portal.caseload.service import cases``).
"""
