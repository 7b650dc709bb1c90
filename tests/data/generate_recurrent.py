"""NEURON's spikes of workload W5 in its first 50 ms, with the drive and wiring that make them: recurrent_network.npz.

Run after `cargo xtask peers --workload W5`, which makes `target/peers`, with its Python:
    target/peers/venv/bin/python tests/data/generate_recurrent.py
"""
import os
import runpy
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "../..")
SCRIPTS = os.path.join(ROOT, "xtask/src/peers")
FOLDER = os.path.join(ROOT, "target/peers")
STOP = 50.0  # ms

sys.path.insert(0, SCRIPTS)
sys.argv = ["run_neuron.py", "W5", "1", FOLDER, "exact"]
ran = runpy.run_path(os.path.join(SCRIPTS, "run_neuron.py"))
times, cells = np.array(ran["times"]), np.array(ran["gids"], dtype=np.int64)
early = np.round(times / 0.025) < STOP / 0.025  # NEURON's time is a sum of steps
arrays = dict(np.load(os.path.join(FOLDER, "W5.npz")))
trains = np.split(arrays["times"], np.cumsum(arrays["counts"].ravel())[:-1])
trains = [train[train < STOP] for train in trains]
arrays["times"] = np.concatenate(trains)
arrays["counts"] = np.array([len(train) for train in trains]).reshape(arrays["counts"].shape)
np.savez_compressed(os.path.join(HERE, "recurrent_network.npz"), **arrays, spike_times=times[early], spike_cells=cells[early])
print(f"{early.sum()} spikes of {len(times)}")
