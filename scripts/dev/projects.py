"""Projects with integrations and activities, in memory: what the sandbox serves."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Record = dict[str, Any]

PROJECT = "sandboxproj01"
INTEGRATION = "integration01"
# With all that the document requires of each, so that generated models read them.
_TYPES: dict[str, Record] = json.loads("""{
    "github": {"fetch_branches": true, "prune_branches": true, "base_url": null,
        "environment_init_resources": "default", "repository": "acme/shop",
        "build_pull_requests": true, "build_draft_pull_requests": true,
        "build_pull_requests_post_merge": false, "pull_requests_clone_parent_data": true,
        "token_type": "github_app"},
    "webhook": {"events": ["*"], "environments": ["*"], "excluded_environments": [],
        "states": ["complete"], "result": "*", "shared_key": null,
        "url": "https://hooks.example.com/deploys"},
    "health.email": {"from_address": null, "recipients": ["#admins"]},
    "health.slack": {"channel": "#deploys"}
}""")
_SECRET = {"auth_token", "key", "license_key", "password", "routing_key", "token"}


@dataclass
class Project:
    """One project: its records by id; for its activities also when they began."""

    id: str
    created_at: str
    integrations: dict[str, Record] = field(default_factory=dict)
    activities: dict[str, tuple[float, Record]] = field(default_factory=dict)


class Projects:
    """All projects of a sandbox.

    Args:
        work: Seconds that an activity takes: pending for the first third, then in progress.
        clock: Gives seconds.
    """

    def __init__(self, work: float, clock: Callable[[], float]) -> None:
        self.by_id: dict[str, Project] = {}
        self._work = work
        self._clock = clock
        self._numbers = count(1)

    def fill(self, projects: int, integrations: int) -> None:
        """Add projects with integrations of each type in turn; the same ids each time."""
        for number in range(projects):
            project = self._new_id() if number else PROJECT
            self.by_id[project] = Project(project, _now())
            types = cycle(_TYPES)
            for each in range(integrations):
                first = not number and not each
                self.add(project, {"type": next(types)}, INTEGRATION if first else None)

    def add(self, project_id: str, body: Mapping[str, Any], new_id: str | None = None) -> Record:
        """Add an integration, and its project where there is none yet."""
        project = self.by_id.setdefault(project_id, Project(project_id, _now()))
        own = new_id or self._new_id()
        project.integrations[own] = {
            **_TYPES.get(body["type"], {}),
            **{key: value for key, value in body.items() if key not in _SECRET},
            "id": own,
            "created_at": _now(),
            "updated_at": _now(),
            "role": "",
            **_links(f"projects/{project_id}/integrations/{own}"),
        }
        return project.integrations[own]

    def describe(self, project: Project) -> Record:
        """Give the record of a project."""
        dates = {"created_at": project.created_at, "updated_at": project.created_at}
        return {"id": project.id, "title": project.id, **dates, **_links(f"projects/{project.id}")}

    def begin(self, project: Project, kind: str, about: Mapping[str, Any]) -> Record:
        """Begin an activity, and give it as it is now."""
        own = self._new_id()
        activity = {
            "id": own,
            "type": kind,
            "project": project.id,
            "created_at": _now(),
            "parameters": dict(about),
            "payload": dict(about),
            "timings": {},
            "commands": [],
            "log": "",
            "description": kind,
            "text": kind,
            "failure_reason": None,
            "cancelled_at": None,
            "expires_at": None,
            **_links(f"projects/{project.id}/activities/{own}"),
        }
        project.activities[own] = (self._clock(), activity)
        return self.activity(project, own)

    def activity(self, project: Project, activity_id: str) -> Record:
        """Give an activity as it is now.

        Raises:
            KeyError: When there is none.
        """
        began, activity = project.activities[activity_id]
        done = min(1.0, (self._clock() - began) / self._work) if self._work else 1.0
        started = datetime.fromisoformat(activity["created_at"])
        third = timedelta(seconds=self._work / 3)
        start, end = (started + third).isoformat(), (started + 3 * third).isoformat()
        states = {"state": "pending", "result": None, "started_at": None, "completed_at": None}
        if done >= 1 / 3:
            states |= {"state": "in_progress", "started_at": start}
        if done >= 1:
            states |= {"state": "complete", "result": "success", "completed_at": end}
        moved = states["completed_at"] or states["started_at"] or activity["created_at"]
        return activity | states | {"updated_at": moved, "completion_percent": int(done * 100)}

    def is_busy(self, project: Project) -> bool:
        """Whether an activity of the project is not complete."""
        return any(self._clock() - began < self._work for began, _ in project.activities.values())

    def _new_id(self) -> str:
        return hashlib.sha256(b"%d" % next(self._numbers)).hexdigest()[:13]


def _links(path: str) -> Record:
    return {"_links": {"self": {"href": path}}}  # the server puts its own address before it


def _now() -> str:
    return datetime.now(UTC).isoformat()
