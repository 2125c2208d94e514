#!/usr/bin/env python3
"""Holds the documents at /schemas/ against other people's readers.

    validate-documents.py SCHEMA ASYNCAPI

Ends well where SCHEMA is a JSON Schema of draft 2020-12, ASYNCAPI is an AsyncAPI 3.0 document, and what that refers to is
there; else it says what is wrong.
"""
import json
import re
import sys
import warnings

import jsonschema

warnings.simplefilter("ignore")
from asyncapi3 import AsyncAPI3

schema, document = (json.load(open(path)) for path in sys.argv[1:3])
jsonschema.Draft202012Validator.check_schema(schema)
AsyncAPI3.model_validate(document)


def there(root, pointer):
    for name in filter(None, pointer.split("/")):
        root = root[name]


for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(document)):
    file, _, pointer = reference.partition("#")
    there({"": document, "inbound-event-1.json": schema}[file], pointer)
