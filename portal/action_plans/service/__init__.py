"""What people do to a plan, one function an action; each is called inside a unit of work."""

from portal.action_plans.service.actions import (
    ActionInput,
    add_action,
    as_text,
    change_status,
    edit_action,
    move_action,
    order_by_due,
    withdraw,
)
from portal.action_plans.service.business_case import (
    read_figures,
    save_business_case,
    shown_inputs,
)
from portal.action_plans.service.closing import close_plan
from portal.action_plans.service.common import CHANGED
from portal.action_plans.service.goals import add_goal, edit_goal
from portal.action_plans.service.plans import add_recommendations, start_plan
from portal.action_plans.service.rendering import render_version
from portal.action_plans.service.signing import Signed, sign_off, signatures_on, signed
from portal.action_plans.service.versions import (
    Content,
    current_content,
    report_damage,
    request_version,
    retry_version,
    version_file,
)

__all__ = [
    "CHANGED",
    "ActionInput",
    "Content",
    "Signed",
    "add_action",
    "add_goal",
    "add_recommendations",
    "as_text",
    "change_status",
    "close_plan",
    "current_content",
    "edit_action",
    "edit_goal",
    "move_action",
    "order_by_due",
    "read_figures",
    "render_version",
    "report_damage",
    "request_version",
    "retry_version",
    "save_business_case",
    "shown_inputs",
    "sign_off",
    "signatures_on",
    "signed",
    "start_plan",
    "version_file",
    "withdraw",
]
