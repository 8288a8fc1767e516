"""The only place that knows what the files of a framework hold; it reads them into plain data."""

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from reform.answers import OPERATORS
from reform.marked_yaml import Place, Problem, Problems, read
from reform.models.catalogue import (
    Cadence,
    Check,
    CheckKind,
    Clause,
    Clock,
    Framework,
    Item,
    Level,
    Measure,
    Pillar,
    ProfileValue,
    Source,
    TargetMode,
)
from schools.roles import Profile
from schools.workdays import SHIFTS

PERIODS = ["as_of", "month", "quarter", "term", "year", "cycle"]
ROLES = ["ask", "purpose"]
PLACEHOLDERS = {"num", "den", "missing", "target"}
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_HALF_WIDTH = re.compile(r"[\u4e00-\u9fff}][,;:!?(]|[,;:!?)][\u4e00-\u9fff]")
_PROFILES = [value for value in Profile.values if value != Profile.unknown]

Data = dict[str, Any]


class Manuscript:
    """Reads one folder: framework.yaml, the pillars it names, and rules.yaml beside the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes: list[Problem] = []
        self.clauses: dict[str, str] = {}
        self.words: dict[str, Data] = {"roles": {}, "registers": {}, "rules": {}}
        self.rules: Data = {}
        self.cited: Counter[str] = Counter()
        self.seen: Counter[tuple[str, str]] = Counter()

    def read(self) -> Data:
        """The framework as plain data; Problems with every mistake in every file."""
        self.rules = self._rules(read(self.folder.parent / "rules.yaml", self.notes))
        root = read(self.folder / "framework.yaml", self.notes)
        data = self._framework(root) if root else {}
        for name in data.pop("pillar_files", []):
            place = read(self.folder / f"{name}.yaml", self.notes)
            if place:
                data["pillars"].append(self._pillar(place))
        if root and not self.notes:
            for locator, role in self.clauses.items():
                if role == "ask" and not self.cited[locator]:
                    root.fail(_("no item cites the clause %s, which asks for something") % locator)
        if self.notes:
            raise Problems(self.notes)
        return {**data, "words": self.words}

    def _framework(self, place: Place) -> Data:
        keys = place.mapping("code version title source pillars roles registers clauses")
        data: Data = {"clauses": [], "pillars": [], "pillar_files": []}
        for name in ("code", "version"):
            if name in keys:
                data[name] = keys[name].text(_most(Framework, name))
        for name in ("title", "source"):
            data |= self._pair(keys.get(name), name, Framework)
        for name in ("roles", "registers"):
            if name in keys:
                for key, pair in keys[name].mapping().items():
                    self.words[name][key] = self._words(pair)
        for clause in keys["clauses"].sequence() if "clauses" in keys else []:
            data["clauses"].append(self._clause(clause))
        if "pillars" in keys:
            data["pillar_files"] = keys["pillars"].texts()
        return data

    def _clause(self, place: Place) -> Data:
        keys = place.mapping("id role zh en")
        if len(keys) < 4:
            return {}
        locator = self._new(keys["id"], "clause", _most(Clause, "locator"))
        self.clauses[locator] = keys["role"].choice(ROLES)
        return {
            "locator": locator,
            "role": self.clauses[locator],
            "label_zh": self._zh(keys["zh"], _most(Clause, "label_zh")),
            "label_en": self._en(keys["en"], _most(Clause, "label_en")),
        }

    def _pillar(self, place: Place) -> Data:
        keys = place.mapping("code name theme measures")
        data = self._pair(keys.get("name"), "name", Pillar)
        data |= self._pair(keys.get("theme"), "theme", Pillar)
        if "code" in keys:
            data["code"] = self._new(keys["code"], "pillar", _most(Pillar, "code"))
        measures = keys["measures"].sequence() if "measures" in keys else []
        return {**data, "measures": [self._measure(one, data.get("code", "")) for one in measures]}

    def _measure(self, place: Place, above: str) -> Data:
        keys = place.mapping("code name items")
        data = self._pair(keys.get("name"), "name", Measure)
        if "code" in keys:
            data["code"] = self._below(keys["code"], "measure", above, Measure)
        items = keys["items"].sequence() if "items" in keys else []
        return {**data, "items": [self._item(one, data.get("code", "")) for one in items]}

    def _item(self, place: Place, above: str) -> Data:
        keys = place.mapping(
            "code short title clauses cadence review clock due profiles lead support level"
            " school_types minutes ask guidance enough evidence stuck checks",
            "note light",
        )
        data: Data = {}
        for name in ("short", "title", "ask", "guidance", "enough", "stuck", "light", "note"):
            data |= self._pair(keys.get(name), name, Item)
        readers = {
            "code": lambda p: self._below(p, "item", above, Item),
            "cadence": lambda p: p.choice(Cadence.values),
            "review": lambda p: p.choice(["none", "year"]),
            "clock": lambda p: p.choice(Clock.values),
            "level": lambda p: p.choice(Level.values),
            "lead": lambda p: p.choice(self.words["roles"]),
            "support": lambda p: [one.choice(self.words["roles"]) for one in p.sequence()],
            "minutes": lambda p: p.number(1, 240),
            "due": self._due,
            "profiles": self._profiles,
            "school_types": self._types,
            "clauses": lambda p: [self._cite(one) for one in p.sequence()],
            "checks": lambda p: [self._check(one) for one in p.sequence()],
        }
        data |= {name: reader(keys[name]) for name, reader in readers.items() if name in keys}
        data["locators"] = data.pop("clauses", [])
        if "evidence" in keys:
            pair = keys["evidence"].mapping("zh en")
            for language, reader in (("zh", self._zh), ("en", self._en)):
                places = pair[language].sequence() if language in pair else []
                data[f"evidence_{language}"] = [reader(one) for one in places]
        lighter = ProfileValue.simplified in data.get("profiles", {}).values()
        if lighter != ("light" in keys):
            place.fail(_("“light” belongs exactly where a profile is “simplified”"))
        return data

    def _profiles(self, place: Place) -> Data:
        keys = place.mapping(" ".join(_PROFILES))
        return {name: value.choice(ProfileValue.values) for name, value in keys.items()}

    def _types(self, place: Place) -> str | list[str]:
        if place.node is not None and place.node.value == "all":
            return "all"
        codes = place.texts()
        if any(not re.fullmatch(r"\d{3}", code) for code in codes):
            place.fail(_("“all” or a list of school type codes belongs here"))
        return codes

    def _due(self, place: Place) -> Data:
        keys = place.mapping("", "date anchor weeks working_days shift")
        rule: Data = {}
        if "shift" in keys:
            rule["shift"] = keys["shift"].choice(list(SHIFTS))
        amounts = keys.keys() & {"weeks", "working_days"}
        if "date" in keys and not amounts and "anchor" not in keys:
            rule["date"] = keys["date"].text()
            try:
                date.fromisoformat(f"2027-{rule['date']}")
            except ValueError:
                keys["date"].fail(_("a month and day such as 06-15 belong here"))
        elif "anchor" in keys and len(amounts) == 1:
            rule["anchor"] = keys["anchor"].choice(["term_start", "term_end"])
            unit = amounts.pop()
            rule[unit] = keys[unit].number(-250, 250)
        else:
            place.fail(_("a date, or an anchor with weeks or working_days, belongs here"))
        return rule

    def _check(self, place: Place) -> Data:
        keys = place.mapping(
            "key name how gap kind per source numerator target",
            "registers denominator may_exceed",
        )
        if not {"key", "kind", "per", "source", "target"} <= keys.keys():
            return {}
        data = self._pair(keys.get("name"), "name", Check)
        data["key"] = self._new(keys["key"], "check", _most(Check, "key"))
        data["kind"] = keys["kind"].choice(CheckKind.values)
        data["per"] = keys["per"].choice(PERIODS)
        data["source"] = keys["source"].choice(Source.values)
        data["may_exceed"] = "may_exceed" in keys and keys["may_exceed"].choice(["true"]) == "true"
        ratio = data["kind"] == CheckKind.ratio
        allowed = PLACEHOLDERS if ratio else PLACEHOLDERS - {"den"}
        for name in ("how", "gap"):
            data |= self._pair(keys.get(name), name, Check, allowed)
        if ratio != ("denominator" in keys):
            place.fail(_("a ratio, and nothing else, has a denominator"))
        data |= self._parts(keys, data["source"] == Source.typed)
        data["registers"] = [
            one.choice(self.words["registers"])
            for one in (keys["registers"].sequence() if "registers" in keys else [])
        ]
        if (data["source"] == Source.computed) != bool(data["registers"]):
            place.fail(_("a computed check, and no other, names the registers it reads"))
        return data | self._target(keys["target"], data["kind"])

    def _parts(self, keys: dict[str, Place], typed: bool) -> Data:
        """Numerator and denominator: labels of what is typed, or what is counted."""
        data: Data = {}
        for name, short in (("numerator", "num"), ("denominator", "den")):
            place = keys.get(name)
            if place is None or place.node is None:
                continue
            if name == "denominator" and str(place.node.value).isdigit():
                data["den_fixed"] = place.number(1, 1000)
                data[name] = str(data["den_fixed"])
            elif typed:
                data |= self._pair(place, short, Check)
                data[name] = data.get(f"{short}_en", "")
            else:
                data[name] = place.text(_most(Check, name))
        return data

    def _target(self, place: Place, kind: str) -> Data:
        keys = place.mapping("mode", "op value source")
        mode = keys["mode"].choice(TargetMode.values) if "mode" in keys else ""
        data = {"target_mode": mode, "target_op": "", "target_value": "", "target_source": "none"}
        if mode == TargetMode.none:
            if len(keys) > 1:
                place.fail(_("a check without a target has no operator, value or source"))
            return data
        if len(keys) < 4:
            place.fail(_("a target has an operator, a value and a source"))
            return data
        value = keys["value"].text(_most(Check, "target_value"))
        most = {CheckKind.ratio: r"0|1|0\.\d+", CheckKind.bool: "1"}.get(kind, r"\d+")  # type: ignore[call-overload]
        if not re.fullmatch(most, value):
            keys["value"].fail(_("a ratio's target lies from 0 to 1, a count's is whole, yes is 1"))
        data |= {"target_op": keys["op"].choice(list(OPERATORS)), "target_value": value}
        return data | {"target_source": self._source(keys["source"])}

    def _source(self, place: Place) -> str:
        """`default`, `essay <clause>` or `rule:<id>,…`; a rule cited becomes part of the data."""
        value = place.text(_most(Check, "target_source"))
        if value.startswith("rule:"):
            for name in value.removeprefix("rule:").split(","):
                if name in self.rules:
                    self.words["rules"][name] = self.rules[name]
                else:
                    place.fail(_("there is no rule %s in rules.yaml") % name)
        elif value.startswith("essay "):
            self._known(place, value.removeprefix("essay "))
        elif value != "default":
            place.fail(_("“default”, “essay …” or “rule:…” belongs here"))
        return value

    def _rules(self, place: Place | None) -> Data:
        keys = place.mapping("certainties rules") if place else {}
        if len(keys) < 2:
            return {}
        sure = {name: self._words(one) for name, one in keys["certainties"].mapping().items()}
        found: Data = {}
        for one in keys["rules"].sequence():
            rule = one.mapping("id severity when says cite certainty", "note")
            if not {"id", "says", "cite", "certainty"} <= rule.keys():
                continue
            certainty = rule["certainty"].choice(sure)
            found[self._new(rule["id"], "rule", 20)] = {
                **self._pair(rule["says"], "says"),
                **self._pair(rule["cite"], "cite"),
                **{
                    key.replace("name", "certainty"): text
                    for key, text in sure.get(certainty, {}).items()
                },
            }
        return found

    def _cite(self, place: Place) -> str:
        locator = place.text()
        self._known(place, locator)
        self.cited[locator] += 1
        return locator

    def _known(self, place: Place, locator: str) -> None:
        if self.clauses.get(locator) != "ask":
            place.fail(_("%s is no clause that asks for something") % locator)

    def _new(self, place: Place, kind: str, most: int | None) -> str:
        """A code or key that has not come before."""
        value = place.text(most)
        self.seen[kind, value] += 1
        if self.seen[kind, value] > 1:
            place.fail(_("%s is used twice") % value)
        return value

    def _below(self, place: Place, kind: str, above: str, model: Any) -> str:
        value = self._new(place, kind, _most(model, "code"))
        if not value.startswith(above):
            place.fail(
                _("%(code)s does not belong under %(above)s") % {"code": value, "above": above}
            )
        return value

    def _words(self, place: Place) -> Data:
        keys = place.mapping("zh en")
        if len(keys) < 2:
            return {}
        return {"name_zh": self._zh(keys["zh"]), "name_en": self._en(keys["en"])}

    def _pair(
        self, place: Place | None, name: str, model: Any = None, allowed: set[str] | None = None
    ) -> Data:
        """`name`_zh and `name`_en of a {zh, en} mapping, within the length the model gives them."""
        keys = place.mapping("zh en") if place else {}
        readers = {"zh": self._zh, "en": self._en}
        return {
            f"{name}_{code}": readers[code](
                keys[code], _most(model, f"{name}_{code}") if model else None, allowed
            )
            for code in readers
            if code in keys
        }

    def _zh(self, place: Place, most: int | None = None, allowed: set[str] | None = None) -> str:
        text = self._placed(place, most, allowed)
        if text and not _CHINESE.search(text):
            place.fail(_("Chinese text belongs here"))
        if _HALF_WIDTH.search(text):
            place.fail(_("Chinese text takes full-width punctuation"))
        return text

    def _en(self, place: Place, most: int | None = None, allowed: set[str] | None = None) -> str:
        text = self._placed(place, most, allowed)
        if _CHINESE.search(text):
            place.fail(_("English text belongs here"))
        return text

    @staticmethod
    def _placed(place: Place, most: int | None, allowed: set[str] | None) -> str:
        text = place.text(most)
        if strange := set(re.findall(r"\{(.*?)\}", text)) - (allowed or set()):
            place.fail(_("the placeholder {%s} has no meaning here") % strange.pop())
        return text


def _most(model: Any, name: str) -> int | None:
    """How many characters the model's field takes; None without a limit."""
    return model._meta.get_field(name).max_length
