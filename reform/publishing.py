"""The only place that loads, publishes, supersedes and compares versions of a framework."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from reform import history
from reform.manuscript import Manuscript
from reform.models import Check, Clause, Framework, Item, Measure, Pillar
from reform.models.catalogue import FrameworkState
from schools import clock
from schools.errors import Denied
from schools.models import User
from schools.models.regions import NATION

# What makes two items the same is everything a reader sees or the product computes by.
_OWN = {"id", "framework", "measure", "item", "position"}


@dataclass(frozen=True)
class Comparison:
    """Item codes in catalogue order; `changed` maps a code to the fields that differ."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def load(folder: Path) -> Framework:
    """The version that the files in `folder` describe, as a draft in the database.

    Loading the same files again changes nothing. Raises Problems with every mistake, by file and
    line; Denied when a published version of that number says something else.
    """
    data = Manuscript(folder).read()
    digest = hashlib.sha256(
        json.dumps(data, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()
    with transaction.atomic():
        versions = Framework.objects.select_for_update()
        old = versions.filter(code=data["code"], version=data["version"]).first()
        if old is not None and old.digest == digest:
            return old
        if old is not None:
            if old.state != FrameworkState.draft:
                raise Denied(
                    _("Version %(version)s is published and never changes; publish a new version.")
                    % {"version": old.version}
                )
            old.delete()
        return _store(data, digest)


def publish(framework: Framework, *, by: User | None = None) -> Framework:
    """Make a draft the version in force; the one before is superseded. Twice changes nothing."""
    with transaction.atomic():
        chain = history.lock([f"region:{NATION}"])[f"region:{NATION}"]
        framework.refresh_from_db()
        if framework.state == FrameworkState.published:
            return framework
        if framework.state == FrameworkState.superseded:
            raise Denied(
                _("Version %(version)s was superseded; publish a new version.")
                % {"version": framework.version}
            )
        moment = clock.now()
        Framework.objects.filter(code=framework.code, state=FrameworkState.published).update(
            state=FrameworkState.superseded
        )
        Framework.objects.filter(pk=framework.pk).update(
            state=FrameworkState.published, published_at=moment
        )
        body = {
            "code": framework.code,
            "version": framework.version,
            "digest": framework.digest,
        }
        event = history.NewEvent(
            kind="framework_published",
            actor=by,
            from_state=FrameworkState.draft,
            to_state=FrameworkState.published,
            body=body,
        )
        history.append(chain, [event], at=moment)
    framework.refresh_from_db()
    return framework


def compare(old: Framework, new: Framework) -> Comparison:
    """What `new` asks that `old` did not, the other way round, and items that differ; 4 queries."""
    before, after = _contents(old), _contents(new)
    changed = {
        code: [name for name in after[code] if after[code][name] != before[code].get(name)]
        for code in after
        if code in before
    }
    return Comparison(
        added=[code for code in after if code not in before],
        removed=[code for code in before if code not in after],
        changed={code: names for code, names in changed.items() if names},
    )


def _contents(framework: Framework) -> dict[str, dict[str, Any]]:
    """Item code → what it says, its checks by key."""
    items = Item.objects.filter(framework=framework).prefetch_related("checks")
    return {
        item.code: {
            **_fields(item),
            "checks": {check.key: _fields(check) for check in item.checks.all()},
        }
        for item in items
    }


def _fields(row: Item | Check) -> dict[str, Any]:
    names = (f.name for f in row._meta.concrete_fields if f.name not in _OWN)
    return {name: getattr(row, name) for name in names}


def _store(data: dict[str, Any], digest: str) -> Framework:
    """All rows of a framework, in reading order: positions run across the whole of it."""
    head = {name: data[name] for name in data if name not in ("clauses", "pillars")}
    framework = Framework.objects.create(**head, digest=digest)
    Clause.objects.bulk_create(
        Clause(framework=framework, position=n, **clause)
        for n, clause in enumerate(data["clauses"], start=1)
    )
    measures = items = 0
    checks: list[Check] = []
    for n, pillar in enumerate(data["pillars"], start=1):
        parts = pillar.pop("measures")
        above = Pillar.objects.create(framework=framework, position=n, **pillar)
        for part in parts:
            measures += 1
            inside = part.pop("items")
            measure = Measure.objects.create(pillar=above, position=measures, **part)
            for one in inside:
                items += 1
                found = one.pop("checks")
                item = Item.objects.create(
                    framework=framework, measure=measure, position=items, **one
                )
                checks += [
                    Check(item=item, position=k, **check) for k, check in enumerate(found, start=1)
                ]
    Check.objects.bulk_create(checks)
    return framework
