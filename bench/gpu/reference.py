"""Runs a model on the default device through the command line, and compares with its reference.

Usage: reference.py MODEL.pt COMMAND...   where COMMAND starts the command line of mps-parallel.
MODEL.npz beside it holds b1_in_NAME, b1_out_NAME, b4_in_NAME, ... A right answer is within 1e-4.
"""

import subprocess
import sys
import tempfile

import numpy

model, command = sys.argv[1], sys.argv[2:]
reference = numpy.load(model.replace(".pt", ".npz"))
failed = False
for batch in sorted({key.split("_")[0] for key in reference}):
    inputs = [key for key in reference if key.startswith(batch + "_in_")]
    expected = [reference[key] for key in reference if key.startswith(batch + "_out_")]
    with tempfile.TemporaryDirectory() as folder:
        out = folder + "/out.npz"
        arguments = []
        for key in inputs:
            arguments += ["--input", f"{model.replace('.pt', '.npz')}[{key}]"]
        done = subprocess.run(
            command + ["run", model, *arguments, "--output", out, "--repeat", "200", "--concurrency", "4"],
            capture_output=True, text=True)
        if done.returncode != 0:
            print(model, batch, "FAILED", done.stdout[-2000:], done.stderr[-2000:])
            failed = True
            continue
        got = numpy.load(out)
        worst = max(float(abs(got[f"output{i}"] - e).max()) for i, e in enumerate(expected))
        right = worst <= 1e-4
        failed |= not right
        print(model.split("/")[-1], batch, "max difference %.2e" % worst, "ok" if right else "WRONG")
sys.exit(failed)
