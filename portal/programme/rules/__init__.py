"""What the programme's settings mean: sectors, size tiers, districts, and the SIC 2007 list."""

from portal.programme.rules.settings import (
    OTHER_SECTOR,
    OUTSIDE,
    Area,
    District,
    ProgrammeSettings,
    Sector,
    SettingsError,
    SizeTier,
    default_values,
    parse_settings,
    sector_of,
    size_tier,
    suggested_district,
)
from portal.programme.rules.sic import SicCode, SicList, load_sic, normalise_sic

__all__ = [
    "OTHER_SECTOR",
    "OUTSIDE",
    "Area",
    "District",
    "ProgrammeSettings",
    "Sector",
    "SettingsError",
    "SicCode",
    "SicList",
    "SizeTier",
    "default_values",
    "load_sic",
    "normalise_sic",
    "parse_settings",
    "sector_of",
    "size_tier",
    "suggested_district",
]
