"""What Python reaches with the same models: threads, processes and CUDA graphs.

Usage: cuda_python.py FOLDER [--seconds S] [--device cuda|cpu] [--models NAME,...] [--limit S]
The folder holds NAME.pt and NAME.npz with b1_in_INPUT and b1_out_OUTPUT, as for reference.py. A call goes
from host array to host array, through pinned memory, and waits for its answer. Prints one line of JSON for
each cell: model, variant, threads, per_second, p50_us, p99_us; a cell that fails gives a line with an error.
On the CPU, to try it out, there are neither streams nor graphs.
"""

import argparse
import contextlib
import itertools
import json
import multiprocessing
import os
import sys
import threading
import time

import numpy
import torch

RUNS_BEFORE_CAPTURE = 10
WARM_CALLS = 30
TOLERANCE = 1e-4
PATIENCE = 60  # seconds for workers to get ready


def say(**line):
    print(json.dumps(line), flush=True)


def exact():
    """TF32 off, as in the library."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    torch.set_num_threads(1)


class Model:
    """Loaded on the CPU, in evaluation mode, moved and frozen; inputs of one row, the right answer."""

    def __init__(self, folder, name, device):
        self.device = torch.device(device)
        self.gpu = self.device.type == "cuda"
        loaded = torch.jit.load(os.path.join(folder, name + ".pt"), map_location="cpu").eval()
        self.module = torch.jit.freeze(loaded.to(self.device))
        arrays = numpy.load(os.path.join(folder, name + ".npz"))
        self.inputs = [arrays[key] for key in arrays.files if key.startswith("b1_in_")]
        self.right = [arrays[key] for key in arrays.files if key.startswith("b1_out_")]

    def host(self, like):
        tensor = torch.empty(like.shape, dtype=like.dtype)
        return tensor.pin_memory() if self.gpu else tensor


def flat(output):
    if isinstance(output, torch.Tensor):
        return [output]
    values = output.values() if isinstance(output, dict) else output
    return [tensor for value in values for tensor in flat(value)]


class Lane:
    """What one thread has of its own: a stream (or the default one), pinned memory, perhaps a graph."""

    def __init__(self, model, own_stream):
        self.model = model
        self.stream = None
        if model.gpu:
            self.stream = torch.cuda.Stream() if own_stream else torch.cuda.default_stream()
        self.graph = None
        self.hosts = [model.host(torch.from_numpy(array)) for array in model.inputs]
        self.views = [host.numpy() for host in self.hosts]
        with self.entered():
            self.inputs = [host.to(model.device, copy=True) for host in self.hosts]
            self.fill()
            self.copy_in()
            self.results = [self.model.host(out) for out in flat(model.module(*self.inputs))]
            self.answers = [result.numpy() for result in self.results]
            self.wait()

    @contextlib.contextmanager
    def entered(self):
        with torch.inference_mode():
            if self.stream is None:
                yield
            else:
                with torch.cuda.stream(self.stream):
                    yield

    def fill(self):
        for view, array in zip(self.views, self.model.inputs):
            numpy.copyto(view, array)

    def copy_in(self):
        for tensor, host in zip(self.inputs, self.hosts):
            tensor.copy_(host, non_blocking=True)

    def encode(self):
        self.copy_in()
        for result, out in zip(self.results, flat(self.model.module(*self.inputs))):
            result.copy_(out, non_blocking=True)

    def wait(self):
        if self.stream is not None:
            self.stream.synchronize()

    def capture(self):
        with self.entered():
            for _ in range(RUNS_BEFORE_CAPTURE):
                self.encode()
            self.wait()
        graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), torch.cuda.graph(
            graph, stream=self.stream, capture_error_mode="thread_local"
        ):
            self.encode()
        self.graph = graph

    def start(self):
        """Fills the inputs, and launches; inside entered()."""
        self.fill()
        if self.graph is None:
            self.encode()
        else:
            self.graph.replay()

    def finish(self):
        self.wait()
        return [answer.copy() for answer in self.answers]

    def call(self):
        self.start()
        return self.finish()

    def check(self):
        with self.entered():
            answers = self.call()
        off = max(float(abs(a - r).max()) for a, r in zip(answers, self.model.right))
        if not off <= TOLERANCE:
            raise ValueError("an answer is off by %.1e" % off)


def loop(lanes, barrier, seconds):
    """Calls until the time is over; of several lanes, all are in flight. Gives begin, end, latencies."""
    latencies = []
    with lanes[0].entered():
        for _ in range(WARM_CALLS):
            for lane in lanes:
                start(lane)
                lane.finish()
        barrier.wait()
        begin = time.perf_counter_ns()
        end = begin + int(seconds * 1e9)
        if len(lanes) == 1:
            one_by_one(lanes[0], end, latencies)
        else:
            in_flight(lanes, end, latencies)
        return begin, time.perf_counter_ns(), latencies


def one_by_one(lane, end, latencies):
    before = time.perf_counter_ns()
    while before < end:
        lane.call()
        after = time.perf_counter_ns()
        latencies.append(after - before)
        before = after


def in_flight(lanes, end, latencies):
    started = []
    for lane in lanes:
        started.append(time.perf_counter_ns())
        start(lane)
    for i in itertools.cycle(range(len(lanes))):
        lanes[i].finish()
        now = time.perf_counter_ns()
        latencies.append(now - started[i])
        if now >= end:
            break
        started[i] = now
        start(lanes[i])
    for lane in lanes:
        lane.wait()


def start(lane):
    """A graph goes to the current stream; whoever leaves entered() gets the old one back."""
    if lane.stream is not None:
        torch.cuda.set_stream(lane.stream)
    lane.start()


def figures(loops):
    elapsed = (max(end for _, end, _ in loops) - min(begin for begin, _, _ in loops)) / 1e9
    latencies = numpy.concatenate([numpy.array(own) for _, _, own in loops])
    micros = numpy.percentile(latencies / 1e3, [50, 99])
    return {
        "per_second": round(len(latencies) / elapsed, 1),
        "p50_us": round(float(micros[0]), 2),
        "p99_us": round(float(micros[1]), 2),
    }


class Lanes:
    """Lanes of one kind, made when they are needed, and kept: captures take long."""

    def __init__(self, model, own_stream, graph):
        self.model, self.own_stream, self.graph = model, own_stream, graph
        self.made = []

    def first(self, count):
        while len(self.made) < count:
            lane = Lane(self.model, self.own_stream)
            if self.graph:
                lane.capture()
            lane.check()
            self.made.append(lane)
        return self.made[:count]


def run_loops(groups, seconds):
    barrier = threading.Barrier(len(groups), timeout=PATIENCE)
    loops, failures = [], []

    def work(group):
        try:
            loops.append(loop(group, barrier, seconds))
        except Exception as e:  # the first is thrown below
            failures.append(e)
            barrier.abort()

    workers = [threading.Thread(target=work, args=(group,), daemon=True) for group in groups]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(2 * PATIENCE)
        if worker.is_alive():
            raise TimeoutError("a thread does not end")
    if failures:
        raise failures[0]
    return figures(loops)


def work_in_process(folder, names, device, seconds, barriers, answers):
    exact()
    for name, barrier in zip(names, barriers):
        try:
            lane = Lane(Model(folder, name, device), False)
            lane.check()
            answers.put((name, loop([lane], barrier, seconds)))
        except Exception as e:
            barrier.abort()
            answers.put((name, described(e)))


def run_processes(folder, names, device, processes, seconds):
    """All models in the same processes, for these take seconds to start. Gives loops by model."""
    spawn = multiprocessing.get_context("spawn")
    barriers = [spawn.Barrier(processes, timeout=PATIENCE) for _ in names]
    answers = spawn.Queue()
    arguments = (folder, names, device, seconds, barriers, answers)
    workers = [
        spawn.Process(target=work_in_process, args=arguments, daemon=True) for _ in range(processes)
    ]
    loops = {name: [] for name in names}
    try:
        for worker in workers:
            worker.start()
        for _ in range(processes * len(names)):
            name, result = answers.get(timeout=PATIENCE + seconds)
            loops[name].append(result)
        for worker in workers:
            worker.join(10)
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.kill()
    return loops


def described(e):
    lines = ("%s: %s" % (type(e).__name__, e)).splitlines()
    return lines[0][:300]


def variants(model, seconds):
    """Each variant of a model within this process: what it is called, how many, how it is measured."""

    def threads(lanes, count):
        return lambda: run_loops([[lane] for lane in lanes.first(count)], seconds)

    own = Lanes(model, True, False)
    graphs = Lanes(model, True, model.gpu)
    yield "default stream", 1, threads(Lanes(model, False, False), 1)
    for count in [1, 4, 8, 16]:
        yield "own streams", count, threads(own, count)
    if model.gpu:
        for count in [1, 8, 16]:
            yield "graph per thread", count, threads(graphs, count)
    yield "one thread, in flight", 8, lambda: run_loops([graphs.first(8)], seconds)


def measure(options, name, end):
    try:
        model = Model(options.folder, name, options.device)
    except Exception as e:
        say(model=name, error=described(e))
        return
    for variant, threads, run in variants(model, options.seconds):
        cell = {"model": name, "variant": variant, "threads": threads}
        if time.monotonic() > end:
            say(**cell, error="no time is left")
            continue
        try:
            say(**cell, **run())
        except Exception as e:
            say(**cell, error=described(e))


def measure_processes(options, names, processes, end):
    cell = {"variant": "processes", "threads": processes}
    if time.monotonic() > end:
        say(**cell, error="no time is left")
        return
    try:
        found = run_processes(options.folder, names, options.device, processes, options.seconds)
    except Exception as e:
        say(**cell, error=described(e))
        return
    for name, loops in found.items():
        errors = [each for each in loops if isinstance(each, str)]
        if errors:
            say(model=name, **cell, error=errors[0])
        else:
            say(model=name, **cell, **figures(loops))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--models", default="mlp,bert_tiny,mobilenet_v3_small")
    parser.add_argument("--limit", type=float, default=120, help="no cell begins after so many seconds")
    options = parser.parse_args()
    end = time.monotonic() + options.limit
    exact()
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    say(torch=torch.__version__, cuda=torch.version.cuda, python=sys.version.split()[0], gpu=gpu)
    names = options.models.split(",")
    for name in names:
        measure(options, name, end)
    for processes in [1, 2, 4]:
        measure_processes(options, names, processes, end)


if __name__ == "__main__":
    main()
