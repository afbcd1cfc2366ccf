"""Asks a Prometheus every panel query and every recording rule: ask_prometheus.py PORT DASHBOARDS.

Each must answer with a number in the last minute, in series that have the labels of the panel's legend; each rule
must have been evaluated without an error. Exit code 1 and a line per query that does not.
"""

import json
import math
import re
import sys
import time
import urllib.parse
import urllib.request

import dashboards


class Prometheus:
    def __init__(self, port):
        self.api = f"http://127.0.0.1:{port}/api/v1/"

    def get(self, path, **parameters):
        url = self.api + path + "?" + urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error)["error"]) from error

    def problem(self, query, labels=()):
        """What is wrong with the answer; None when nothing is."""
        now = time.time()
        try:
            found = self.get("query_range", query=query, start=now - 60, end=now, step=1)["result"]
        except ValueError as error:
            return str(error)
        if not found:
            return "no series"
        if not any(math.isfinite(float(value)) for series in found for _, value in series["values"]):
            return "no number"
        for series in found:
            missing = [label for label in labels if label not in series["metric"]]
            if missing:
                return f"a series without {missing}, which the legend shows: {series['metric']}"
        return None


def questions(prometheus, directory):
    """(where, query, labels)"""
    for where, query, legend in dashboards.targets(directory):
        yield where, query, dashboards.legend_labels(legend)
    for name, dashboard in dashboards.dashboards(directory):
        for variable in dashboard["templating"]["list"]:
            asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]) \
                if variable["type"] == "query" else None
            if asked:
                yield f"{name}: ${variable['name']}", dashboards.substituted(asked[1]), [asked[2]]
    for group in prometheus.get("rules")["groups"]:
        for rule in group["rules"]:
            if rule["type"] == "recording":
                yield f"rule {rule['name']}", rule["name"], []


def main(port, directory):
    prometheus = Prometheus(port)
    problems, count = [], 0
    for group in prometheus.get("rules")["groups"]:
        problems += [f"rule {rule['name']}: {rule['health']} {rule.get('lastError', '')}"
                     for rule in group["rules"] if rule["health"] != "ok"]
    for where, query, labels in questions(prometheus, directory):
        count += 1
        problem = prometheus.problem(query, labels)
        if problem:
            problems.append(f"{where}: {problem}: {query}")
    print("\n".join(problems))
    print(f"{count} queries, {len(problems)} problems")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
