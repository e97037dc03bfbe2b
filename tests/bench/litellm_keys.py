"""The virtual keys that the LiteLLM proxy accepts, and whose they are."""

from litellm.proxy._types import UserAPIKeyAuth

TEAMS = {"VIRTUAL_KEY": "team"}


async def authenticate(request, api_key: str) -> UserAPIKeyAuth:
    team = TEAMS.get(api_key)
    if team is None:
        raise ValueError("unknown key")
    return UserAPIKeyAuth(api_key=api_key, team_id=team)
