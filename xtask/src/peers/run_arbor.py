"""One workload in Arbor, stepped once: WORKLOAD THREADS FOLDER VARIANT."""
import os
import sys
import time

import arbor as A
import definitions as d
from arbor import units as U

WORKLOAD, THREADS, FOLDER = sys.argv[1], int(sys.argv[2]), sys.argv[3]
# Cells per group in the networks; Arbor's default of one is slower there.
GROUP = 50


class Recipe(A.recipe):
    def __init__(self, cells, cell, place, properties, connections=None, generators=None):
        super().__init__()
        self.cells, self.cell, self.place, self.properties = cells, cell, place, properties
        self.connections, self.generators = connections, generators

    def num_cells(self):
        return self.cells

    def cell_kind(self, gid):
        return A.cell_kind.cable

    def cell_description(self, gid):
        return self.cell

    def global_properties(self, kind):
        return self.properties

    def connections_on(self, gid):
        return self.connections(gid) if self.connections else []

    def event_generators(self, gid):
        return self.generators(gid) if self.generators else []

    def probes(self, gid):
        return [A.cable_probe_membrane_voltage(self.place, "v")] if gid == 0 else []


def properties(run):
    p = A.neuron_cable_properties()
    p.set_property(Vm=run["v_init"] * U.mV, tempK=(run["celsius"] + 273.15) * U.Kelvin, rL=d.RA * U.Ohm * U.cm,
                   cm=d.CM * 0.01 * U.F / U.m2)
    return p


def morphology(branches):
    """Branches of (parent, length, diameter, tag), laid end to end: only lengths and diameters count."""
    tree, ids, ends = A.segment_tree(), [], []
    for parent, length, diameter, tag in branches:
        begin, at = (0.0, A.mnpos) if parent < 0 else (ends[parent], ids[parent])
        ends.append(begin + length)
        ids.append(tree.append(at, A.mpoint(begin, 0, 0, diameter / 2), A.mpoint(begin + length, 0, 0, diameter / 2), tag))
    return A.morphology(tree)


def detect_and_clamp(decor, place):
    decor.place(place, A.threshold_detector(d.THRESHOLD * U.mV), "detector")
    if WORKLOAD in d.CLAMP:
        delay, duration, amplitude = d.CLAMP[WORKLOAD]
        decor.place(place, A.i_clamp(delay * U.ms, min(duration, 1e6) * U.ms, amplitude * U.nA))


def tree():
    t = d.TREE
    shape = morphology([(p, t["length"], diameter, 1) for p, diameter in zip(d.TREE_PARENT, d.TREE_DIAMETER)])
    decor, place = A.decor(), f"(location 0 {0.5 / t['compartments']})"
    decor.paint("(all)", A.density("hh") if WORKLOAD == "W2" else A.density(f"pas/e={d.PASSIVE['e']}", g=d.PASSIVE["g"]))
    detect_and_clamp(decor, place)
    cell = A.cable_cell(shape, decor, A.label_dict(), A.cv_policy_fixed_per_branch(t["compartments"]))
    return Recipe(1, cell, place, properties(t)), t


def layer5():
    c = d.LAYER5
    # The loader makes two branches of the soma's halves; they are one compartment here.
    shape, soma, neurites, place = A.load_swc_neuron(c["file"]).morphology, "(tag 1)", "(difference (all) (tag 1))", "(location 0 0)"
    decor = A.decor()
    for region, is_soma in ((soma, True), (neurites, False)):
        for channel in d.CHANNELS:
            decor.paint(region, A.density(channel, {f"g{channel}bar": d.conductance(channel, is_soma)}))
    decor.paint("(all)", A.density("CaDynamics_E2", gamma=c["gamma"], decay=c["decay"]))
    decor.paint("(all)", A.density(f"pas/e={c['e_pas']}", g=c["g_pas"]))
    detect_and_clamp(decor, place)
    policy = A.cv_policy_single(soma) | A.cv_policy_fixed_per_branch(c["compartments"], neurites)
    p = properties(c)
    p.catalogue = A.default_catalogue()
    p.catalogue.extend(A.bbp_catalogue(), "")
    p.set_ion("na", rev_pot=c["ena"] * U.mV)
    p.set_ion("k", rev_pot=c["ek"] * U.mV)
    p.set_ion("ca", valence=2, int_con=5e-5 * U.mM, ext_con=2.0 * U.mM, rev_pot=132.5 * U.mV, method=A.mechanism("nernst/x=ca"))
    return Recipe(1, A.cable_cell(shape, decor, A.label_dict(), policy), place, p), c


def ball(synapses):
    counts = d.BALL_COMPARTMENTS[WORKLOAD]
    # Every branch has a tag of its own, by which it is found whatever Arbor's order of branches.
    shape = morphology([(p, d.BALL_LENGTH[k], d.BALL_DIAMETER[k], i + 1) for i, (p, k) in enumerate(d.BALL)])
    at = {shape.branch_segments(k)[0].tag - 1: k for k in range(shape.num_branches)}
    decor = A.decor()
    decor.paint("(tag 1)", A.density("hh"))
    decor.paint("(difference (all) (tag 1))", A.density(f"pas/e={d.PASSIVE['e']}", g=d.PASSIVE["g"]))
    for label, (branch, x), mechanism in synapses:
        decor.place(f"(location {at[branch]} {x})", mechanism, label)
    place = f"(location {at[0]} 0.5)"
    detect_and_clamp(decor, place)
    policy = None
    for i, (_, kind) in enumerate(d.BALL):
        own = A.cv_policy_fixed_per_branch(counts[kind], f"(tag {i + 1})")
        policy = own if policy is None else policy | own
    return A.cable_cell(shape, decor, A.label_dict(), policy), place


def train(label, times, weight, delay):
    return A.event_generator(label, weight, A.explicit_schedule([(t + delay) * U.ms for t in times]))


def w3():
    w = d.W3
    cell, place = ball([("synapse", w["at"], A.synapse("expsyn", tau=w["tau"], e=0))])
    trains = d.drive(FOLDER, "W3")[1]
    run = dict(d.TREE, tstop=w["tstop"])
    return Recipe(w["cells"], cell, place, properties(run), None,
                  lambda gid: [train("synapse", trains[gid], w["weight"], w["delay"])]), run


def w5():
    w = d.W5
    wiring, trains = d.drive(FOLDER, "W5")
    run = dict(d.TREE, tstop=w["tstop"])
    p = properties(run)
    p.catalogue = A.default_catalogue()
    p.catalogue.extend(A.load_catalogue(os.path.join(FOLDER, "peers-catalogue.so")), "")
    cell, place = ball([(f"e{k}", at, A.synapse("ExpAMPANMDA", **d.W5_BLOCK)) for k, at in enumerate(d.W5_EXC)]
                       + [(f"i{k}", at, A.synapse("expsyn", tau=w["tau_inh"], e=w["e_inh"])) for k, at in enumerate(d.W5_INH)])

    def connections(gid):
        return [A.connection((int(source), "detector"), f"{kind}{k}", weight, delay * U.ms)
                for kind, sources, delays, weight in (("e", "es", "ed", w["w_exc"]), ("i", "is_", "id_", w["w_inh"]))
                for k, (source, delay) in enumerate(zip(wiring[sources][gid], wiring[delays][gid]))]

    def generators(gid):
        return [train(f"e{k}", trains[gid * w["trains"] + k], w["w_ext"], w["delay"]) for k in range(w["trains"])]

    return Recipe(w["cells"], cell, place, p, connections, generators), run


recipe, run = dict(W1=tree, W2=tree, W3=w3, W4=layer5, W5=w5)[WORKLOAD]()
context = A.context(threads=THREADS)
hints = {A.cell_kind.cable: A.partition_hint(cpu_group_size=GROUP, prefer_gpu=False)} if recipe.cells > 1 else {}
simulation = A.simulation(recipe, context, A.partition_load_balance(recipe, context, hints))
simulation.record(A.spike_recording.local)
trace = simulation.sample((0, "v"), A.regular_schedule(d.DT * U.ms))
start = time.perf_counter()
simulation.run(run["tstop"] * U.ms, d.DT * U.ms)
wall = time.perf_counter() - start
spikes = [spike[1] for spike in simulation.spikes()]
# A sample is taken at the beginning of a step: that of the end needs one step more.
simulation.run((run["tstop"] + d.DT) * U.ms, d.DT * U.ms)
d.hand_back(WORKLOAD, run["tstop"], wall, spikes, simulation.samples(trace)[0][0][-1][1])
