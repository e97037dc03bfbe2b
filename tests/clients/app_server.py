"""Codex's app server, as a program that embeds Codex speaks with it: JSON-RPC, a message a line."""

import base64
import json
import threading

SECONDS = 60


def configure(home, gateway, signed_in):
    """Writes what a user has in ~/.codex: the built-in provider at the gateway, and how the user is signed in."""
    directory = home / ".codex"
    directory.mkdir()
    (directory / "config.toml").write_text(
        f'model = "gpt"\nopenai_base_url = "{gateway}/v1"\nchatgpt_base_url = "http://127.0.0.1:9"\n'
        '[analytics]\nenabled = false\n[features]\nplugins = false\napps = false\n')
    (directory / "auth.json").write_text(json.dumps(signed_in))


def by_key(key):
    return {"auth_mode": "apikey", "OPENAI_API_KEY": key}


def by_chatgpt(key):
    """Signed in with ChatGPT: the gateway's key is in the place of the token."""
    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    account = {"chatgpt_plan_type": "pro", "chatgpt_user_id": "user-1", "chatgpt_account_id": "account-1"}
    claims = {"email": "somebody@app.example", "exp": 4_000_000_000, "https://api.openai.com/auth": account}
    tokens = {"id_token": f"{part({'alg': 'none'})}.{part(claims)}.{part('signature')}", "access_token": key,
              "refresh_token": "not-to-be-used", "account_id": "account-1"}
    return {"auth_mode": "chatgpt", "tokens": tokens, "last_refresh": "2100-01-01T00:00:00Z"}


class AppServer:
    """A server that runs, and what it says."""

    def __init__(self, process):
        self.process, self.said, self.requests = process, [], 0
        self.limit = threading.Timer(SECONDS, process.kill)
        self.limit.start()
        self.ask("initialize", {"clientInfo": {"name": "test-clients", "version": "1"}})
        self.tell({"method": "initialized", "params": {}})

    def turn(self, text):
        """One turn of a new thread: all that is said until it is completed."""
        thread = self.ask("thread/start", {"approvalPolicy": "never", "sandbox": "read-only"})["thread"]["id"]
        before = len(self.said)
        self.ask("turn/start", {"threadId": thread, "input": [{"type": "text", "text": text}]})
        self.until(lambda message: message.get("method") == "turn/completed")
        return self.said[before:]

    def ask(self, method, parameters):
        number, self.requests = self.requests, self.requests + 1
        self.tell({"id": number, "method": method, "params": parameters})
        answer = self.until(lambda message: message.get("id") == number and "method" not in message)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer["result"]

    def tell(self, message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def until(self, is_wanted):
        for line in self.process.stdout:
            message = json.loads(line)
            self.said.append(message)
            if is_wanted(message):
                return message
        raise AssertionError(f"Codex ended, or took {SECONDS} s; it said {self.said[-3:]}")

    def close(self):
        self.limit.cancel()
        self.process.kill()
