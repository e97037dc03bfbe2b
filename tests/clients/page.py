"""The table in envoy/clients.md: a row for each client, as the tests found it."""

import subprocess

from demo import TOP

PAGE = TOP / "envoy/clients.md"
HEAD = "| client | version | how it is told | what it asks |\n|---|---|---|---|\n"
BEGIN, END = "<!-- the table of make test-clients -->\n", "<!-- end of the table -->\n"


def cells(row):
    return [row.title, row.version, row.settings, "<br>".join(f"`{request}`" for request in sorted(row.requests, key=by_path))]



def by_path(request):
    """In an order that does not depend on which of two requests ended first."""
    method, path = request.split(" ", 1)
    return path, method


def written():
    """The rows of the page, by their client."""
    table = PAGE.read_text().split(BEGIN)[1].split(END)[0].removeprefix(HEAD)
    rows = [[cell.strip() for cell in one.strip("|").split(" | ")] for one in table.splitlines()]
    return {row[0]: row for row in rows}


def pins():
    """The name and version of each client whose version is the project's choice."""
    told = subprocess.run([TOP / "envoy/bin/find-clients", "--pins"], capture_output=True, text=True, check=True).stdout
    return dict(one.split() for one in told.splitlines())


def compare(rows):
    """What the page says otherwise than the tests have found. A version that is the machine's own may be another."""
    on_page, found = written(), []
    for row in rows:
        if row.result != "passed":
            continue
        expected, said = cells(row), on_page.get(row.title, ["nothing"])
        if row.version not in said and not any(version in row.version for version in pins().values()):
            expected[1] = said[1] if len(said) > 1 else expected[1]
        if said != expected:
            found.append(f"envoy/clients.md says of {row.title}\n  {said}\nand it is\n  {expected}\n"
                         "CLIENTS_WRITE=1 make test-clients writes it.")
    return found


def write(rows):
    """Puts the rows of the clients that passed into the page."""
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    old = written()
    new = {row.title: cells(row) for row in rows if row.result == "passed"}
    lines = [f"| {' | '.join(one)} |\n" for _, one in sorted({**old, **new}.items(), key=lambda pair: pair[0].lower())]
    PAGE.write_text(before + BEGIN + HEAD + "".join(lines) + END + after)
