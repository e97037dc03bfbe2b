"""What OpenAI's API answers, as far as the clients here ask: at OpenAI itself, and at Azure."""

from provider import Answer, events

TEXT = "Good morning."
PIECES = ["Good ", "morning", "."]
USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8,
         "prompt_tokens_details": {"cached_tokens": 2}, "completion_tokens_details": {"reasoning_tokens": 0}}
RESPONSE_USAGE = {"input_tokens": 5, "input_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 0},
                  "output_tokens": 3, "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 8}


def chat_completions(request, model=None):
    asked = request.json
    head = {"id": "chatcmpl-1", "created": 1700000000, "model": model or asked["model"]}
    if not asked.get("stream"):
        message = {"role": "assistant", "content": TEXT, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
        return Answer({**head, "object": "chat.completion", "choices": [choice], "usage": USAGE})

    def chunks():
        head["object"] = "chat.completion.chunk"
        for piece in PIECES:
            choice = {"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}
            yield {**head, "choices": [choice], "usage": None}
        yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": None}
        if (asked.get("stream_options") or {}).get("include_usage"):
            yield {**head, "choices": [], "usage": USAGE}

    def stream():
        yield from events(chunks(), named=False)
        yield b"data: [DONE]\n\n"

    return Answer(stream(), "text/event-stream")


def embeddings(request, model=None):
    one = {"object": "embedding", "index": 0, "embedding": [0.25, 0.5]}
    usage = {"prompt_tokens": 2, "total_tokens": 2}
    return Answer({"object": "list", "data": [one], "model": model or request.json["model"], "usage": usage})


def output(asked):
    """What the model says: a call of the tool that it is offered, until it has been told what came of it."""
    outcomes = [item for item in asked["input"] if isinstance(item, dict) and item.get("type") == "function_call_output"]
    tools = [tool["name"] for tool in asked.get("tools") or [] if tool.get("name") == "time_of_day"]
    if tools and not outcomes:
        return {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": tools[0], "arguments": "{}",
                "status": "completed"}
    text = {"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}
    return {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [text]}


def response(asked, status="completed"):
    """A response of /v1/responses, with the members that the SDK needs."""
    is_done = status == "completed"
    return {
        "id": "resp_1", "object": "response", "created_at": 1700000000, "status": status, "model": asked["model"],
        "output": [output(asked)] if is_done else [], "usage": RESPONSE_USAGE if is_done else None,
        "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "error": None, "incomplete_details": None,
        "instructions": None, "metadata": {}, "temperature": 1.0, "top_p": 1.0}


def responses(request):
    asked = request.json
    if asked.get("background"):
        return Answer(response(asked, "queued"))
    if not asked.get("stream"):
        return Answer(response(asked))
    return Answer(events(response_events(asked)), "text/event-stream")


def response_events(asked):
    """The events of a streamed response, numbered."""
    item = output(asked)
    told = [
        {"type": "response.created", "response": response(asked, "in_progress")},
        {"type": "response.in_progress", "response": response(asked, "in_progress")},
        *(message_events(item) if item["type"] == "message" else call_events(item)),
        {"type": "response.output_item.done", "output_index": 0, "item": item},
        {"type": "response.completed", "response": response(asked)},
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(told)]


def message_events(message):
    place = {"item_id": message["id"], "output_index": 0, "content_index": 0}
    begun = {**message, "status": "in_progress", "content": []}
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    yield {"type": "response.output_item.added", "output_index": 0, "item": begun}
    yield {"type": "response.content_part.added", **place, "part": part}
    for piece in PIECES:
        yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    yield {"type": "response.output_text.done", **place, "text": TEXT, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": message["content"][0]}


def call_events(call):
    place = {"item_id": call["id"], "output_index": 0}
    begun = {**call, "status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", "output_index": 0, "item": begun}
    yield {"type": "response.function_call_arguments.delta", **place, "delta": call["arguments"]}
    yield {"type": "response.function_call_arguments.done", **place, "arguments": call["arguments"], "name": call["name"]}


OPENAI = [
    ("POST", r"/v1/chat/completions", chat_completions),
    ("POST", r"/v1/embeddings", embeddings),
    ("POST", r"/v1/responses", responses),
]

AZURE = [
    ("POST", r"/openai/deployments/([^/]+)/chat/completions\?api-version=2024-10-21", chat_completions),
    ("POST", r"/openai/deployments/([^/]+)/embeddings\?api-version=2024-10-21", embeddings),
    ("POST", r"/openai/responses\?api-version=2024-10-21", responses),
]
