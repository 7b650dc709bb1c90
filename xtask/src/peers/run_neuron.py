"""One workload in NEURON, stepped once: WORKLOAD THREADS FOLDER VARIANT. `tables`: hh with its tables of rates."""
import os
import sys
import time

import definitions as d
from neuron import h

WORKLOAD, THREADS, FOLDER, VARIANT = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
context = h.ParallelContext()
keep, arrivals = [], []


def section(name, length, diameter, compartments):
    s = h.Section(name=name)
    s.L, s.diam, s.nseg, s.Ra, s.cm = length, diameter, compartments, d.RA, d.CM
    return s


def detector(gid, place):
    context.set_gid2node(gid, context.id())
    connection = h.NetCon(place._ref_v, None, sec=place.sec)
    connection.threshold = d.THRESHOLD
    context.cell(gid, connection)
    keep.append(connection)


def insert_hh(s):
    s.insert("hh")
    s.ena, s.ek = 50, -77


def insert_pas(s, g, e):
    s.insert("pas")
    s.g_pas, s.e_pas = g, e


def clamp(place):
    step = h.IClamp(place)
    step.delay, step.dur, step.amp = d.CLAMP[WORKLOAD]
    keep.append(step)
    detector(0, place)
    return place


def tree():
    t = d.TREE
    branches = []
    for i, parent in enumerate(d.TREE_PARENT):
        s = section(f"b{i}", t["length"], d.TREE_DIAMETER[i], t["compartments"])
        if parent >= 0:
            s.connect(branches[parent](1))
        insert_hh(s) if WORKLOAD == "W2" else insert_pas(s, **d.PASSIVE)
        branches.append(s)
    keep.append(branches)
    return clamp(branches[0](0.5 / t["compartments"])), t


def layer5():
    c = d.LAYER5
    h.nrn_load_dll(os.path.join(FOLDER, "mechanisms/x86_64/libnrnmech.so"))
    h.load_file("import3d.hoc")
    reader = h.Import3d_SWC_read()
    reader.quiet = 1
    reader.input(c["file"])
    h.Import3d_GUI(reader, 0).instantiate(None)
    for s in h.allsec():
        soma = s.name().startswith("soma")
        s.nseg, s.Ra, s.cm = 1 if soma else c["compartments"], d.RA, d.CM
        for channel in d.CHANNELS:
            s.insert(channel)
            setattr(s, f"g{channel}bar_{channel}", d.conductance(channel, soma))
        s.insert("CaDynamics_E2")
        s.gamma_CaDynamics_E2, s.decay_CaDynamics_E2 = c["gamma"], c["decay"]
        insert_pas(s, c["g_pas"], c["e_pas"])
        s.ena, s.ek = c["ena"], c["ek"]
    soma = next(s for s in h.allsec() if s.name().startswith("soma"))
    return clamp(soma(0.5)), c


def ball(gid):
    branches = []
    for i, (parent, kind) in enumerate(d.BALL):
        s = section(f"c{gid}b{i}", d.BALL_LENGTH[kind], d.BALL_DIAMETER[kind], d.BALL_COMPARTMENTS[WORKLOAD][kind])
        if parent >= 0:
            s.connect(branches[parent](1))
        insert_hh(s) if kind == "soma" else insert_pas(s, **d.PASSIVE)
        branches.append(s)
    detector(gid, branches[0](0.5))
    keep.append(branches)
    return branches


def synapse(kind, place, **parameters):
    s = getattr(h, kind)(place)
    for name, value in parameters.items():
        setattr(s, name, value)
    keep.append(s)
    return s


def train(target, times, weight, delay):
    """Events are sent anew whenever NEURON initialises."""
    connection = h.NetCon(None, target)
    connection.weight[0] = weight
    arrivals.append((connection, [float(t) + delay for t in times]))


def w3():
    w = d.W3
    cells = [ball(gid) for gid in range(w["cells"])]
    for cell, times in zip(cells, d.drive(FOLDER, "W3")[1]):
        target = synapse("ExpSyn", cell[w["at"][0]](w["at"][1]), tau=w["tau"], e=0)
        train(target, times, w["weight"], w["delay"])
    return cells[0][0](0.5), dict(d.TREE, tstop=w["tstop"])


def w5():
    w = d.W5
    h.nrn_load_dll(os.path.join(FOLDER, "mechanisms/x86_64/libnrnmech.so"))
    cells = [ball(gid) for gid in range(w["cells"])]
    wiring, trains = d.drive(FOLDER, "W5")
    for gid, cell in enumerate(cells):
        exc = [synapse("ExpAMPANMDA", cell[b](x), **d.W5_BLOCK) for b, x in d.W5_EXC]
        inh = [synapse("ExpSyn", cell[b](x), tau=w["tau_inh"], e=w["e_inh"]) for b, x in d.W5_INH]
        for targets, sources, delays, weight in ((exc, "es", "ed", w["w_exc"]), (inh, "is_", "id_", w["w_inh"])):
            for target, source, delay in zip(targets, wiring[sources][gid], wiring[delays][gid]):
                connection = context.gid_connect(int(source), target)
                connection.weight[0], connection.delay = weight, delay
                keep.append(connection)
        for k in range(w["trains"]):
            train(exc[k], trains[gid * w["trains"] + k], w["w_ext"], w["delay"])
    return cells[0][0](0.5), dict(d.TREE, tstop=w["tstop"])


place, run = dict(W1=tree, W2=tree, W3=w3, W4=layer5, W5=w5)[WORKLOAD]()
h.celsius, h.dt, h.secondorder = run["celsius"], d.DT, 0
h.usetable_hh = VARIANT == "tables"
solver = h.CVode()
solver.active(0)
solver.cache_efficient(1)
context.nthread(THREADS)
context.set_maxstep(10)
times, gids = h.Vector(), h.Vector()
context.spike_record(-1, times, gids)
trace = h.Vector().record(place._ref_v)
handler = h.FInitializeHandler(1, lambda: [c.event(t) for c, times in arrivals for t in times])
h.finitialize(run["v_init"])
start = time.perf_counter()
context.psolve(run["tstop"])
wall = time.perf_counter() - start
assert sum(s.nseg for s in h.allsec()) == d.COMPARTMENTS[WORKLOAD]
d.hand_back(WORKLOAD, run["tstop"], wall, list(times), trace[-1])
