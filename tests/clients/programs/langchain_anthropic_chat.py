"""LangChain's ChatAnthropic, told of the gateway by ANTHROPIC_API_URL and ANTHROPIC_API_KEY."""

import json

from langchain_anthropic import ChatAnthropic

chat = ChatAnthropic(model="claude-ours", max_tokens=9, max_retries=0, timeout=20)
answer = chat.invoke("Good morning")
texts = [block["text"] if isinstance(block, dict) else block for chunk in chat.stream("Good morning")
         for block in ([chunk.content] if isinstance(chunk.content, str) else chunk.content)]
print(json.dumps({"answer": answer.content, "pieces": [text for text in texts if text]}))
