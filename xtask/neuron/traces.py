#!/usr/bin/env python3
"""Runs mechanisms in NEURON and leaves, for each, its traces and the same experiment as apical's model document.

    python traces.py < jobs.json

`jobs.json` is a list of {file, folder, out}: an NMODL file, the folder whose files may be compiled together with it,
and where the result goes. Each result is
{status, message, notes, runs: [{protocol, document, traces: [[...]], sent: [...]}]}; the records of a document are in the order of
its traces. `status` is one of

    ran        the runs are there
    refused    NEURON's translator or the C++ compiler does not take the file
    failed     it compiles, and NEURON stops while loading or running it
    nothing    the file declares no mechanism that could be put on a cell

Needs `neuron` and a C++ compiler. One process compiles; each mechanism runs in a process of its own, as C code in it may
take everything down.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
HELPERS = ["compare_leak", "compare_step", "compare_ramp"]
DURATION = 30.0
CELSIUS = 25.0
V_INIT = -65.0
# Two connections to every receiver of events: times of arrival (ms) and weight.
CONNECTIONS = [([3.01, 7.02, 7.52, 15.0], 0.004), ([9.0, 9.5, 10.0, 20.013], 0.5)]
# Conductances that are 0 unless the user says otherwise get these values, by their unit, so that there is something to compare.
CONDUCTANCES = [
    (r"(S|mho|siemens)/cm2", 1e-3), (r"mS/cm2|mmho/cm2", 1.0), (r"pS/um2", 10.0), (r"cm/s(ec)?", 1e-5),
    (r"uS|umho|micros(iemens)?", 1e-3), (r"nS|nmho", 1.0), (r"pS", 1000.0),
]
# Arguments and values of every FUNCTION_TABLE.
TABLE = ([-100.0, 0.0, 10.0, 20.0], [0.5, 1.0, 3.0, 2.0])
RANDOM = re.compile(r"\b(nrnran123\w*|nrn_random\w*|scop_random|normrand|exprand|poisrand|hoc_Random|RANDOM|drand48|"
                    r"nrn_random_arg|mcell_ran4\w*|set_seed)\b")


# ---- what a text says ------------------------------------------------------------------------------------------------

def read(path):
    return open(path, "rb").read().decode("latin-1")


def plain(text):
    """The text without comments and C code."""
    text = re.sub(r"(?s)\bCOMMENT\b.*?\bENDCOMMENT\b", " ", text)
    text = re.sub(r"(?s)\bVERBATIM\b.*?\bENDVERBATIM\b", " ", text)
    text = re.sub(r"(?m)^\s*TITLE.*$", "", text)
    return re.sub(r"[:?].*", "", text)


def included(path, text):
    """Paths of what a text INCLUDEs, as far as they are there."""
    names = re.findall(r'(?m)^\s*INCLUDE\s+"([^"]+)"', text)
    return [n for n in names if os.path.exists(os.path.join(os.path.dirname(path), n))]


def declaration(text):
    """Keyword and name of the mechanism that a text declares."""
    found = re.search(r"\b(SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+([A-Za-z]\w*)", plain(text))
    if not found or found.group(2) == "nothing":
        return None
    return found.group(1), found.group(2)


def listed(text, keyword):
    """Names that follow a keyword, separated by commas."""
    names = []
    for found in re.finditer(rf"\b{keyword}\s+([A-Za-z]\w*(?:\s*,\s*[A-Za-z]\w*)*)", plain(text)):
        names += re.split(r"\s*,\s*", found.group(1))
    return names


# ---- compiling -------------------------------------------------------------------------------------------------------

def taken_names():
    """Names that NEURON has already: a mechanism of the user's that bears one is compiled under another."""
    from neuron import h
    names = []
    for kind in (0, 1):
        types, name = h.MechanismType(kind), h.ref("")
        for i in range(int(types.count())):
            types.select(i)
            types.selected(name)
            names.append(name[0])
    return set(names)


def in_neuron(name, taken):
    return "own_" + name if name in taken else name


def compile_together(files, folder, taken):
    """The library made of some files, or None and what was said."""
    sources = []
    for number, path in enumerate(files):
        text = read(path)
        found = declaration(text)
        if found and found[1] in taken:
            text = re.sub(rf"\b({found[0]}\s+){found[1]}\b", rf"\1own_{found[1]}", text, count=1)
        sources.append(f"m{number}.mod")
        open(os.path.join(folder, sources[-1]), "wb").write(text.encode("latin-1"))
        for name in included(path, text):
            target = os.path.join(folder, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(os.path.join(os.path.dirname(path), name), target)
    for name in HELPERS:
        shutil.copy(os.path.join(HERE, name + ".mod"), folder)
    nrnivmodl = os.path.join(os.path.dirname(sys.executable), "nrnivmodl")
    command = [nrnivmodl if os.path.exists(nrnivmodl) else "nrnivmodl", "."]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = done.stdout.decode("latin-1")
    for root, _, names in os.walk(folder):
        for name in names:
            if name == "libnrnmech.so" or name == "libnrnmech.dylib":
                if done.returncode == 0:
                    return os.path.join(root, name), said
    return None, said


def complaint(said):
    """The line that tells why a file was refused."""
    lines = [re.sub(r"\x1b\[\d*m", "", line).strip() for line in said.splitlines()]
    for pattern in (r"\berror:|rror at|syntax error|Illegal|undefined|not defined|LCONSISTENT", r"\bError\b|rror:|line \d+ in file"):
        for number, line in enumerate(lines):
            if re.search(pattern, line, re.I):
                return re.sub(r"\S*/", "", " ".join(lines[number:number + 2]))[:200]
    return " ".join(lines[-3:])[:200]


# ---- running ---------------------------------------------------------------------------------------------------------

def run_one(job):
    """Both protocols of one mechanism, in this process; the result is written to the job's `out`."""
    from neuron import h
    h.nrn_load_dll(job["library"])
    print("loaded", flush=True)
    text = read(job["file"])
    for name in included(job["file"], text):
        text += read(os.path.join(os.path.dirname(job["file"]), name))
    _, name = declaration(text)
    local = job["name"]
    soma = h.Section(name="soma")
    soma.L = soma.diam = 20.0
    soma.nseg, soma.cm, soma.Ra = 1, 1.0, 100.0
    soma.insert("compare_leak")
    notes, parameters, tables_kept = [], {}, []
    if hasattr(h, f"usetable_{local}"):
        setattr(h, f"usetable_{local}", 0)
    point = not is_density(h, local)
    artificial = point and bool(h.MechanismType(1).is_artificial(index_of(h, local)))
    if point:
        instance = getattr(h, local)() if artificial else getattr(h, local)(soma(0.5))
    else:
        soma.insert(local)
        instance = soma(0.5)
    own = (lambda n: n) if point else (lambda n: re.sub(rf"_{local}(?=$|\[)", "", n))

    for variable, unit, size in variables(h, local, 1, point):
        value = conductance(variable if point else own(variable), unit)
        reach = instance
        if value is not None and size == 1 and getattr(reach, variable) == 0.0:
            setattr(reach, variable, value)
            parameters[own(variable)] = value
    if parameters:
        notes.append("set: " + ", ".join(f"{k} = {v:g}" for k, v in parameters.items()))
    pointers = listed(text, "POINTER")
    for pointer in pointers:
        h.setpointer(soma(0.5)._ref_v, pointer, instance if point else getattr(soma(0.5), local))
    if pointers:
        notes.append("pointers lead to v: " + ", ".join(pointers))

    tables = re.findall(r"\bFUNCTION_TABLE\s+([A-Za-z]\w*)", plain(text))
    for table in tables:
        fill = getattr(instance, f"table_{table}") if point else getattr(h, f"table_{table}_{local}")
        keep = [h.Vector(TABLE[1]), h.Vector(TABLE[0])]
        notes.append(f"table filled: {table}")
        fill(*keep)
        tables_kept.append(keep)

    records = []
    if not artificial:
        records.append((dict(what="v", at="soma(0.5)"), soma(0.5)._ref_v))
    for kind in (2, 3):
        for variable, _, size in variables(h, local, kind, point):
            for element in range(size):
                reference = getattr(instance, f"_ref_{variable}")
                label = own(variable)
                if size > 1:
                    label, reference = f"{label}[{element}]", reference[element]
                where = dict(what=label, of="mechanism") if point else dict(what=f"{name}.{label}", at="soma(0.5)")
                records.append((where, reference))
    ions = []
    for mechanism in soma(0.5):
        if str(mechanism.name()).endswith("_ion"):
            ion = str(mechanism.name())[:-4]
            ions.append(ion)
            for quantity in (f"i{ion}", f"e{ion}", f"{ion}i", f"{ion}o"):
                records.append((dict(what=quantity, at="soma(0.5)"), getattr(soma(0.5), f"_ref_{quantity}")))
    described = []
    for ion in ions:
        if ion not in ("na", "k", "ca"):
            inside, outside = (getattr(h, f"{ion}{side}0_{ion}_ion") for side in "io")
            style = int(h.ion_style(f"{ion}_ion", sec=soma))
            entry = dict(region="all", name=ion, internal=inside, external=outside)
            # Where a reversal potential is a parameter, it keeps NEURON's default.
            if not style & 0o50:
                entry["reversal"] = getattr(soma(0.5), f"e{ion}")
            described.append(entry)

    receives = point and "NET_RECEIVE" in plain(text)
    connections = []
    if receives:
        for times, weight in CONNECTIONS:
            connection = h.NetCon(None, instance)
            connection.weight[0], connection.delay = weight, 0.0
            connections.append((connection, times, weight))
    sent = h.Vector()
    sends = receives and re.search(r"\bnet_event\b", text)
    if sends:
        out = h.NetCon(instance, None)
        out.record(sent)
    handler = h.FInitializeHandler(1, lambda: [c.event(t) for c, times, _ in connections for t in times])

    runs = []
    for protocol, clamp in (("voltage ramp", "compare_ramp"), ("current step", "compare_step")):
        if artificial and protocol == "voltage ramp":
            continue
        stimulus = None if artificial else getattr(h, clamp)(soma(0.5))
        vectors = [h.Vector().record(reference, sec=soma) for _, reference in records]
        h.celsius, h.dt, h.secondorder = CELSIUS, 0.025, 0
        h.finitialize(V_INIT)
        context = h.ParallelContext()
        context.set_maxstep(10)
        context.psolve(DURATION)
        document = dict(
            version=1, title=f"{name}, {protocol}",
            mechanisms=[os.path.abspath(job["file"])] + [os.path.join(HERE, n + ".mod") for n in HELPERS],
            cell=dict(
                section=[dict(name="soma", length=20.0, diameter=20.0, compartments=1)], geometry="neuron-float32",
                ion=described, paint=[dict(region="all", mechanism="compare_leak")], place=[]),
            events=[dict(target="mechanism", weight=weight, times=times) for _, times, weight in connections],
            record=[where for where, _ in records],
            run=dict(duration=DURATION, conductance="difference", temperature=CELSIUS, initial_voltage=V_INIT))
        cell = document["cell"]
        if not artificial:
            cell["place"].append(dict(name="clamp", at="soma(0.5)", mechanism=clamp))
        if point:
            placed = dict(name="mechanism", mechanism=name, parameters=parameters)
            cell["place"].append(placed if artificial else dict(placed, at="soma(0.5)"))
        else:
            cell["paint"].append(dict(region="all", mechanism=name, parameters=parameters))
        cell["table"] = [dict(mechanism=name, name=t, arguments=TABLE[0], values=TABLE[1]) for t in tables]
        cell["pointer"] = [dict(of="mechanism" if point else name, variable=p, what="v", at="soma(0.5)") for p in pointers]
        if sends:
            document["detect"] = [dict(name="sent", of="mechanism")]
        runs.append(dict(protocol=protocol, document=document, traces=[list(v) for v in vectors], sent=list(sent)))
        del stimulus
    if RANDOM.search(text):
        notes.append("random")
    del handler
    write(job["out"], "ran", notes=notes, runs=runs)


def is_density(h, name):
    types = h.MechanismType(0)
    types.select(name)
    selected = h.ref("")
    types.selected(selected)
    return selected[0] == name


def index_of(h, name):
    types, selected = h.MechanismType(1), h.ref("")
    for i in range(int(types.count())):
        types.select(i)
        types.selected(selected)
        if selected[0] == name:
            return i
    raise KeyError(name)


def variables(h, name, kind, point):
    """Name, unit and length of a mechanism's RANGE variables of a kind: 1 parameters, 2 assigned, 3 states."""
    standard, found = h.MechanismStandard(name, kind), h.ref("")
    for i in range(int(standard.count())):
        size = int(standard.name(found, i))
        unit = h.units(f"{name}.{found[0]}" if point else found[0])
        yield found[0], unit or "", size


def conductance(name, unit):
    if re.match(r"(?i)(e|v|tau|q10)", name):
        return None
    for pattern, value in CONDUCTANCES:
        if re.fullmatch(pattern, unit):
            return value
    return None


def write(out, status, message="", notes=(), runs=()):
    for run in runs:
        run["traces"] = [[None if x != x or abs(x) == float("inf") else x for x in trace] for trace in run["traces"]]
    with open(out + ".part", "w") as f:
        json.dump(dict(status=status, message=message, notes=list(notes), runs=list(runs)), f)
    os.replace(out + ".part", out)


# ---- all jobs --------------------------------------------------------------------------------------------------------

def batches(jobs):
    """Jobs that can be compiled together: of one folder, each mechanism's name once."""
    groups = []
    for job in jobs:
        found = declaration(read(job["file"]))
        if not found:
            write(job["out"], "nothing", "the file declares no mechanism")
            continue
        job["name"] = found[1]
        for group in groups:
            if group[0]["folder"] == job["folder"] and len(group) < 40 and all(j["name"] != job["name"] for j in group):
                group.append(job)
                break
        else:
            groups.append([job])
    return groups


def process(group, taken):
    """Compiles and runs a group, one by one where that does not work together."""
    alone = len(group) == 1
    with tempfile.TemporaryDirectory() as folder:
        library, said = compile_together([job["file"] for job in group], folder, taken)
        if library is None:
            if alone:
                return write(group[0]["out"], "refused", complaint(said))
        else:
            left = []
            for job in group:
                local = dict(job, library=library, name=in_neuron(job["name"], taken))
                try:
                    # Elsewhere than in the folder: there NEURON would load the library of its own accord.
                    done = subprocess.run([sys.executable, os.path.abspath(__file__), "one", json.dumps(local)],
                                          cwd=tempfile.gettempdir(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
                    said = done.stdout.decode("latin-1")
                except subprocess.TimeoutExpired:
                    said = "loaded\nno end after 120 s"
                if os.path.exists(job["out"]):
                    continue
                if "loaded" in said or alone:
                    write(job["out"], "failed", complaint(said))
                else:
                    left.append(job)
            group = left
    for job in group:
        process([job], taken)


def main():
    if sys.argv[1:2] == ["one"]:
        return run_one(json.loads(sys.argv[2]))
    jobs = json.load(sys.stdin)
    taken = taken_names()
    groups = batches(jobs)
    done = 0
    for group in groups:
        process(group, taken)
        done += len(group)
        print(f"NEURON: {done} of {sum(map(len, groups))}", file=sys.stderr, flush=True)


main()
