"""The job-design worksheet."""

from __future__ import annotations

from flask import request

from portal.toolkit.forms.job_design import JobDesignForm
from portal.toolkit.rules import job_design, job_outline
from portal.toolkit.rules.job_design import Job
from portal.toolkit.views import blueprint
from portal.toolkit.views.tools import refilled, tool_page
from portal.web.security import limiter


@blueprint.route("/tools/job-design", methods=["GET", "POST"])
@limiter.limit("60/minute", methods=["POST"])
def tool_job_design() -> str:
    """A job's tasks become a part-time job or a job share, with hours that add up."""
    form = JobDesignForm(data=refilled("job-design"))
    if request.form.get("do") == "rows":
        form.add_rows()
        return tool_page("job-design", form)
    if not form.validate_on_submit():
        return tool_page("job-design", form)
    inputs = form.inputs()
    job = job_design.read(inputs)
    if not isinstance(job, Job):
        for problem in job:
            form.refuse(problem)
        return tool_page("job-design", form)
    return tool_page("job-design", form, inputs=inputs, outcome=job_outline.outcome(job))
