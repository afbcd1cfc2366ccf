"""Checks findings, one JSON object a line, as others read them: check_findings.py FILE.

- py-ocsf-models must accept each as a DetectionFinding;
- the OCSF schema of every version from 1.1 must accept it. Members that came into OCSF later than a version
  are taken away before that version is asked, as a reader of that version ignores them; from 1.5 (the version
  that a finding names) nothing is taken away;
- the points of the explanation must add up to risk_score exactly.
"""

import copy
import json
import sys

from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from py_ocsf_models.events.findings.detection_finding import DetectionFinding

LATER = {"anomaly_analyses": (1, 5), "is_alert": (1, 4)}
VERSIONS = ["1.1.0", "1.2.0", "1.3.0", "1.4.0", "1.5.0", "1.6.0", "1.7.0", "1.8.0"]


def validators():
    for version in VERSIONS:
        schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version))
        yield version, Draft202012Validator(schema.get_class_schema("detection_finding", ["host"]))


def as_version(finding, version):
    """The finding as a reader of `version` sees it."""
    number = tuple(int(part) for part in version.split(".")[:2])
    seen = copy.deepcopy(finding)
    for member, since in LATER.items():
        if number < since:
            seen.pop(member, None)
    return seen


def problems_of(finding, schemas):
    try:
        DetectionFinding(**finding)
    except ValueError as error:
        yield f"py-ocsf-models: {error}"
    for version, validator in schemas:
        for error in validator.iter_errors(as_version(finding, version)):
            yield f"OCSF {version}: {error.json_path}: {error.message[:300]}"
    points = sum(part["points"] for part in finding["unmapped"]["bongsu"]["explanation"])
    if points != finding["risk_score"]:
        yield f"explanation adds up to {points}, not {finding['risk_score']}"


def main(path):
    schemas = list(validators())
    count = wrong = 0
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            count += 1
            for problem in problems_of(json.loads(line), schemas):
                wrong += 1
                print(f"line {number}: {problem}")
    print(f"{count} findings, {wrong} problems")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
