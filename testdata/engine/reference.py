#!/usr/bin/env python3
"""Runs the models of models.toml in NEURON and compares with the samples they expect.

    python reference.py [--fill]

With --fill, lists of samples written as "?" are replaced in the file by NEURON's. Needs `neuron` and a C++ compiler.
"""
import os, re, subprocess, sys, tempfile, tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
FILE = os.path.join(HERE, "models.toml")


def compile_all(cases):
    folder = tempfile.mkdtemp()
    for i, case in enumerate(cases):
        for k, text in enumerate(case["mod"]):
            open(os.path.join(folder, f"case{i}_{k}.mod"), "w").write(text)
    binary = os.path.join(os.path.dirname(sys.executable), "nrnivmodl")
    done = subprocess.run([binary], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout[-3000:] + done.stderr[-3000:])
    os.chdir(folder)


def run(h, case):
    settings = case["run"]
    section = h.Section(name="dend")
    section.nseg = case.get("compartments", 1)
    section.L, section.diam = case.get("length", 20.0), case.get("diameter", 20.0)
    section.cm, section.Ra = case.get("capacitance", 1.0), 100.0
    for paint in case.get("paint", []):
        section.insert(paint["mechanism"])
        if hasattr(h, "usetable_" + paint["mechanism"]):
            setattr(h, "usetable_" + paint["mechanism"], 0)
        for key, value in paint.get("parameters", {}).items():
            for segment in section:
                setattr(getattr(segment, paint["mechanism"]), key, value)
    for ion, values in case.get("ion", {}).items():
        if not h.ismembrane(ion + "_ion", sec=section):
            continue
        for key, value in values.items():
            {"internal": lambda: setattr(h, f"{ion}i0_{ion}_ion", value),
             "external": lambda: setattr(h, f"{ion}o0_{ion}_ion", value),
             "reversal": lambda: [setattr(s, "e" + ion, value) for s in section]}[key]()
    instances = {}
    for place in case.get("place", []):
        kind = getattr(h, place["mechanism"])
        instances[place["name"]] = kind(section(place["x"])) if "x" in place else kind()
        for key, value in place.get("parameters", {}).items():
            setattr(instances[place["name"]], key, value)
    keep = []
    queue = []
    for event in case.get("events", []):
        connection = h.NetCon(None, instances[event["target"]])
        connection.delay = 0
        for i, weight in enumerate(event["weights"]):
            connection.weight[i] = weight
        keep.append(connection)
        queue += [(connection, t) for t in event["times"]]
    for wire in case.get("connect", []):
        connection = h.NetCon(instances[wire["from"]], instances[wire["target"]])
        connection.delay = wire["delay"]
        for i, weight in enumerate(wire["weights"]):
            connection.weight[i] = weight
        keep.append(connection)
    for pointer in case.get("pointer", []):
        what, _, x = pointer["to"].partition("@")
        owner, _, variable = what.rpartition(".")
        source = instances[owner] if owner in instances else section(float(x or 0.5))
        if owner and owner not in instances:
            source = getattr(source, owner)
        h.setpointer(getattr(source, "_ref_" + variable), pointer["variable"], instances[pointer["of"]])
    vectors = {}
    for key in case["expect"]:
        what, _, x = key.partition("@")
        owner, _, variable = what.rpartition(".")
        source = instances[owner] if owner in instances else section(float(x or 0.5))
        if owner and owner not in instances:
            source = getattr(source, owner)
        vectors[key] = h.Vector().record(getattr(source, "_ref_" + variable))
    h.celsius, h.dt = settings.get("celsius", 6.3), settings["dt"]
    handler = h.FInitializeHandler(lambda: [c.event(t) for c, t in queue])
    h.finitialize(settings.get("v_init", -65.0))
    steps = round(settings["duration"] / settings["dt"])
    for _ in range(steps):
        h.fadvance()
    every = round(settings["sample"] / settings["dt"])
    found = {key: [vector[i] for i in range(0, steps + 1, every)] for key, vector in vectors.items()}
    del handler
    return found


def main():
    text = open(FILE).read()
    cases = tomllib.loads(text)["case"]
    compile_all(cases)
    from neuron import h
    worst = 0.0
    for case in cases:
        found = run(h, case)
        for key, values in found.items():
            expected = case["expect"][key]
            if "--fill" in sys.argv and expected == "?":
                start = text.index(f'name = "{case["name"]}"')
                quoted = f'"{key}"'
                at = text.index(f'{quoted} = "?"', start)
                new = "[\n" + "".join(f"    {value!r},\n" for value in values) + "]"
                text = text[:at] + f"{quoted} = {new}" + text[at + len(quoted) + 6:]
                continue
            for a, b in zip(values, expected, strict=True):
                worst = max(worst, abs(a - b))
                if abs(a - b) > 1e-12 * abs(b):
                    print(case["name"], key, a, b)
    if "--fill" in sys.argv:
        open(FILE, "w").write(text)
    else:
        print(f"largest difference {worst:.1e}")


main()
