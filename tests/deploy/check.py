"""Checks rules, their cases, runbooks and dashboards against each other: check.py ROOT METRICS PROGRAM.

ROOT is the repository, METRICS has a line for each metric that the engine declares (name and kind), PROGRAM is
bongsu, which is asked whether it has the commands that runbooks name. Exit code 1 and a line per problem.
"""

import pathlib
import re
import subprocess
import sys

import yaml

import dashboards

SEVERITIES = {"page", "ticket", "info"}
ANNOTATIONS = {"summary", "description", "runbook_url"}
PARTS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("",), "gauge": ("",)}
# What a page says: in these sections, in this order.
SECTIONS = ["What it means", "What users feel", "How to look", "What to do", "When it is harmless"]
ROW = 24  # Columns of Grafana's grid.


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rules_of(root):
    for name in ("recording", "alerts"):
        for group in load(root / f"deploy/prometheus/{name}.rules.yaml")["groups"]:
            yield from group["rules"]


def known_series(metrics, rules):
    known = {"up"}
    for line in pathlib.Path(metrics).read_text(encoding="utf-8").splitlines():
        name, kind = line.split()
        known |= {name + part for part in PARTS[kind]}
    return known | {rule["record"] for rule in rules if "record" in rule}


def named_series(query):
    """Metrics are named so: bongsu_…, process_…, up, or level:metric:operation."""
    query = re.sub(r'"[^"]*"', '""', query)
    return set(re.findall(r"\b(?:(?:\w+:)?(?:bongsu|process)_\w+(?::\w+)?|up)\b", query))


def check_rules(root, known, rules):
    for rule in rules:
        for name in named_series(rule["expr"]) - known:
            yield f"rule {rule.get('alert') or rule['record']}: the engine has no metric {name}"


def case_of(rule):
    """Rules of one name differ by their labels."""
    return rule["alert"], tuple(sorted(rule["labels"].items()))


def cases(root, alerts):
    """The rules that have a case in which they fire, and the names with one in which they do not."""
    fires, quiet = set(), set()
    for path in sorted((root / "tests/deploy").glob("*.test.yaml")):
        for test in load(path)["tests"]:
            for case in test["alert_rule_test"]:
                if not case["exp_alerts"]:
                    quiet.add(case["alertname"])
                for expected in case["exp_alerts"]:
                    fires |= {case_of(rule) for rule in alerts if rule["alert"] == case["alertname"]
                              and rule["labels"].items() <= expected["exp_labels"].items()}
    return fires, quiet


def check_alerts(root, rules):
    alerts = [rule for rule in rules if "alert" in rule]
    fires, quiet = cases(root, alerts)
    for rule in alerts:
        name, labels, notes = rule["alert"], rule.get("labels", {}), rule.get("annotations", {})
        if labels.get("severity") not in SEVERITIES:
            yield f"{name}: severity is none of {sorted(SEVERITIES)}"
        if set(notes) != ANNOTATIONS:
            yield f"{name}: annotations are not {sorted(ANNOTATIONS)}"
        if notes.get("runbook_url") != f"deploy/runbooks/{name}.md":
            yield f"{name}: runbook_url is not deploy/runbooks/{name}.md"
        if case_of(rule) not in fires:
            yield f"{name} {labels}: no case in tests/deploy in which it fires"
        if name not in quiet:
            yield f"{name}: no case in tests/deploy in which it does not fire"
    names = {rule["alert"] for rule in alerts}
    pages = {path.stem for path in (root / "deploy/runbooks").glob("*.md") if path.stem != "README"}
    yield from (f"{name}: no page deploy/runbooks/{name}.md" for name in sorted(names - pages))
    yield from (f"deploy/runbooks/{name}.md: no alert of this name" for name in sorted(pages - names))


class Help:
    """What the program's commands know."""

    def __init__(self, program):
        self.program, self.known = program, {}

    def of(self, words):
        if words not in self.known:
            run = subprocess.run([self.program, *words, "--help"], capture_output=True, text=True, timeout=20)
            self.known[words] = run.stdout if run.returncode == 0 else ""
        return self.known[words]

    def problem(self, line):
        words = line.split()[1:]
        command = []
        for word in words:
            if not re.fullmatch(r"[a-z]+", word) or not re.search(rf"^  {word} ", self.of(tuple(command)), re.M):
                break
            command.append(word)
        if not command:
            return f"bongsu has no command like: {line}"
        for option in re.findall(r"(?<!\S)(-[a-z]|--[a-z-]+)(?![\w-])", line):
            if not re.search(rf"(?<![\w-]){option}(?![\w-])", self.of(tuple(command))):
                return f"bongsu {' '.join(command)} has no {option}: {line}"
        return None


def check_runbooks(root, known, program):
    commands = Help(program)
    families = {name.removesuffix("_bucket") for name in known}
    for path in sorted((root / "deploy/runbooks").glob("*.md")):
        text = path.read_text(encoding="utf-8")
        where = f"deploy/runbooks/{path.name}"
        if path.stem != "README" and re.findall(r"^## (.*)$", text, re.M) != SECTIONS:
            yield f"{where}: sections are not {SECTIONS}"
        code = re.findall(r"`([^`\n]+)`", text)
        code += [line.strip() for block in re.findall(r"```\w*\n(.*?)```", text, re.S) for line in block.splitlines()]
        for piece in code:
            for name in named_series(piece) - known - families if re.search(r"\b(bongsu|process)_", piece) else ():
                yield f"{where}: the engine has no metric {name}"
            if piece.startswith("bongsu "):
                problem = commands.problem(piece.split("#")[0])
                if problem:
                    yield f"{where}: {problem}"


def check_panel(where, panel):
    if not panel.get("description"):
        yield f"{where}: no description"
    if not panel["fieldConfig"]["defaults"].get("unit"):
        yield f"{where}: no unit"
    if panel["datasource"].get("uid") != "${datasource}":
        yield f"{where}: the data source is not a variable"
    if not panel["targets"]:
        yield f"{where}: no query"
    legends = [target["legendFormat"] for target in panel["targets"]]
    if not all(legends) or len(set(legends)) != len(legends):
        yield f"{where}: a query without a legend of its own"


def check_layout(where, board):
    taken = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        if place["x"] < 0 or place["x"] + place["w"] > ROW:
            yield f"{where}: {panel['title']} reaches beyond the {ROW} columns"
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                other = taken.setdefault((x, y), panel["title"])
                if other != panel["title"]:
                    yield f"{where}: {panel['title']} lies on {other}"
                    return


def check_dashboards(root, known):
    found = dashboards.dashboards(root / "deploy/grafana/dashboards")
    if not found:
        yield "deploy/grafana/dashboards: nothing there"
    uids = [board["uid"] for _, board in found]
    if len(set(uids)) != len(uids):
        yield "deploy/grafana/dashboards: two have the same uid"
    for name, board in found:
        ids = [panel["id"] for panel in board["panels"]]
        titles = [panel["title"] for panel in dashboards.panels(board)]
        if len(set(ids)) != len(ids) or len(set(titles)) != len(titles):
            yield f"{name}: two panels have the same id or title"
        yield from check_layout(name, board)
        for panel in dashboards.panels(board):
            yield from check_panel(f"{name}: {panel['title']}", panel)
    for where, query, _ in dashboards.targets(root / "deploy/grafana/dashboards"):
        for series in named_series(query) - known:
            yield f"{where}: the engine has no metric {series}"
        if "$" in query:
            yield f"{where}: a variable that Grafana does not know: {query}"


def check_syntax(root):
    """promtool reads rules only: each query becomes one."""
    rules = [{"record": f"query:{number}", "expr": query} for number, (_, query, _) in
             enumerate(dashboards.targets(root / "deploy/grafana/dashboards"))]
    text = yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]})
    run = subprocess.run(["promtool", "check", "rules", "/dev/stdin"], input=text, capture_output=True, text=True)
    if run.returncode != 0:
        yield f"promtool: {run.stderr}"


def check_use(root, metrics, rules):
    """A metric that nobody looks at is one that may be wrong."""
    used = set()
    for query in [rule["expr"] for rule in rules] + [query for _, query, _ in
                                                     dashboards.targets(root / "deploy/grafana/dashboards")]:
        used |= named_series(query)
    for line in pathlib.Path(metrics).read_text(encoding="utf-8").splitlines():
        name, kind = line.split()
        if not used & {name + part for part in PARTS[kind]}:
            yield f"{name}: neither rule nor panel shows it"


def main(root, metrics, program):
    root = pathlib.Path(root)
    rules = list(rules_of(root))
    known = known_series(metrics, rules)
    problems = [*check_rules(root, known, rules), *check_alerts(root, rules), *check_runbooks(root, known, program),
                *check_dashboards(root, known), *check_use(root, metrics, rules), *check_syntax(root)]
    print("\n".join(problems))
    print(f"{len(rules)} rules, {len(problems)} problems")
    return 1 if problems or not rules else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
