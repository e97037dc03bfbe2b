"""What a provider keeps, and gives back by its id: responses, conversations and videos."""

import re

from openai_api import response
from provider import Answer


class Kept:
    """What one provider keeps. A response is done when it is asked for, a video when it is asked for twice."""

    def __init__(self):
        self.items, self.polled = [], 0

    def retrieve_response(self, _request, number):
        return Answer({**response({"model": "gpt-5.6", "input": []}), "id": number})

    def create_conversation(self, request):
        self.items = list(request.json.get("items") or [])
        return Answer({"id": "conv_1", "object": "conversation", "created_at": 1700000000,
                       "metadata": request.json.get("metadata") or {}})

    def list_items(self, _request):
        items = [self.told(number, item) for number, item in enumerate(self.items)]
        ids = [item["id"] for item in items]
        return Answer({"object": "list", "data": items, "first_id": ids[0] if ids else None,
                       "last_id": ids[-1] if ids else None, "has_more": False})

    def add_items(self, request):
        self.items += request.json["items"]
        return self.list_items(request)

    @staticmethod
    def told(number, item):
        content = item.get("content")
        if isinstance(content, str):
            content = [{"type": "input_text", "text": content}]
        return {"type": "message", "status": "completed", **item, "id": f"msg_{number}", "content": content}

    def create_video(self, request):
        self.polled = 0
        # The form's parts; the model is asked for by the tests, who look at the request.
        model = re.search(rb'name="model"\r\n\r\n([^\r]*)\r\n', request.body)
        return Answer(self.video("queued", model[1].decode() if model else request.json["model"]))

    def retrieve_video(self, _request):
        self.polled += 1
        return Answer(self.video("completed" if self.polled > 1 else "in_progress", "moving-pictures-1"))

    @staticmethod
    def video(status, model):
        return {"id": "video_1", "object": "video", "created_at": 1700000000, "status": status, "model": model,
                "progress": 100 if status == "completed" else 0, "seconds": "4", "size": "720x1280", "prompt": "A morning",
                "completed_at": None, "error": None, "expires_at": None, "remixed_from_video_id": None}

    @staticmethod
    def content(_request):
        return Answer(b"a morning, moving", "video/mp4")

    def stored(self):
        return [
            ("GET", r"/v1/responses/(resp_\d+)", self.retrieve_response),
            ("POST", r"/v1/conversations", self.create_conversation),
            ("GET", r"/v1/conversations/conv_1/items(?:\?.*)?", self.list_items),
            ("POST", r"/v1/conversations/conv_1/items(?:\?.*)?", self.add_items),
        ]

    def videos(self):
        return [
            ("POST", r"/v1/videos", self.create_video),
            ("GET", r"/v1/videos/video_1", self.retrieve_video),
            ("GET", r"/v1/videos/video_1/content(?:\?.*)?", self.content),
        ]
