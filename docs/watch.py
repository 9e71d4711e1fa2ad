"""Prints the frames of a websocket until one of a type comes: `python docs/watch.py ADDRESS TYPE`."""

import json
import sys

from websockets.sync.client import connect

address, wanted = sys.argv[1:]
with connect(address) as socket:
    for frame in socket:
        print(frame, flush=True)
        if json.loads(frame)["type"] == wanted:
            break
