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

The experiment: one compartment with a leak, 30 ms of 0.025 ms, once with its voltage clamped to ramps, once with a current step;
events to what receives them. Everything that is recorded anew in every step can be compared: voltage, ions, STATEs,
RANGE ASSIGNEDs, the times of events sent. Where NEURON stands in the way of a comparison it is told not to:

  * tables are off (`usetable_NAME = 0`);
  * defaults of parameters, which its translator cuts to six digits, are set to the number in the text;
  * iterations of implicit methods go on until they change nothing at 1e-13, not 1e-6.

Needs `neuron` and a C++ compiler. Each run is a process of its own, as C code in a file may take everything down.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
HELPERS = ["compare_leak", "compare_step", "compare_ramp", "compare_target"]
PROTOCOLS = {"voltage ramp": "compare_ramp", "current step": "compare_step"}
DURATION, CELSIUS, V_INIT = 30.0, 25.0, -65.0
# A run that takes longer, in seconds, is given up.
PATIENCE = 120
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
                    r"mcell_ran4\w*|set_seed|random)\b|\brand\s*\(")
PLACE = "soma(0.5)"


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
    """Names of what a text INCLUDEs, as far as it is there."""
    names = re.findall(r'(?m)^\s*INCLUDE\s+"([^"]+)"', text)
    return [n for n in names if os.path.exists(os.path.join(os.path.dirname(path), n))]


def declaration(text):
    """Keyword and name of the mechanism that a text declares; of several the last counts."""
    found = re.findall(r"\b(SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+([A-Za-z]\w*)", plain(text))
    return found[-1] if found and found[-1][1] != "nothing" else None


def listed(text, keyword):
    """Names that follow a keyword, separated by commas or blanks."""
    names = []
    for found in re.finditer(rf"\b{keyword}\s+([A-Za-z]\w*(?:\s*,\s*[A-Za-z]\w*)*)", plain(text)):
        names += re.split(r"\s*,\s*", found.group(1))
    return list(dict.fromkeys(names))


def defaults(text):
    """The numbers that PARAMETER gives, by name."""
    blocks = re.findall(r"(?s)\bPARAMETER\s*\{(.*?)\}", plain(text))
    number = r"([A-Za-z]\w*)\s*=\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?!\w)"
    return {name: float(value) for block in blocks for name, value in re.findall(number, block)}


# ---- compiling -------------------------------------------------------------------------------------------------------

def taken_names():
    """Names that NEURON has already: a mechanism of the user's that bears one is compiled under another."""
    from neuron import h
    names, name = set(), h.ref("")
    for kind in (0, 1):
        types = h.MechanismType(kind)
        for index in range(int(types.count())):
            types.select(index)
            types.selected(name)
            names.add(name[0])
    return names


def exact_headers(folder):
    """NEURON's headers with a finer limit of convergence."""
    import neuron
    source = os.path.join(os.path.dirname(neuron.__file__), ".data", "include")
    target = os.path.join(folder, "include")
    shutil.copytree(source, target)
    path = os.path.join(target, "errcodes.hpp")
    text, count = re.subn(r"(CONVERGE = )1\.e-6", r"\g<1>1.e-13", open(path).read())
    assert count == 1, "NEURON's headers are not those of version 9.0.2"
    open(path, "w").write(text)
    return target


def compile_together(files, folder, taken, headers):
    """The library made of some files, or None, and what was said."""
    for number, path in enumerate(files):
        text = read(path)
        found = declaration(text)
        if found and found[1] in taken:
            text = re.sub(rf"\b({found[0]}\s+){found[1]}\b", rf"\1own_{found[1]}", text, count=1)
        open(os.path.join(folder, f"m{number}.mod"), "wb").write(text.encode("latin-1"))
        for name in included(path, text):
            target = os.path.join(folder, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy(os.path.join(os.path.dirname(path), name), target)
    nrnivmodl = os.path.join(os.path.dirname(sys.executable), "nrnivmodl")
    command = [nrnivmodl if os.path.exists(nrnivmodl) else "nrnivmodl", "-incflags", "-I" + headers, "."]
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = done.stdout.decode("latin-1")
    for root, _, names in os.walk(folder):
        for name in set(names) & {"libnrnmech.so", "libnrnmech.dylib"}:
            if done.returncode == 0:
                return os.path.join(root, name), said
    return None, said


def complaint(said):
    """The line that tells why a file was refused."""
    lines = [re.sub(r"\x1b\[\d*m", "", line).strip() for line in said.splitlines()]
    for pattern in (r"\berror:|\bError at|syntax error|Illegal|hoc_execerror", r"\bError\b|rror:|line \d+ in file"):
        for number, line in enumerate(lines):
            if re.search(pattern, line, re.I):
                return re.sub(r"\S*/", "", " ".join(lines[number:number + 2]))[:200]
    return " ".join(lines[-3:])[:200]


# ---- one run ---------------------------------------------------------------------------------------------------------

def run(h, job, protocol):
    """One protocol: what is to be kept of it, or None where it does not apply."""
    text = read(job["file"])
    for name in included(job["file"], text):
        text += read(os.path.join(os.path.dirname(job["file"]), name))
    name, local = job["name"], job["local"]
    kind = kind_of(h, local)
    point, artificial = kind != "density", kind == "artificial"
    if artificial and protocol == "voltage ramp":
        return None
    soma = h.Section(name="soma")
    soma.L = soma.diam = 20.0
    soma.nseg, soma.cm, soma.Ra = 1, 1.0, 100.0
    soma.insert("compare_leak")
    if hasattr(h, f"usetable_{local}"):
        setattr(h, f"usetable_{local}", 0)
    if point:
        instance = getattr(h, local)() if artificial else getattr(h, local)(soma(0.5))
    else:
        soma.insert(local)
        instance = soma(0.5)

    def own(variable):
        return variable if point else variable.removesuffix("_" + local)

    notes, parameters = [], {}
    whole = defaults(text)
    for variable, unit, size in variables(h, local, 1, point):
        here = own(variable)
        if size == 1 and same_but_cut(getattr(instance, variable), whole.get(here)):
            setattr(instance, variable, whole[here])
        value = conductance(here, unit)
        if value is not None and size == 1 and getattr(instance, variable) == 0.0:
            setattr(instance, variable, value)
            parameters[here] = value
    for variable, value in whole.items():
        shared = f"{variable}_{local}"
        if not hasattr(instance, shared) and hasattr(h, shared) and same_but_cut(getattr(h, shared), value):
            setattr(h, shared, value)
    if parameters:
        notes.append("set: " + ", ".join(f"{k} = {v:g}" for k, v in parameters.items()))
    for variable in listed(text, "EXTERNAL"):
        if isinstance(getattr(h, variable, None), float):
            parameters[variable] = getattr(h, variable)

    pointers = []
    # What only C code knows of may be anything but a number: it stays unconnected, which C code checks for.
    code = re.sub(r"(?s)\b(NEURON|PARAMETER|ASSIGNED|STATE)\s*\{.*?\}", "", plain(text))
    used = [p for p in listed(text, "POINTER") if re.search(rf"\b{p}\b", code)]
    written = [p for p in used if re.search(rf"\b{p}\s*=[^=]", code)]
    if written:
        soma.insert("compare_target")
        notes.append("pointers lead to numbers: " + ", ".join(written))
    for pointer in used:
        if pointer in written:
            index = written.index(pointer) % 8
            target, what = soma(0.5)._ref_target_compare_target[index], f"compare_target.target[{index}]"
        else:
            target, what = soma(0.5)._ref_v, "v"
        h.setpointer(target, pointer, instance if point else getattr(soma(0.5), local))
        pointers.append(dict(of="mechanism" if point else name, variable=pointer, what=what, at=PLACE))
    tables = re.findall(r"\bFUNCTION_TABLE\s+([A-Za-z]\w*)", plain(text))
    kept = [h.Vector(TABLE[1]), h.Vector(TABLE[0])]
    for table in tables:
        (getattr(instance, f"table_{table}") if point else getattr(h, f"table_{table}_{local}"))(*kept)

    records = [] if artificial else [(dict(what="v", at=PLACE), soma(0.5)._ref_v)]
    for vartype in (2, 3):
        for variable, _, size in variables(h, local, vartype, point):
            for element in range(size):
                reference, label = getattr(instance, f"_ref_{variable}"), own(variable)
                if size > 1:
                    reference, label = reference[element], f"{label}[{element}]"
                where = dict(what=label, of="mechanism") if point else dict(what=f"{name}.{label}", at=PLACE)
                records.append((where, reference))
    described = []
    for ion in [str(m.name())[:-4] for m in soma(0.5) if str(m.name()).endswith("_ion")]:
        for quantity in (f"i{ion}", f"e{ion}", f"{ion}i", f"{ion}o"):
            records.append((dict(what=quantity, at=PLACE), getattr(soma(0.5), f"_ref_{quantity}")))
        if ion not in ("na", "k", "ca"):
            entry = dict(region="all", name=ion)
            for key, side in (("internal", "i"), ("external", "o")):
                entry[key] = getattr(h, f"{ion}{side}0_{ion}_ion")
            # Where the reversal potential is a parameter, it has NEURON's default.
            if not int(h.ion_style(f"{ion}_ion", sec=soma)) & 0o40:
                entry["reversal"] = getattr(soma(0.5), f"e{ion}")
            described.append(entry)

    connections = []
    receives = point and re.search(r"\bNET_RECEIVE\b", plain(text))
    for times, weight in CONNECTIONS if receives else []:
        connection = h.NetCon(None, instance)
        connection.weight[0], connection.delay = weight, 0.0
        connections.append((connection, times, weight))
    sent = h.Vector()
    sends = receives and re.search(r"\bnet_event\b", plain(text))
    if sends:
        out = h.NetCon(instance, None)
        out.record(sent)
    handler = h.FInitializeHandler(1, lambda: [c.event(t) for c, times, _ in connections for t in times])

    clamp = None if artificial else getattr(h, PROTOCOLS[protocol])(soma(0.5))
    vectors = [h.Vector().record(reference, sec=soma) for _, reference in records]
    h.celsius, h.dt, h.secondorder = CELSIUS, 0.025, 0
    h.finitialize(V_INIT)
    context = h.ParallelContext()
    context.set_maxstep(10)
    context.psolve(DURATION)
    del handler, clamp

    paint, place = [dict(region="all", mechanism="compare_leak")], []
    if written:
        paint.append(dict(region="all", mechanism="compare_target"))
    if not artificial:
        place.append(dict(name="clamp", at=PLACE, mechanism=PROTOCOLS[protocol]))
    if point:
        place.append(dict(name="mechanism", mechanism=name, parameters=parameters, **({} if artificial else dict(at=PLACE))))
    else:
        paint.append(dict(region="all", mechanism=name, parameters=parameters))
    document = dict(
        version=1, title=f"{name}, {protocol}",
        mechanisms=[os.path.abspath(job["file"])] + [os.path.join(HERE, n + ".mod") for n in HELPERS],
        cell=dict(section=[dict(name="soma", length=20.0, diameter=20.0, compartments=1)], geometry="neuron-float32",
                  ion=described, paint=paint, place=place, pointer=pointers,
                  table=[dict(mechanism=name, name=t, arguments=TABLE[0], values=TABLE[1]) for t in tables]),
        events=[dict(target="mechanism", weight=weight, times=times) for _, times, weight in connections],
        detect=[dict(name="sent", of="mechanism")] if sends else [], record=[where for where, _ in records],
        run=dict(duration=DURATION, conductance="difference", temperature=CELSIUS, initial_voltage=V_INIT))
    if RANDOM.search(text):
        notes.append("random")
    finite = [[x if abs(x) < float("inf") else None for x in vector] for vector in vectors]
    return dict(protocol=protocol, document=document, traces=finite, sent=list(sent)), notes


def kind_of(h, name):
    """`density`, `point` or `artificial`."""
    found = h.ref("")
    for kind in (0, 1):
        types = h.MechanismType(kind)
        for index in range(int(types.count())):
            types.select(index)
            types.selected(found)
            if found[0] == name:
                return "density" if kind == 0 else "artificial" if types.is_artificial(index) else "point"
    raise KeyError(name)


def variables(h, name, vartype, point):
    """Name, unit and length of a mechanism's RANGE variables of a kind: 1 parameters, 2 assigned, 3 states."""
    standard, found = h.MechanismStandard(name, vartype), h.ref("")
    for index in range(int(standard.count())):
        size = int(standard.name(found, index))
        yield found[0], h.units(f"{name}.{found[0]}" if point else found[0]) or "", size


def same_but_cut(value, whole):
    """Whether NEURON's default is the text's cut to six digits."""
    return whole is not None and value != whole and value == float(f"{whole:g}")


def conductance(name, unit):
    if re.match(r"(?i)(e|v|tau|q10)", name):
        return None
    return next((value for pattern, value in CONDUCTANCES if re.fullmatch(pattern, unit)), None)


# ---- all jobs --------------------------------------------------------------------------------------------------------

def write(out, status, message="", notes=(), runs=()):
    with open(out + ".part", "w") as f:
        json.dump(dict(status=status, message=message, notes=list(notes), runs=list(runs)), f)
    os.replace(out + ".part", out)


def run_all(libraries, jobs):
    """Every run of some jobs, each in a fork of this process, which has loaded the libraries."""
    from neuron import h
    for library in libraries:
        h.nrn_load_dll(library)
    print("loaded", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        said, result = os.path.join(folder, "said"), os.path.join(folder, "result")
        for job in jobs:
            runs, notes, message = [], [], None
            for protocol in PROTOCOLS:
                child = os.fork()
                if child == 0:
                    signal.alarm(PATIENCE)
                    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
                    os.dup2(output, 1)
                    os.dup2(output, 2)
                    # What the parent holds is not the child's to clean up: it leaves at once, whatever happens.
                    try:
                        with open(result, "w") as f:
                            json.dump(run(h, job, protocol), f)
                    except BaseException:
                        traceback.print_exc()
                        sys.stderr.flush()
                        os._exit(1)
                    os._exit(0)
                if os.waitpid(child, 0)[1] != 0:
                    message = complaint(read(said))
                    break
                done = json.load(open(result))
                if done:
                    runs.append(done[0])
                    notes = done[1]
            write(job["out"], "ran" if message is None else "failed", message or "", notes, runs if message is None else [])


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


def process(group, taken, headers, helpers):
    """Compiles and runs a group, one by one where that does not work together."""
    with tempfile.TemporaryDirectory() as folder:
        library, said = compile_together([job["file"] for job in group], folder, taken, headers)
        status = "refused"
        if library:
            for job in group:
                job["local"] = "own_" + job["name"] if job["name"] in taken else job["name"]
            # Elsewhere than in the folder: there NEURON would load the library of its own accord.
            work = json.dumps([[helpers, library], group])
            done = subprocess.run([sys.executable, os.path.abspath(__file__), "batch"], input=work.encode(),
                                  cwd=tempfile.gettempdir(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            said, status = done.stdout.decode("latin-1"), "failed"
    left = [job for job in group if not os.path.exists(job["out"])]
    if len(group) == 1 and left:
        return write(group[0]["out"], status, complaint(said))
    for job in left:
        process([job], taken, headers, helpers)


def main():
    if sys.argv[1:] == ["batch"]:
        return run_all(*json.load(sys.stdin))
    groups = batches(json.load(sys.stdin))
    taken = taken_names()
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        headers = exact_headers(folder)
        own = os.path.join(folder, "helpers")
        os.mkdir(own)
        helpers, said = compile_together([os.path.join(HERE, name + ".mod") for name in HELPERS], own, taken, headers)
        assert helpers, said
        for group in groups:
            process(group, taken, headers, helpers)
            done += len(group)
            print(f"NEURON: {done} of {sum(map(len, groups))}", file=sys.stderr, flush=True)


main()
