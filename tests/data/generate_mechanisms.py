#!/usr/bin/env python3
"""Traces of the project's mechanisms computed with NEURON 9.0.2, beside the model documents that they belong to.

    python generate_mechanisms.py [CASE...]      writes mechanisms/CASE.json beside this file

A case is a model document (docs/model.md); NEURON's model is built from it here, with the .mod files of mechanisms/ at the root
of the repository and those beside the cases. Needs `neuron` and a C++ compiler: the files are compiled in a temporary folder,
those whose names NEURON has already under another name. Traces are in the order of the document's records.

NEURON ends the iterations of implicit methods at a change of 1e-6, which leaves 1e-9 in its states; here it is compiled to go on
until 1e-13, so that the equations are compared and not where two programs stop.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "mechanisms")
FOLDERS = [os.path.join(HERE, "..", "..", "mechanisms"), OUT]
TAKEN = {"hh", "pas", "ExpSyn", "Exp2Syn", "IClamp", "SEClamp"}


# ---- NEURON's model of a document ------------------------------------------------------------------------------------

def compile_mechanisms():
    folder = tempfile.mkdtemp()
    for path in sum((glob.glob(os.path.join(f, "*.mod")) for f in FOLDERS), []):
        text = open(path).read()
        stem = os.path.basename(path)[:-4]
        if stem in TAKEN:
            text = re.sub(rf"(SUFFIX|POINT_PROCESS) {stem}\b", rf"\1 own_{stem}", text)
        open(os.path.join(folder, "m_" + os.path.basename(path)), "w").write(text)
    import neuron
    headers = os.path.join(folder, "include")
    shutil.copytree(os.path.join(os.path.dirname(neuron.__file__), ".data", "include"), headers)
    path = os.path.join(headers, "errcodes.hpp")
    text, count = re.subn(r"(CONVERGE = )1\.e-6", r"\g<1>1.e-13", open(path).read())
    assert count == 1, "NEURON's headers are not those of version 9.0.2"
    open(path, "w").write(text)
    binary = os.path.join(os.path.dirname(sys.executable), "nrnivmodl")
    subprocess.run([binary, "-incflags", "-I" + headers], cwd=folder, check=True, capture_output=True)
    os.chdir(folder)
    return folder


def own(name):
    return "own_" + name if name in TAKEN else name


def run(document):
    """Runs a document in NEURON: traces in the order of its records, and the spike times of its detectors."""
    from neuron import h
    cell = document["cell"]
    sections = {}
    for entry in cell["section"]:
        section = sections[entry["name"]] = h.Section(name=entry["name"])
        section.L, section.diam, section.nseg = entry["length"], entry["diameter"], entry["compartments"]
        section.Ra, section.cm = cell["axial_resistivity"], cell["capacitance"]
        if "parent" in entry:
            section.connect(sections[entry["parent"]](entry.get("parent_x", 1)), 0)

    def region(text):
        return list(sections.values()) if text == "all" else [sections[re.fullmatch(r'\(section "(.*)"\)', text).group(1)]]

    def place(text):
        name, x = re.fullmatch(r"(\w+)\((.*)\)", text).groups()
        return sections[name](float(x))

    for entry in cell["paint"]:
        for section in region(entry["region"]):
            section.insert(own(entry["mechanism"]))
            for segment in section:
                for name, value in entry["parameters"].items():
                    setattr(segment, f"{name}_{own(entry['mechanism'])}", value)
    for entry in cell.get("ion", []):
        ion = entry["name"]
        for section in region(entry["region"]):
            for segment in section:
                for key, name in (("reversal", f"e{ion}"), ("internal", f"{ion}i"), ("external", f"{ion}o")):
                    if key in entry:
                        setattr(segment, name, entry[key])
        # Where a mechanism writes them, concentrations start at the ion's global values.
        for key, side in (("internal", "i"), ("external", "o")):
            if key in entry:
                setattr(h, f"{ion}{side}0_{ion}_ion", entry[key])
    placed, kept = {}, []
    for entry in cell.get("place", []):
        kind = getattr(h, own(entry["mechanism"]))
        placed[entry["name"]] = point = kind(place(entry["at"])) if "at" in entry else kind()
        for name, value in entry["parameters"].items():
            # NEURON's own clamp calls its onset so.
            setattr(point, "delay" if (entry["mechanism"], name) == ("IClamp", "delay") else name, value)
    for entry in cell.get("pointer", []):
        h.setpointer(getattr(place(entry["at"]), "_ref_" + entry["what"]), entry["variable"], placed[entry["of"]])
    for entry in cell.get("table", []):
        points = h.Vector(entry["arguments"]), h.Vector(entry["values"])
        points_of = [placed[p["name"]] for p in cell["place"] if p["mechanism"] == entry["mechanism"]]
        for point in points_of[:1]:
            getattr(point, "table_" + entry["name"])(points[1], points[0])
        kept.append(points)

    detectors, spikes = {}, []
    for entry in document.get("detect", []):
        detectors[entry["name"]] = entry
        if "of" in entry:
            connection = h.NetCon(placed[entry["of"]], None)
        else:
            segment = place(entry["at"])
            connection = h.NetCon(segment._ref_v, None, sec=segment.sec)
            connection.threshold = entry["threshold"]
        spikes.append(h.Vector())
        connection.record(spikes[-1])
        kept.append(connection)
    deliveries = []
    for entry in document.get("events", []):
        target = placed[entry["target"]]
        if "from" in entry:
            source = detectors[entry["from"]]
            if "of" in source:
                connection = h.NetCon(placed[source["of"]], target)
            else:
                segment = place(source["at"])
                connection = h.NetCon(segment._ref_v, target, sec=segment.sec)
                connection.threshold = source["threshold"]
            connection.delay = entry["delay"]
        else:
            connection = h.NetCon(None, target)
            connection.delay = 0.0
            deliveries.append((connection, entry["times"]))
        connection.weight[0] = entry["weight"]
        kept.append(connection)
    handler = h.FInitializeHandler(1, lambda: [c.event(t) for c, times in deliveries for t in times])

    vectors = []
    for entry in document["record"]:
        what = entry["what"]
        if "of" in entry:
            # A vector takes its clock from a section.
            vectors.append(h.Vector().record(getattr(placed[entry["of"]], "_ref_" + what), sec=sections[cell["section"][0]["name"]]))
        else:
            if "." in what:
                mechanism, variable = what.split(".")
                what = f"{variable}_{own(mechanism)}"
            segment = place(entry["at"])
            element = re.fullmatch(r"(\w+)\[(\d+)\](\w*)", what)
            reference = (getattr(segment, "_ref_" + element[1] + element[3])[int(element[2])] if element
                         else getattr(segment, "_ref_" + what))
            vectors.append(h.Vector().record(reference, sec=segment.sec))
    settings = document["run"]
    h.celsius, h.dt = settings["temperature"], settings["time_step"]
    h.secondorder = 2 if settings.get("scheme") == "crank-nicolson" else 0
    h.finitialize(settings["initial_voltage"])
    context = h.ParallelContext()
    context.set_maxstep(10)
    context.psolve(settings["duration"])
    stride = round(settings["sample_interval"] / settings["time_step"])
    del handler
    return [list(v)[::stride] for v in vectors], [list(s) for s in spikes]


# ---- cases -----------------------------------------------------------------------------------------------------------

def section(name, length, diameter, compartments, **more):
    return dict(name=name, length=length, diameter=diameter, compartments=compartments, **more)


def only(name):
    return f'(section "{name}")'


def paint(region, mechanism, **parameters):
    return dict(region=region, mechanism=mechanism, parameters=parameters)


def point(name, at, mechanism, **parameters):
    return dict(name=name, at=at, mechanism=mechanism, parameters=parameters)


def at(place, *names):
    return [dict(what=name, at=place) for name in names]


def of(placement, *names):
    return [dict(what=name, of=placement) for name in names]


def document(title, sections, paints, places, record, duration, temperature=34.0, initial_voltage=-70.0, sample_interval=0.25,
             events=(), detect=(), mechanisms=(), time_step=0.025, **cell):
    whole = dict(
        version=1, title=title, mechanisms=list(mechanisms),
        cell=dict(section=sections, geometry="neuron-float32", axial_resistivity=120.0, capacitance=1.0, paint=paints, place=places,
                  **cell),
        events=list(events), detect=list(detect), record=record,
        run=dict(duration=duration, time_step=time_step, conductance="difference", temperature=temperature,
                 initial_voltage=initial_voltage, sample_interval=sample_interval))
    return {key: value for key, value in whole.items() if value != []}


SOMA = section("soma", 20.0, 20.0, 1)
DENDRITE = section("dendrite", 300.0, 2.0, 9, parent="soma")
BRANCH = section("branch", 200.0, 1.5, 7, parent="soma")
LEAK = paint("all", "pas", g=5e-5, e=-70.0)


def clamp(at, amp, start=5.0, duration=1e9, name="clamp"):
    return {**point(name, at, "IClamp", amp=amp, dur=duration), **dict(parameters={"amp": amp, "dur": duration, "del": start})}


def calcium_and_sk():
    dendrite = only("dendrite")
    return document(
        "Calcium channels, calcium-activated potassium channels and a pool on a dendrite",
        [SOMA, DENDRITE],
        [LEAK, paint("all", "NaTa_t", gNaTa_tbar=0.4), paint("all", "SKv3_1", gSKv3_1bar=0.1),
         paint(dendrite, "Ca_HVA", gCa_HVAbar=2e-3), paint(dendrite, "SK_E2", gSK_E2bar=5e-3),
         paint(dendrite, "CaDynamics_E2", gamma=0.05, decay=40.0)],
        [clamp("dendrite(0.9)", 0.6)],
        at("soma(0.5)", "v") + at("dendrite(0.5)", "v", "cai", "eca", "ica", "ik", "Ca_HVA.m", "Ca_HVA.h", "SK_E2.z", "SK_E2.g")
        + at("dendrite(0.95)", "v", "cai"),
        60.0)


def two_pools():
    dendrite, branch = only("dendrite"), only("branch")
    return document(
        "Two mechanisms that write the calcium concentration, each in a dendrite of its own; none in the soma",
        [SOMA, DENDRITE, BRANCH],
        [LEAK, paint("all", "Ca_HVA", gCa_HVAbar=2e-3), paint("all", "SK_E2", gSK_E2bar=2e-3),
         paint(dendrite, "CaDynamics_E2", gamma=0.05, decay=40.0), paint(branch, "CaPool", depth=0.5, tau=20.0)],
        [clamp("soma(0.5)", 0.8)],
        at("soma(0.5)", "v", "cai", "eca", "ica") + at("dendrite(0.5)", "v", "cai", "eca", "ica")
        + at("branch(0.5)", "v", "cai", "eca", "ica"),
        50.0)


def constant_field():
    return document(
        "T-type calcium current of Goldman, Hodgkin and Katz with a pool: a rebound",
        [SOMA, DENDRITE],
        [LEAK, paint("all", "CaT_GHK", pbar=2e-4), paint("all", "CaPool", depth=1.0, tau=10.0),
         paint("all", "Ca_LVAst", gCa_LVAstbar=1e-4)],
        [clamp("soma(0.5)", -0.3, 5.0, 60.0)],
        at("soma(0.5)", "v", "cai", "eca", "ica", "CaT_GHK.m", "CaT_GHK.h", "CaT_GHK.ica") + at("dendrite(0.8)", "v", "cai"),
        120.0, sample_interval=0.5)


def nmda():
    synapses = [point(f"synapse{k}", f"dendrite({x})", "AMPANMDA", nmda=2.0) for k, x in enumerate((0.2, 0.5, 0.8))]
    times = [[10.0, 15.0, 20.0], [11.0, 12.013, 13.02], [10.0, 10.5, 11.0, 40.0]]
    return document(
        "NMDA receptors on a passive dendrite: events on and off the grid, voltage-dependent block",
        [SOMA, section("dendrite", 300.0, 1.0, 15, parent="soma")], [LEAK], synapses,
        at("soma(0.5)", "v") + at("dendrite(0.8)", "v") + of("synapse1", "i_ampa", "i_nmda", "g_ampa", "g_nmda", "nmda_down", "i")
        + of("synapse2", "g_nmda"),
        100.0, sample_interval=0.5,
        events=[dict(target=f"synapse{k}", weight=1e-3, times=t) for k, t in enumerate(times)])


def gap_junction():
    other = [section("soma2", 15.0, 15.0, 1), section("dendrite2", 200.0, 2.0, 5, parent="soma2")]
    return document(
        "Two cells joined by a gap junction between their dendrites; one is driven, and both have channels in the soma",
        [SOMA, DENDRITE] + other,
        [LEAK] + [paint(only(s), m, **{p: g}) for s in ("soma", "soma2")
                  for m, p, g in (("NaTa_t", "gNaTa_tbar", 1.5), ("SKv3_1", "gSKv3_1bar", 0.3))],
        [clamp("soma(0.5)", 0.5), point("there", "dendrite(0.7)", "GapJunction", g=4e-3),
         point("back", "dendrite2(0.5)", "GapJunction", g=4e-3)],
        at("soma(0.5)", "v") + at("soma2(0.5)", "v") + at("dendrite2(0.5)", "v") + of("there", "i") + of("back", "i"),
        40.0, sample_interval=0.1,
        detect=[dict(name="first", at="soma(0.5)", threshold=-10.0), dict(name="second", at="soma2(0.5)", threshold=-10.0)],
        pointer=[dict(of="there", variable="vgap", what="v", at="dendrite2(0.5)"),
                 dict(of="back", variable="vgap", what="v", at="dendrite(0.7)")])


def section_ends():
    places = [point("tip", "dendrite(1)", "AMPANMDA"), point("root", "soma(0)", "ExpSyn", tau=3.0, e=-80.0),
              point("joint", "branch(0)", "Exp2Syn", tau1=0.5, tau2=4.0), clamp("branch(1)", 0.05, 30.0, 20.0)]
    return document(
        "Point processes at the ends of sections, which have no membrane",
        [SOMA, DENDRITE, BRANCH], [LEAK], places,
        at("soma(0)", "v") + at("soma(0.5)", "v") + at("dendrite(1)", "v") + at("branch(1)", "v") + of("tip", "i", "g_nmda")
        + of("root", "i") + of("joint", "i", "g"),
        60.0, sample_interval=0.5,
        events=[dict(target="tip", weight=2e-3, times=[5.0, 8.0]), dict(target="root", weight=4e-3, times=[12.0]),
                dict(target="joint", weight=3e-3, times=[20.0, 20.0125])])


def played_conductance():
    times = [0.0, 2.0, 5.0, 5.5, 9.0, 20.0, 33.0]
    values = [0.0, 1e-3, 4e-3, 0.5e-3, 6e-3, 1e-3, 2e-3]
    return document(
        "Conductances that follow a table of time",
        [SOMA, DENDRITE], [LEAK],
        [point("early", "dendrite(0.9)", "PlayedConductance", e=0.0), point("late", "soma(0.5)", "PlayedConductance", e=-80.0,
                                                                          onset=12.3, scale=1.5)],
        at("soma(0.5)", "v") + at("dendrite(0.9)", "v") + of("early", "g", "i") + of("late", "g", "i"),
        50.0, table=[dict(mechanism="PlayedConductance", name="conductance", arguments=times, values=values)])


def kinetic_scheme():
    return document(
        "Calcium with a buffer and a membrane pump: a kinetic scheme, filled by calcium channels",
        [SOMA, DENDRITE],
        [LEAK, paint("all", "Ca_HVA", gCa_HVAbar=1e-3), paint("all", "SK_E2", gSK_E2bar=2e-3),
         paint(only("soma"), "CaBuffer", depth=0.5), paint(only("dendrite"), "CaBuffer", buffer_total=0.01)],
        [clamp("soma(0.5)", 0.6, 5.0, 25.0)],
        at("soma(0.5)", "v", "cai", "eca", "ica", "CaBuffer.free", "CaBuffer.bound", "CaBuffer.pump", "CaBuffer.loaded")
        + at("dendrite(0.5)", "v", "cai", "CaBuffer.bound", "CaBuffer.loaded"),
        60.0, sample_interval=0.5)


def newton():
    return document(
        "A calcium pump of Michaelis-Menten kinetics, solved by Newton's method",
        [SOMA, DENDRITE],
        [LEAK, paint("all", "Ca_HVA", gCa_HVAbar=1e-4), paint("all", "SK_E2", gSK_E2bar=2e-3),
         paint("all", "CaPump", depth=0.3, rate=2e-3)],
        [clamp("soma(0.5)", 0.3, 5.0, 25.0)],
        at("soma(0.5)", "v", "cai", "eca", "ica") + at("dendrite(0.5)", "v", "cai"),
        60.0, sample_interval=0.5)


def watched_threshold():
    return document(
        "A watched threshold and self-events: dendritic action potentials",
        [SOMA, DENDRITE], [LEAK],
        [point("spike", "dendrite(0.5)", "dCaAP", w=1.5, vth=-50.0, refractory=40.0), clamp("dendrite(0.5)", 0.25, 5.0)],
        at("soma(0.5)", "v") + at("dendrite(0.5)", "v") + of("spike", "K", "A", "B", "count", "i"),
        120.0, sample_interval=0.5)


def diffusion():
    entry, left, right = (section("entry", 10.0, 4.0, 1), section("left", 30.0, 2.0, 3, parent="entry"),
                          section("right", 40.0, 1.0, 2, parent="entry"))
    channels = [paint(only("entry"), "Ca_HVA", gCa_HVAbar=2e-2), paint(only("left"), "Ca_HVA", gCa_HVAbar=1e-4),
                paint(only("right"), "Ca_HVA", gCa_HVAbar=1e-5)]
    recorded = [f"diffusing_calcium.ca[{k}]" for k in range(3)] + ["diffusing_calcium.marker"]
    return document(
        "Calcium that enters in one place and diffuses into two branches",
        [entry, section("trunk", 50.0, 4.0, 5, parent="entry", parent_x=0), left, right],
        [LEAK, paint("all", "diffusing_calcium")] + channels, [clamp("entry(0.5)", 0.01, 1.0, 20.0)],
        at("entry(0.5)", "v", "cai", *recorded) + at("trunk(0.1)", *recorded) + at("left(0.9)", *recorded) + at("right(0.1)", *recorded),
        30.0, mechanisms=["diffusing_calcium.mod"])


def connections():
    return document(
        "A synapse that changes all of its connections",
        [SOMA, DENDRITE], [LEAK], [point("synapse", "dendrite(0.5)", "learning_synapse"), clamp("dendrite(0.5)", 0.4, 12.0, 5.0)],
        at("dendrite(0.5)", "v") + of("synapse", "g", "last"), 40.0, mechanisms=["learning_synapse.mod"],
        events=[dict(target="synapse", weight=5e-4 * (k + 1), times=[1.0 + k + 4.0 * n for n in range(8)]) for k in range(3)])


def ion_rules():
    """One document for each combination of uses of an ion at a place: who decides the reversal potential."""
    combinations = [
        ["read_reversal"], ["read_internal"], ["read_reversal", "read_internal"], ["read_both"], ["read_reversal", "write_internal"],
        ["read_reversal", "write_external"], ["read_reversal", "write_reversal"], ["read_internal", "write_reversal"],
        ["read_reversal", "read_internal", "write_internal", "write_reversal"], ["write_internal", "read_both"],
        ["write_internal", "write_external", "read_reversal"],
    ]
    documents = []
    for names in combinations:
        # The second section holds the first of them alone: rules hold place by place.
        documents.append(document(
            ", ".join(names), [SOMA, section("other", 10.0, 10.0, 1, parent="soma")],
            [LEAK] + [paint("all" if k == 0 else only("soma"), name) for k, name in enumerate(names)], [],
            at("soma(0.5)", "v", "eca", "cai", "cao") + at("other(0.5)", "eca", "cai"),
            1.0, temperature=25.0, sample_interval=0.1, mechanisms=[f"{name}.mod" for name in names]))
    return documents


CASES = [calcium_and_sk, two_pools, constant_field, nmda, gap_junction, section_ends, played_conductance, kinetic_scheme, newton,
         watched_threshold, diffusion, connections, ion_rules]


def one(name):
    import neuron
    documents = globals()[name]()
    several = isinstance(documents, list)
    cases = []
    for each in documents if several else [documents]:
        traces, spikes = run(each)
        cases.append(dict(document=each, traces=traces, spikes=spikes))
    with open(os.path.join(OUT, name + ".json"), "w") as f:
        json.dump(dict(neuron_version=neuron.__version__, cases=cases), f)
        f.write("\n")
    print(name, [len(t) for c in cases for t in c["traces"]][:3], [s for c in cases for s in c["spikes"]])


def main():
    names = sys.argv[1:] or [case.__name__ for case in CASES]
    if names[0] == "--one":
        return one(names[1])
    folder = compile_mechanisms()
    for name in names:
        # Each in a process of its own: sections and globals of one model would stay in the next.
        subprocess.run([sys.executable, os.path.abspath(__file__), "--one", name], check=True, cwd=folder)
    shutil.rmtree(folder)


main()
