"""The panels of the dashboards in a directory, with their queries as Grafana would send them."""

import json
import pathlib
import re

VARIABLES = {"$job": "bongsu", "$instance": ".*", "$__rate_interval": "5s", "$__range": "1m"}


def substituted(query):
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    return query


def dashboards(directory):
    files = sorted(pathlib.Path(directory).glob("*.json"))
    return [(path.name, json.loads(path.read_text(encoding="utf-8"))) for path in files]


def panels(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def targets(directory):
    """(where, query, legend) of each."""
    for name, dashboard in dashboards(directory):
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield f"{name}: {panel['title']} {target['refId']}", substituted(target["expr"]), target["legendFormat"]


def legend_labels(legend):
    return re.findall(r"\{\{\s*(\w+)\s*\}\}", legend)
