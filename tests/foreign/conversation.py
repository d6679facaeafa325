"""What the Python clients have in common: what to do comes as JSON, how each step went goes out as JSON."""

import json
import sys

import requests


def told():
    """The provider and the app: the test's side of the conversation."""
    return json.load(sys.stdin)


def step(name, do):
    """Does it, says how it went, and ends where it went wrong: a client whose login failed has nothing to go on with."""
    try:
        result = do()
    except Exception as error:  # whatever the library raises is its word on the matter
        why = getattr(error, "error", None) or getattr(error, "description", None) or error
        print(json.dumps({"step": name, "ok": False, "why": str(why)}))
        sys.exit(0)
    print(json.dumps({"step": name, "ok": True, "why": ""}))
    return result


def browse(url):
    """The user's browser: where the provider sends it."""
    answer = requests.get(url, allow_redirects=False, timeout=10)
    if "location" not in answer.headers:
        raise RuntimeError(f"status {answer.status_code}: {answer.text}")
    return answer.headers["location"]
