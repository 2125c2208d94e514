#!/usr/bin/env python3
"""Holds events against the published schema (package jsonschema) and the envelope (package cloudevents).

    validate-events.py SCHEMA.json < EVENTS.ndjson

Prints a line for each thing that is wrong, then `N events, M faults`; exits 1 where M is not 0 or N is.
"""
import json
import sys

import jsonschema
from cloudevents.v1.http import from_json

with open(sys.argv[1]) as file:
    schema = json.load(file)
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)

events = faults = 0
for line in sys.stdin:
    events += 1
    event = json.loads(line)
    for error in validator.iter_errors(event):
        faults += 1
        print(f"event {events} ({event.get('id')}): {error.json_path}: {error.message}")
    try:
        envelope = from_json(line)
        assert envelope["id"] == event["id"] and envelope.data == event["data"]
    except Exception as error:
        faults += 1
        print(f"event {events} ({event.get('id')}): no CloudEvent: {error}")
print(f"{events} events, {faults} faults")
sys.exit(1 if faults or not events else 0)
