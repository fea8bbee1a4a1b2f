"""Bodies of every framing that uvicorn itself produces or accepts."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

app = FastAPI(openapi_url=None)


@app.get("/stream/{name}")
async def stream(name: str, pieces: int = 5) -> StreamingResponse:
    async def body() -> AsyncIterator[bytes]:
        for number in range(pieces):
            yield f"{name} {number} {'.' * 40 * number}\n".encode()
            await asyncio.sleep(0.01)

    return StreamingResponse(body(), media_type="text/plain")


@app.api_route("/upload", methods=["PUT", "POST"])
async def upload(request: Request) -> dict[str, int]:
    return {"received": len(await request.body())}


@app.get("/record/{number}")
def record(number: int) -> dict[str, object]:
    return {"id": number, "title": f"Record {number}"}


@app.delete("/record/{number}")
def delete(number: int) -> Response:
    return Response(status_code=204)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    uvicorn.run(app, host=options.address, port=options.port, log_level="warning", access_log=False)
