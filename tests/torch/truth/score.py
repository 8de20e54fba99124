# SPDX-License-Identifier: Apache-2.0
"""How much of the memory somebody put into the right band: at the peak of the window, and over all of it."""
import bisect
import collections
import dataclasses
import json
import struct

NEVER = float("inf")
BANDS = {"P": "parameter", "S": "optimizer", "G": "gradient", "I": "other", "O": "other", "V": "activation"}
RANKS = "PSGIOV"
HELD_BACKWARDS = 3  # a result that is held is replaced by the next one; with a network and its critic there are so many between
LINE = struct.Struct("<QqII")


@dataclasses.dataclass(eq=False)
class Block:
    number: int  # of its allocation, from 0
    birth: int  # number of the line
    address: int
    size: int
    thread: int
    death: float = NEVER
    marks: dict = dataclasses.field(default_factory=lambda: collections.defaultdict(list))
    walks: list = dataclasses.field(default_factory=list)  # the graphs that it was found in, by the number of the line
    band: str = ""

    def is_alive(self, at):
        return self.birth <= at < self.death


class Lines:
    """What witness.so has seen, replayed."""

    def __init__(self, path):
        with open(path + ".lines", "rb") as file:
            self.lines = [(chr(kind), address, value, thread) for address, value, thread, kind in LINE.iter_unpack(file.read())]
        self.blocks, self.live, self.starts = [], {}, []
        self.window = [0, len(self.lines)]
        self.walks, self.is_walking = [], False
        self.stretches = collections.defaultdict(list)  # of backward and steps, by thread: [begin, end, kind]
        self.backwards = []  # the same of all threads, and those in an optimizer's step, whose closure runs them
        self.open = collections.defaultdict(list)  # by thread
        self.recording = []  # those backwards that record gradients themselves
        for at, (kind, address, value, thread) in enumerate(self.lines):
            self.take(at, kind, address, value, thread)

    def take(self, at, kind, address, value, thread):
        if kind == "a":
            block = Block(len(self.blocks), at, address, value, thread)
            self.blocks.append(block)
            self.live[address] = block
            bisect.insort(self.starts, address)
        elif kind == "f":
            self.free(at, address)
        elif kind in "Ww":
            self.window[kind == "w"] = at
        elif kind in "Ee":
            self.is_walking = kind == "E"
            if self.is_walking:
                self.walks.append(at)
        elif kind in "([":
            self.begin(at, "backward" if kind == "(" else "step", value, thread)
        elif kind in ")]":
            self.open[thread].pop()[1] = at
        elif kind == "C":
            self.recording.append(self.open[thread][-1])
        elif address:
            self.mark(at, kind, address, value)

    def begin(self, at, kind, depth, thread):
        """What autograd's threads run within a backward is deeper than what is open on them."""
        around, stretch = self.open[thread], [at, NEVER, kind]
        if depth == 1:
            self.stretches[thread].append(stretch)
        if kind == "backward" and depth == len(around) + 1 and all(other != "backward" for _, _, other in around):
            self.backwards.append(stretch)
        around.append(stretch)

    def free(self, at, address):
        block = self.live.pop(address, None)
        if block:
            block.death = at
            self.starts.pop(bisect.bisect_left(self.starts, address))

    def mark(self, at, kind, address, value):
        """The block that ADDRESS lies in: a view's storage need not begin where it does."""
        i = bisect.bisect_right(self.starts, address) - 1
        block = self.live[self.starts[i]] if i >= 0 else None
        if not block or address >= block.address + block.size:
            return
        if self.is_walking:
            block.walks.append(self.walks[-1])
        else:
            block.marks[kind].append((at, value))

    def totals(self):
        """After each allocation and free: the number of its line, the bytes then."""
        sizes, total = {block.birth: block.size for block in self.blocks}, 0
        deaths = {block.death: block.size for block in self.blocks}
        for at, line in enumerate(self.lines):
            if line[0] == "a":
                total += sizes[at]
            elif line[0] == "f":
                total -= deaths.get(at, 0)
            else:
                continue
            yield at, total

    def peak(self):
        """Where the most bytes are there first, in the window."""
        inside = [(total, -at) for at, total in self.totals() if self.window[0] < at < self.window[1]]
        return -max(inside)[1]


class Known(Lines):
    """The lines of a run in which somebody knew."""

    def __init__(self, path):
        super().__init__(path)
        with open(path + ".json", encoding="utf-8") as file:
            more = json.load(file)
        self.names, self.by_names = more["names"], more["by_names"]
        self.backwards.sort()
        for block in self.blocks:
            block.band = self.band_of(block)
        self.parameter_sizes = {block.size for block in self.blocks if block.marks.get("P")}

    def stretches_of(self, block):
        """Those of the thread that made it.  Threads of autograd's are in the backward of another one, and may step within it."""
        own = self.stretches.get(block.thread, [])
        return own if any(kind == "backward" for _, _, kind in own) else sorted(own + self.backwards)

    def phase_end(self, block):
        """A thread's forward lasts until its next backward; steps stand within."""
        own = self.stretches_of(block)
        around = [end for begin, end, _ in own[:bisect.bisect_right(own, [block.birth, NEVER])] if end >= block.birth]
        return around[-1] if around else next((begin for begin, _, kind in own if kind == "backward" and begin > block.birth), NEVER)

    def band_of(self, block):
        for kind in RANKS:
            if block.marks.get(kind):
                return BANDS[kind]
        return "temporary" if block.death <= self.phase_end(block) and block.death < NEVER else "other"

    def label_at(self, block, at):
        """What is worth knowing of it beside its band then, "" for nothing.  When an activation is released, walks tell; where the
        graph cannot be asked, it is taken to be needed."""
        around = [stretch for stretch in self.stretches_of(block) if stretch[0] < block.birth < stretch[1]]
        around += [stretch for stretch in self.backwards if around and around[-1][0] < stretch[0] < block.birth < stretch[1]]
        if around:
            return self.label_within(block, around[-1])
        backwards = [stretch for stretch in self.backwards if block.birth < stretch[0] < block.death]
        if block.band == "other" and self.is_copy(block):
            return "parameter_shaped"
        if block.band == "other":
            is_held = 0 < len(backwards) <= HELD_BACKWARDS and at > backwards[0][0] and not block.marks and block.death < NEVER
            return "held" if is_held else ""
        if block.band != "activation":
            return ""
        if not backwards:
            return "kept_in_vain" if block.death < NEVER else ""
        return "held_after_release" if self.walks and at > self.needed_until(block, backwards) else ""

    def is_copy(self, block):
        """The program keeps it from before the training to behind it, and a parameter has its size."""
        is_before = self.backwards and block.birth < self.backwards[0][0]
        return is_before and block.death > self.window[1] and "O" in block.marks and block.size in self.parameter_sizes

    def label_within(self, block, stretch):
        if stretch[2] != "backward":
            return ""
        is_recomputed = block.band == "activation" and stretch not in self.recording
        return {"temporary": "backward_in_flight"}.get(block.band, "recomputed" if is_recomputed else "")

    @staticmethod
    def needed_until(block, backwards):
        """The end of the last backward whose graph kept it; where none did, of the first that had a chance."""
        ends = [next((end for begin, end, _ in backwards if begin > walk), NEVER) for walk in block.walks]
        return max(ends) if ends else backwards[0][1]

    def names_of(self, block):
        kind = next((kind for kind in "PSG" if block.marks.get(kind)), None)
        return {self.names[value] for _, value in block.marks[kind] if value} if kind else set()

    def disagreement(self):
        """Bytes of blocks that only one of hooks and graph calls saved, at the walk."""
        at = self.walks[0] if self.walks else 0
        return sum(block.size for block in self.blocks if block.is_alive(at) and block.band == "temporary" and block.walks)


def share(part, whole):
    return 100 * part / whole if whole else 100.0


def right_at(known, at, band_of):
    """The percentage of bytes in the right band at that line, and the wrong ones: (true, said) → percent."""
    there = [block for block in known.blocks if block.is_alive(at)]
    total, wrong = sum(block.size for block in there), collections.Counter()
    for block in there:
        if band_of(block) != block.band:
            wrong[block.band, band_of(block)] += share(block.size, total)
    return 100 - sum(wrong.values()), wrong


def right_over(known, band_of):
    """Mean, weighted by bytes, over all allocations and frees of the window; and the worst moment."""
    starts = {block.birth: block for block in known.blocks}
    ends = {block.death: block for block in known.blocks if block.death < NEVER}
    right = total = all_right = all_total = 0
    worst = 100.0
    for at in range(known.window[1]):
        for block, sign in ((starts.get(at), 1), (ends.get(at), -1)):
            if block:
                total += sign * block.size
                right += sign * block.size * (band_of(block) == block.band)
        if at > known.window[0] and known.lines[at][0] in "af" and total:
            all_right, all_total = all_right + right, all_total + total
            worst = min(worst, share(right, total))
    return share(all_right, all_total), worst


def labels_over(known, label_at, moments=100):
    """Of all bytes at the births of so many blocks of the window, the percentage with the right label beside the band; and what is
    wrong there: (true, said) → percent."""
    births = [block.birth for block in known.blocks if known.window[0] < block.birth < known.window[1]]
    right = total = 0
    wrong = collections.Counter()
    for at in births[::max(1, len(births) // moments)]:
        for block in known.blocks:
            if not block.is_alive(at):
                continue
            true, said = known.label_at(block, at), label_at(block, at)
            total += block.size
            right += block.size * (true == said)
            if true != said:
                wrong[true, said] += block.size
    return share(right, total), {pair: share(size, total) for pair, size in wrong.items()}


def is_named(known, block, name):
    """With several outermost modules, ours begins with the class of one."""
    return any(name == true or name.endswith("." + true) for true in known.names_of(block))


def named_at(known, at, name_of):
    owned = [block for block in known.blocks if block.is_alive(at) and known.names_of(block)]
    named = sum(block.size for block in owned if is_named(known, block, name_of(block)))
    return share(named, sum(block.size for block in owned))


# ---- what the profiler said ----

OF_PROFILER = {"PARAMETER": "parameter", "OPTIMIZER_STATE": "optimizer", "GRADIENT": "gradient", "ACTIVATION": "activation",
               "INPUT": "other", "TEMPORARY": "temporary", "AUTOGRAD_DETAIL": "temporary"}


class ProfilerBands:
    """Of the blocks that are there at the peak, the category that their tensors have then."""

    def __init__(self, path, peak_number):
        lines = Lines(path)
        with open(path + ".json", encoding="utf-8") as file:
            said = json.load(file)
        begin = next(at for at, line in enumerate(lines.lines) if line[0] == "Q")
        starts = {block.birth: block for block in lines.blocks}
        seen = [at for at, line in enumerate(lines.lines) if at > begin and line[0] in "af"]
        told, self.bands, moment = {}, {}, None
        for at, (time, address, tensor) in zip(seen, said["allocations"]):
            if lines.lines[at][1] != address:
                raise ValueError("the profiler saw another sequence")
            if at in starts:
                told[starts[at].number] = tensor
                if starts[at].number == peak_number:
                    moment = time
        for block in lines.blocks:
            if block.birth < begin < block.death:
                told[block.number] = said["before"].get(str(block.address))
        for number, tensor in told.items():
            self.bands[number] = self.band(tensor, moment or 0)

    @staticmethod
    def band(tensor, moment):
        if not tensor:
            return "unknown"
        categories, changes = tensor
        version = max([version for time, version in changes if time <= moment], default=0)
        return OF_PROFILER.get(categories.get(str(version)), "unknown")

    def of(self, block):
        return self.bands.get(block.number, "unknown")


# ---- what the recorder's file says ----

class RecordedBands:
    """By `blocks`: the blocks of a recording, in the order of their births: those of PyTorch's allocators."""

    def __init__(self, text, known):
        rows = [line.split() for line in text[1:]]
        self.rows = rows = [row for row in rows if row[6].startswith(("PyTorch", "cudaMallocAsync"))]
        self.guessed = {i for i, row in enumerate(rows) if row[5] == "guessed"}
        self.births = [int(row[0]) for row in rows]
        self.lines = [block.birth for block in known.blocks]
        self.differing = sum(int(row[3]) != block.size for row, block in zip(rows, known.blocks))
        self.missing = len(known.blocks) - len(rows)

    def of(self, block):
        return self.rows[block.number][4] if block.number < len(self.rows) else "missing"

    def reason(self, block):
        return self.rows[block.number][7] if block.number < len(self.rows) else "missing"

    def name(self, block):
        return self.rows[block.number][8] if block.number < len(self.rows) else "-"

    def label_at(self, block, at):
        """It begins where the next block is born behind the moment that the recording has for it."""
        if block.number >= len(self.rows) or self.rows[block.number][9] == "-":
            return ""
        label, since = self.rows[block.number][9:11]
        number = bisect.bisect_left(self.births, int(since))
        begin = self.lines[min(number, len(self.lines) - 1)] if number else 0
        return label if at >= begin else ""

    def guessed_at(self, known, at):
        there = [block for block in known.blocks if block.is_alive(at)]
        return share(sum(block.size for block in there if block.number in self.guessed), sum(block.size for block in there))
