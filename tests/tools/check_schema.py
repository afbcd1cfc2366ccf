"""Checks each line of a JSON-lines file against a JSON Schema: check_schema.py SCHEMA FILE. Exit code 1
and one line per problem when something is wrong."""

import json
import sys

from jsonschema import Draft202012Validator


def main(schema_path, lines_path):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    count = problems = 0
    with open(lines_path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            count += 1
            for error in validator.iter_errors(json.loads(line)):
                problems += 1
                print(f"line {number}: {error.json_path}: {error.message[:300]}")
    print(f"{count} lines, {problems} problems")
    return 1 if problems or not count else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
