"""Clients of several gateways behind a balancer, which gives new connections to those alone that are ready."""

import http.client
import json
import threading
import time

from demo import SECONDS


class Balanced:
    """Clients that ask all the time. `ready_port` is the port of a gateway that calls itself ready, and None of one that does
    not or is not there."""

    def __init__(self, gateways, ready_port, key, clients=4):
        self.gateways, self.ready_port, self.key = gateways, ready_port, key
        self.stop, self.served, self.failures = threading.Event(), 0, []
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        connection = None
        while not self.stop.is_set():
            try:
                # As long as it is kept open, and no longer: a client closes its connection when it is asked to.
                if connection is None or connection.sock is None:
                    connection = self.connect(number)
                connection.request("POST", "/v1/chat/completions", json.dumps({"model": "groq/x"}), {
                    "content-type": "application/json", "authorization": f"Bearer {self.key}"})
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.served += 1
                else:
                    self.failures.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection = None
            time.sleep(0.005)

    def connect(self, number):
        while True:
            for gateway in self.gateways[number % 2:] + self.gateways[:number % 2]:
                try:
                    port = self.ready_port(gateway)
                except OSError:
                    continue
                if port is None:
                    continue
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
                connection.connect()
                return connection

    def end(self):
        """How many requests were served, and what became of the others."""
        self.stop.set()
        for thread in self.threads:
            thread.join()
        return self.served, self.failures
