"""Starts one of the lab's applications: reads its plan as JSON from a file, so that no secret is an argument."""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI


def main(plan_type: type[Any], build: Callable[[Any, bool], FastAPI]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--variant", choices=["vulnerable", "mended"], required=True)
    parser.add_argument("--plan", type=Path, required=True)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    plan = plan_type(**json.loads(options.plan.read_text()))
    app = build(plan, options.variant == "vulnerable")
    uvicorn.run(app, host=options.address, port=options.port, log_level="warning", access_log=False,
                timeout_keep_alive=30)


def write_plan(plan: Any, path: Path) -> None:
    path.touch(mode=0o600)
    path.write_text(json.dumps(dataclasses.asdict(plan)))
