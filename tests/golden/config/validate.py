"""Checks a configuration against the JSON Schema: validate.py SCHEMA FILE. Exit code 1 when it does not fit."""
import json
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """Reads dates as text, as YAML 1.2 and editors do."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}

with open(sys.argv[1], encoding="utf-8") as schema_file, open(sys.argv[2], encoding="utf-8") as file:
    schema = json.load(schema_file)
    document = yaml.load(file, Loader)
jsonschema.Draft202012Validator.check_schema(schema)
problems = list(jsonschema.Draft202012Validator(schema).iter_errors(document))
for problem in problems:
    print(f"{problem.json_path}: {problem.message}", file=sys.stderr)
sys.exit(1 if problems else 0)
