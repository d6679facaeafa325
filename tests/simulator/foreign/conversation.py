"""Shared code of the Python clients. They read the task as JSON, and print the result of each step as JSON."""

import json
import sys

import requests


def told():
    """Returns the provider and the app, which the test writes to standard input."""
    return json.load(sys.stdin)


def step(name, do):
    """Runs a step and prints its result. Exits after a failure, since the later steps need the result."""
    try:
        result = do()
    except Exception as error:  # any exception of the library is a result
        why = getattr(error, "error", None) or getattr(error, "description", None) or error
        print(json.dumps({"step": name, "ok": False, "why": str(why)}))
        sys.exit(0)
    print(json.dumps({"step": name, "ok": True, "why": ""}))
    return result


def browse(url):
    """Requests a URL as the user's browser does. Returns the URL that the provider redirects to."""
    answer = requests.get(url, allow_redirects=False, timeout=10)
    if "location" not in answer.headers:
        raise RuntimeError(f"status {answer.status_code}: {answer.text}")
    return answer.headers["location"]
