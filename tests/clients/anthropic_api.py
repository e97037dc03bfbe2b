"""What Anthropic's API answers: messages, with a turn of tools where the client offers one, and counts of tokens."""

import json

from provider import Answer, events

TEXT = "Good morning."
PIECES = ["Good ", "morning", "."]


def messages(request):
    asked = request.json
    use = tool_use(asked)
    content = [use] if use else [{"type": "text", "text": TEXT}]
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": asked["model"], "content": content,
        "stop_reason": "tool_use" if use else "end_turn", "stop_sequence": None,
        "usage": {"input_tokens": 5, "output_tokens": 3, "cache_read_input_tokens": 2,
                  "cache_creation_input_tokens": 0}}
    if not asked.get("stream"):
        return Answer(message)
    return Answer(events(message_events(message)), "text/event-stream")


def tool_use(asked):
    """The use of Bash, where the client offers it and has not told an outcome yet."""
    offered = any(tool.get("name") == "Bash" for tool in asked.get("tools") or [])
    if not offered or any("tool_result" in str(message["content"]) for message in asked["messages"]):
        return None
    command = {"command": "echo from the tool", "description": "Say something"}
    return {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": command}


def message_events(message):
    [block] = message["content"]
    begun = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    yield {"type": "message_start", "message": begun}
    if block["type"] == "text":
        empty, deltas = {**block, "text": ""}, [{"type": "text_delta", "text": piece} for piece in PIECES]
    else:
        whole = json.dumps(block["input"])
        empty = {**block, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in (whole[:9], whole[9:])]
    yield {"type": "content_block_start", "index": 0, "content_block": empty}
    yield {"type": "ping"}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    ended = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": message["usage"]["output_tokens"]}}
    yield {"type": "message_stop"}


def count_tokens(_request):
    return Answer({"input_tokens": 5})


ANTHROPIC = [
    ("POST", r"/v1/messages(?:\?beta=true)?", messages),
    ("POST", r"/v1/messages/count_tokens(?:\?beta=true)?", count_tokens),
]
