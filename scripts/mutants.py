#!/usr/bin/env python3
"""Puts faults into the code on which the promises rest, and sees whether the tests notice: all of them by one build.

The list of faults is that of `cargo mutants`. It would build the workspace again for each of them; here each changed function
gets every changed body beside its own, and the environment variable IMPRIMATUR_MUTANT says which one runs. A change that does
not compile is left out and counted. It edits the sources of the working copy: run it in a clone (scripts/mutants.sh does).

  scripts/mutants.py prepare GROUP...   writes the switched sources, builds the tests that judge them
  scripts/mutants.py run GROUP...       runs the tests once for each change; what was judged is kept and not judged again
  scripts/mutants.py report             a line for each group, and what was not noticed
"""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

OUT = Path("target/mutants")
# Tests by whole servers run on SQLite here, but for locks, which SQLite does not need (scripts/with-postgres.sh); a filter word after the colon is given to the test program.
GROUPS = {
    "permissions": {
        "files": ["crates/access/src/decide.rs", "crates/access/src/permit.rs", "crates/access/src/table.rs"],
        "tests": ["access/access", "testkit/requests:sqlite", "testkit/approval:sqlite", "testkit/sharing:sqlite",
                  "testkit/teams:sqlite", "testkit/people:sqlite", "testkit/guards:sqlite", "testkit/every_operation:sqlite",
                  "testkit/races_in_lock_step:postgres"],
    },
    "facts": {
        "files": ["crates/access/src/facts.rs"],
        "tests": ["access/access", "testkit/approval:sqlite", "testkit/library_jobs:sqlite", "testkit/library:sqlite",
                  "testkit/teams:sqlite", "testkit/sharing:sqlite", "testkit/decisions:sqlite", "testkit/people:sqlite",
                  "testkit/tokens:sqlite", "testkit/fleet:sqlite", "testkit/scale:sqlite",
                  "testkit/races_in_lock_step:postgres", "testkit/printer_groups_dispatch:postgres"],
    },
    "store": {
        "files": ["crates/store/src/dispatch.rs"],
        "tests": ["testkit/dispatch:sqlite", "testkit/machine_and_store:sqlite", "testkit/bad_printers:sqlite",
                  "testkit/steps:sqlite", "testkit/guards:sqlite", "testkit/races:sqlite", "testkit/clocks:sqlite", "testkit/fleet:sqlite",
                  "testkit/invariants:sqlite", "testkit/fault_proxy:sqlite", "testkit/scale:sqlite"],
    },
    "decide": {
        "files": ["crates/store/src/jobs/decide.rs"],
        "tests": ["testkit/steps:sqlite", "testkit/decisions:sqlite", "testkit/machine_and_store:sqlite", "testkit/approval:sqlite",
                  "testkit/invitations:sqlite",
                  "testkit/library_jobs:sqlite", "testkit/people:sqlite", "testkit/plans:sqlite", "testkit/mail:sqlite",
                  "testkit/guards:sqlite", "testkit/races:sqlite", "testkit/sharing:sqlite", "testkit/fleet:sqlite",
                  "testkit/dispatch:sqlite", "testkit/events:sqlite", "testkit/printer_groups_dispatch:sqlite"],
    },
    "dispatcher": {
        "files": ["crates/app/src/dispatch/*.rs"],
        "tests": ["testkit/dispatch:sqlite", "testkit/bad_printers:sqlite", "testkit/clocks:sqlite", "testkit/fleet:sqlite",
                  "testkit/fault_proxy:sqlite", "testkit/decisions:sqlite", "testkit/storm:sqlite", "testkit/hearts:sqlite",
                  "testkit/printer_groups_dispatch:sqlite", "testkit/earlier_attempts:sqlite", "testkit/hearts:keeps", "testkit/hearts:lets_go"],
    },
}
TIMEOUT = int(os.environ.get("MUTANT_TIMEOUT", "240"))
JOBS = int(os.environ.get("MUTANT_JOBS", "2"))


def offset(lines, place):
    return sum(len(line) for line in lines[: place["line"] - 1]) + place["column"] - 1


def listed(groups):
    """The changes, numbered from 1 in the order of the list, each with its group."""
    found = []
    for group in groups:
        command = ["cargo", "mutants", "--list", "--json", "--workspace"]
        for file in GROUPS[group]["files"]:
            command += ["-f", file]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        found += [dict(mutant, group=group) for mutant in json.loads(text)]
    return [dict(mutant, id=number) for number, mutant in enumerate(found, 1)]


def body_of(text, start, end):
    """Where the braces of a function's body are: the first that stands in no parenthesis."""
    depth = 0
    for at in range(start, end):
        if text[at] in "([":
            depth += 1
        elif text[at] in ")]":
            depth -= 1
        elif text[at] == "{" and depth == 0:
            return at, end - 1
    raise ValueError("a function without a body")


def switched(original, mutants):
    """The text of a file in which every changed function asks which body it is to run."""
    lines = original.splitlines(keepends=True)
    functions = {}
    for mutant in mutants:
        span = mutant["function"]["span"]
        key = (offset(lines, span["start"]), offset(lines, span["end"]))
        functions.setdefault(key, []).append(mutant)
    text = original
    for (start, end), changes in sorted(functions.items(), reverse=True):
        opening, closing = body_of(original, start, end)
        body = original[opening + 1 : closing]
        arms = []
        for mutant in changes:
            first, last = offset(lines, mutant["span"]["start"]), offset(lines, mutant["span"]["end"])
            changed = original[opening + 1 : first] + (mutant["replacement"] or "") + original[last:closing]
            arms.append(f"/*MUTANT {mutant['id']}*/ {mutant['id']} => {{{changed}\n}}\n/*END*/\n")
        whole = f"{{\nmatch domain::mutant() {{\n{''.join(arms)}_ => {{{body}\n}}\n}}\n}}"
        head = re.sub(r"\bconst fn\b", "fn", original[start:opening])
        text = text[:start] + head + whole + text[end:]
    return text


SWITCH = '''
/// Which change runs (scripts/mutants.py); 0 is none.
pub fn mutant() -> u32 {
    static WHICH: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *WHICH.get_or_init(|| std::env::var("IMPRIMATUR_MUTANT").ok().and_then(|text| text.parse().ok()).unwrap_or(0))
}
'''


def write_sources(mutants, originals):
    for file, original in originals.items():
        mine = [mutant for mutant in mutants if mutant["file"] == file]
        Path(file).write_text(switched(original, mine))


def refused(packages):
    """The numbers of the changes that the compiler refuses. An error elsewhere ends it all."""
    command = ["cargo", "check", "--message-format=json", *[word for name in packages for word in ("-p", name)]]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode == 0:
        return set()
    bad = set()
    for line in run.stdout.splitlines():
        message = json.loads(line).get("message")
        if not isinstance(message, dict) or message.get("level") != "error":
            continue
        for span in message["spans"]:
            if not span["is_primary"]:
                continue
            lines = Path(span["file_name"]).read_text().splitlines()
            for number in range(span["line_start"] - 1, -1, -1):
                if lines[number].startswith("/*END*/") and number != span["line_start"] - 1:
                    break
                if found := re.match(r"/\*MUTANT (\d+)\*/", lines[number]):
                    bad.add(int(found.group(1)))
                    break
    if not bad:
        sys.exit(f"the switched sources do not compile:\n{run.stderr[-4000:]}")
    return bad


def prepare(groups):
    OUT.mkdir(parents=True, exist_ok=True)
    mutants = listed(groups)
    originals = {file: Path(file).read_text() for file in {mutant["file"] for mutant in mutants}}
    library = Path("crates/domain/src/lib.rs")
    if "fn mutant()" not in library.read_text():
        library.write_text(library.read_text() + SWITCH)
    packages = sorted({mutant["package"] for mutant in mutants})
    left, unviable = mutants, []
    while True:
        write_sources(left, originals)
        bad = refused(packages)
        if not bad:
            break
        unviable += [mutant for mutant in left if mutant["id"] in bad]
        left = [mutant for mutant in left if mutant["id"] not in bad]
        print(f"{len(bad)} do not compile; {len(left)} are left", flush=True)
    programs = {}
    wanted = {name.split(":")[0] for group in groups for name in GROUPS[group]["tests"]}
    command = ["cargo", "test", "--no-run", "--message-format=json", "-p", "imprimatur", "-p", "access", "--lib", "--bins", "-p", "testkit"]
    for name in sorted(wanted):
        if name.startswith("testkit/"):
            command += ["--test", name.split("/")[1]]
    built = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    for line in built.splitlines():
        message = json.loads(line)
        if message.get("executable") and message.get("profile", {}).get("test"):
            package = re.split(r"[/#@]", message["package_id"].rsplit("/", 1)[-1])[0]
            programs[f"{package}/{message['target']['name']}"] = message["executable"]
    missing = wanted - programs.keys()
    if missing:
        sys.exit(f"not built: {missing}")
    keep = {"mutants": left, "unviable": unviable, "programs": programs}
    (OUT / "list.json").write_text(json.dumps(keep))
    print(f"{len(mutants)} changes, {len(unviable)} do not compile, {len(left)} to judge")


def judged(number, program, word):
    """Whether this program notices: it fails, or takes too long. Ended at the first failed test."""
    environment = dict(os.environ, IMPRIMATUR_MUTANT=str(number), RUST_BACKTRACE="0")
    # A function with all its changed bodies has a large frame.
    environment.setdefault("RUST_MIN_STACK", str(64 << 20))
    environment.setdefault("MACHINE_TRANSITIONS", "8000")
    environment.setdefault("IMPRIMATUR_RUNS", "20")
    command = [str(Path(program).resolve()), *([word] if word else []), "--test-threads=4"]
    package = next(part for part in ("testkit", "access") if part == program_package(program))
    run = subprocess.Popen(command, cwd=f"crates/{package}", env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True)
    late = threading.Timer(TIMEOUT, lambda: os.killpg(run.pid, signal.SIGKILL))
    late.start()
    noticed = None
    for line in run.stdout:
        if re.search(r"\.\.\. FAILED$", line):
            noticed = line.split()[1] if len(line.split()) > 1 else line
            break
    late_now = not late.is_alive()
    late.cancel()
    try:
        if noticed:
            os.killpg(run.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    code = run.wait()
    if noticed:
        return noticed
    if late_now:
        return "takes too long"
    return None if code == 0 else f"ends with {code}"


PACKAGE_OF = {}


def program_package(program):
    return PACKAGE_OF[program]


def run(groups):
    keep = json.loads((OUT / "list.json").read_text())
    for name, program in keep["programs"].items():
        PACKAGE_OF[program] = name.split("/")[0]
    results = OUT / "results.jsonl"
    done = {json.loads(line)["id"] for line in results.read_text().splitlines()} if results.exists() else set()
    lock = threading.Lock()

    def one(mutant):
        began = time.monotonic()
        by, noticed = None, None
        for test in GROUPS[mutant["group"]]["tests"]:
            name, _, word = test.partition(":")
            noticed = judged(mutant["id"], keep["programs"][name], word)
            if noticed:
                by = name
                break
        row = {"id": mutant["id"], "group": mutant["group"], "name": mutant["name"], "by": by, "noticed": noticed,
               "seconds": round(time.monotonic() - began, 1)}
        with lock, results.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(("noticed    " if noticed else "NOT NOTICED"), row["seconds"], mutant["name"], by or "", noticed or "", flush=True)

    # The unchanged code first: a test that fails anyway would notice everything.
    for group in groups:
        for test in GROUPS[group]["tests"]:
            name, _, word = test.partition(":")
            began = time.monotonic()
            failed = judged(0, keep["programs"][name], word)
            print(f"unchanged: {test} {time.monotonic() - began:.1f} s {failed or 'ok'}", flush=True)
            if failed:
                sys.exit("the tests fail on the unchanged code")
    left = [mutant for mutant in keep["mutants"] if mutant["group"] in groups and mutant["id"] not in done]
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(one, left))
    report()


def report():
    keep = json.loads((OUT / "list.json").read_text())
    rows = [json.loads(line) for line in (OUT / "results.jsonl").read_text().splitlines()]
    for group in GROUPS:
        mine = [row for row in rows if row["group"] == group]
        if not mine:
            continue
        bad = sum(1 for mutant in keep["unviable"] if mutant["group"] == group)
        noticed = sum(1 for row in mine if row["noticed"])
        print(f"{group}: {len(mine) + bad} changes, {bad} do not compile, {noticed} of {len(mine)} noticed ({noticed / len(mine):.1%})")
    for row in rows:
        if not row["noticed"]:
            print("not noticed:", row["name"])


if __name__ == "__main__":
    what, groups = sys.argv[1:2], sys.argv[2:] or list(GROUPS)
    {"prepare": lambda: prepare(groups), "run": lambda: run(groups), "report": report}[what[0] if what else "report"]()
