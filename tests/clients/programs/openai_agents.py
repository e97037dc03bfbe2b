"""OpenAI's Agents SDK, told of the gateway by OPENAI_BASE_URL and OPENAI_API_KEY. An agent with a tool of its own."""

import asyncio
import json

from agents import Agent, Runner, function_tool


@function_tool
def time_of_day() -> str:
    """Tells the time of day."""
    return "morning"


async def converse():
    agent = Agent(name="Host", instructions="Greet.", model="gpt", tools=[time_of_day])
    whole = await Runner.run(agent, "Greet me")
    streamed = Runner.run_streamed(agent, "Greet me")
    deltas = [event.data.delta async for event in streamed.stream_events() if event.type == "raw_response_event"
              and event.data.type == "response.output_text.delta"]
    return {"answer": whole.final_output, "deltas": deltas}


print(json.dumps(asyncio.run(converse())))
