"""Tables of the toolkit: resources, their testing and readers, tools, insights and reach."""

from portal.toolkit.models.insights import Insight, InsightTheme, InsightThemeLink
from portal.toolkit.models.reach import Campaign, ReachCount, ReachMark, ReachSalt
from portal.toolkit.models.readers import ResourceRating, ResourceTest, ToolkitStep, ToolResult
from portal.toolkit.models.resources import (
    Resource,
    ResourceEvent,
    ResourceFile,
    ResourceTag,
    ResourceVersion,
)
from portal.toolkit.models.search import SearchEntry

__all__ = [
    "Campaign",
    "Insight",
    "InsightTheme",
    "InsightThemeLink",
    "ReachCount",
    "ReachMark",
    "ReachSalt",
    "Resource",
    "ResourceEvent",
    "ResourceFile",
    "ResourceRating",
    "ResourceTag",
    "ResourceTest",
    "ResourceVersion",
    "SearchEntry",
    "ToolResult",
    "ToolkitStep",
]
