# SPDX-License-Identifier: Apache-2.0
"""score.py FACTS BLOCKS [WHOLE]: of the bytes that were there at the peak, the percentage in the right band.

With WHOLE, BLOCKS are those of a snapshot, and the moment is its end; how they went on is known from WHOLE."""
import bisect
import collections
import json
import sys

RANKS = ["parameter", "optimizer", "gradient", "other", "activation"]
NEVER = float("inf")


def read_facts(path):
    with open(path, encoding="utf-8") as file:
        facts = json.load(file)
    roles, phases = collections.defaultdict(list), []
    for time, role, what in facts:
        if role == "phase":
            phases.append(time)
        else:
            roles[what].append((time, role))
    return roles, phases


def read_blocks(path):
    with open(path, encoding="utf-8") as file:
        moments = [int(word) for word in file.readline().split()]
        rows = [line.split() for line in file]
    return moments, [(int(a), int(b) or NEVER, int(c), int(d), band) for a, b, c, d, band in rows]


def true_band(birth, death, address, roles, phases):
    """The strongest role that was claimed in a block's life; without one, whether it outlived its phase."""
    claimed = {role for time, role in roles.get(address, ()) if birth <= time < death}
    for role in RANKS:
        if role in claimed:
            return role
    at = bisect.bisect_right(phases, birth)
    end = phases[at] if at < len(phases) else NEVER
    return "temporary" if death <= end and death < NEVER else "other"


def score(blocks, moment):
    """Right and wrong bytes of what was there at that moment."""
    right, wrong = 0, collections.Counter()
    for birth, death, size, band, true in blocks:
        if birth <= moment < death:
            if true == band:
                right += size
            else:
                wrong[true, band] += size
    return right, wrong


def main():
    roles, phases = read_facts(sys.argv[1])
    (peak, end), blocks = read_blocks(sys.argv[2])
    deaths = {}
    if len(sys.argv) > 3:
        deaths = {(birth, address): death for birth, death, address, _, _ in read_blocks(sys.argv[3])[1]}
    judged = [
        (birth, death, size, band, true_band(birth, deaths.get((birth, address), death), address, roles, phases))
        for birth, death, address, size, band in blocks
    ]
    right, wrong = score(judged, end if deaths else peak)
    total = right + sum(wrong.values())
    print(f"{100 * right / max(total, 1):.2f} % of {total} bytes")
    for (true, band), size in wrong.most_common(5):
        print(f"  {true} taken for {band}: {100 * size / total:.2f} %")
    if not deaths:
        moments = [score(judged, block[0]) for block in judged[:: max(1, len(judged) // 300)]]
        shares = [100 * right / max(1, right + sum(wrong.values())) for right, wrong in moments]
        print(f"  over the whole run: mean {sum(shares) / len(shares):.2f} %, worst {min(shares):.2f} %")


main()
