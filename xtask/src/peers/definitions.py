"""The workloads as every peer runs them: shapes, membranes, drive, wiring, and how a measurement is handed back.

`python definitions.py FOLDER` writes the drive and wiring of the networks, on the time grid, as numpy archives:

W3.npz  times   events of all cells one after the other, ms; each arrives `W3["delay"]` later
        counts  how many of them each cell has
W5.npz  es, is_ sources of the excitatory and inhibitory synapses, cell by synapse
        ed, id_ their delays, ms
        times   events from outside onto the first excitatory synapses, one train after the other, ms; delay 1 ms
        counts  how many of them each train has, cell by train
"""
import json
import os
import sys

import numpy as np

DT = 0.025  # ms
RA, CM = 100.0, 1.0  # ohm cm, uF/cm2
THRESHOLD = -10.0  # mV
# Compartments that have a membrane: nodes without area are nobody's compartments.
COMPARTMENTS = dict(W1=1008, W2=1008, W3=31000, W4=1345, W5=25500)
HERE = os.path.dirname(os.path.abspath(__file__))

# Balanced binary tree: branch i hangs on (i - 1) // 2; each level is thinner by 2^(2/3).
TREE = dict(branches=63, compartments=16, length=100.0, celsius=6.3, v_init=-65.0, tstop=1000.0)
TREE_PARENT = [(i - 1) // 2 if i else -1 for i in range(TREE["branches"])]
TREE_DIAMETER = [4.0 * 2 ** (-2 / 3 * ((i + 1).bit_length() - 1)) for i in range(TREE["branches"])]
# Delay and duration in ms, amplitude in nA.
CLAMP = dict(W1=(10.0, 880.0, 0.1), W2=(10.0, 1e9, 0.5), W4=(20.0, 1e9, 2.0))
PASSIVE = dict(g=1e-4, e=-65.0)

# The layer-5 cell; as src/workload.rs, which gives the source.
LAYER5 = dict(file=os.path.join(HERE, "../../../morphologies/layer5_pyramidal.swc"), compartments=7, celsius=34.0,
              v_init=-80.0, tstop=100.0, neurites=0.05, ena=50.0, ek=-85.0, gamma=5e-4, decay=460.0,
              g_pas=3.38e-5, e_pas=-90.0)
CHANNELS = dict(Nap_Et2=1.72e-3, NaTa_t=2.04, K_Pst=2.23e-3, K_Tst=8.12e-2, SKv3_1=0.693, SK_E2=4.41e-2,
                Ca_HVA=9.92e-4, Ca_LVAst=3.43e-3, Im=6.75e-5, Ih=2e-4)

# The networks' cell: a soma with Hodgkin-Huxley channels and two passive dendrites of a trunk and two tips each.
BALL = [(-1, "soma"), (0, "trunk"), (1, "tip"), (1, "tip"), (0, "trunk"), (4, "tip"), (4, "tip")]
BALL_DIAMETER = dict(soma=20.0, trunk=2.0, tip=1.26)
BALL_LENGTH = dict(soma=20.0, trunk=100.0, tip=100.0)
BALL_COMPARTMENTS = dict(W3=dict(soma=1, trunk=5, tip=5), W5=dict(soma=1, trunk=5, tip=10))
W3 = dict(cells=1000, tstop=200.0, rate=50.0, weight=0.012, tau=2.0, at=(2, 0.5), delay=1.0)
W5 = dict(cells=500, excitatory=400, tstop=500.0, exc=20, inh=5, trains=3, rate=40.0, delay=1.0,
          w_exc=0.0008, w_inh=0.004, w_ext=0.004, tau_inh=8.0, e_inh=-75.0)
W5_BLOCK = dict(mg=0.28, k0=1.0)
W5_EXC = [([2, 3, 5, 6][k % 4], (0.5 + 2 * (k // 4)) / 10) for k in range(W5["exc"])]
W5_INH = [([1, 4][k % 2], (0.5 + k) / 5) for k in range(W5["inh"])]


def conductance(channel, soma):
    return CHANNELS[channel] * (1.0 if soma or channel == "Ih" else LAYER5["neurites"])


def on_grid(times):
    return np.round(np.asarray(times, float) / DT) * DT


def poisson(seed, rate, stop):
    """Times of a Poisson train from 1 ms on, ms; rate per second."""
    generator = np.random.default_rng(seed)
    time, times = 1.0 + generator.exponential(1000 / rate), []
    while time < stop:
        times.append(time)
        time += generator.exponential(1000 / rate)
    return on_grid(times)


def export(folder):
    trains = [poisson(cell, W3["rate"], W3["tstop"] - 2) for cell in range(W3["cells"])]
    np.savez(os.path.join(folder, "W3.npz"), times=np.concatenate(trains), counts=np.array([len(t) for t in trains]))
    generator = np.random.default_rng(5)
    wiring = dict(es=[], ed=[], is_=[], id_=[])
    for _ in range(W5["cells"]):
        wiring["es"].append(generator.integers(0, W5["excitatory"], W5["exc"]))
        wiring["ed"].append(on_grid(generator.uniform(1, 5, W5["exc"])))
        wiring["is_"].append(generator.integers(W5["excitatory"], W5["cells"], W5["inh"]))
        wiring["id_"].append(on_grid(generator.uniform(1, 5, W5["inh"])))
    trains = [[poisson(100000 + 10 * cell + k, W5["rate"], W5["tstop"] - 5) for k in range(W5["trains"])]
              for cell in range(W5["cells"])]
    np.savez(os.path.join(folder, "W5.npz"), **{name: np.array(rows) for name, rows in wiring.items()},
             times=np.concatenate([t for row in trains for t in row]), counts=np.array([[len(t) for t in row] for row in trains]))


def drive(folder, workload):
    """The arrays of a network, and its trains: one list for each entry of `counts`, in its order."""
    arrays = np.load(os.path.join(folder, workload + ".npz"))
    counts = arrays["counts"].ravel()
    return arrays, np.split(arrays["times"], np.cumsum(counts)[:-1])


def hand_back(workload, tstop, wall, spikes, v_final):
    """The times of all spikes and the recorded voltage at the end, mV."""
    updates = COMPARTMENTS[workload] * round(tstop / DT)
    print(json.dumps(dict(ns=1e9 * wall / updates, spikes=len(spikes), last_spike=max(map(float, spikes), default=None), v_final=float(v_final))), flush=True)


if __name__ == "__main__":
    export(sys.argv[1])
