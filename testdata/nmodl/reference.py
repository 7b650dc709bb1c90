#!/usr/bin/env python3
"""Runs the cases of this folder in NEURON and compares with the numbers they expect.

    python reference.py [--fill] [FILE.toml] [--only NAME]

Every lane of a case is a section of one compartment of 100 µm² whose capacitance is so large that currents do not move its
potential, so that the numbers are those of the mechanism alone. With --fill, values written as "?" are replaced in the
file by NEURON's, and those written as "= expression" by the value of the expression, computed with mpmath to 50 digits from
the values that are set. Needs `neuron`, `mpmath` and a C++ compiler; cases with `neuron = false` are left out.
"""
import importlib.util, math, os, re, subprocess, sys, tempfile, tomllib

HERE = os.path.dirname(os.path.abspath(__file__))
GIVEN = ("v", "t", "dt", "celsius", "area", "diam")


def cases(file):
    return tomllib.loads(open(os.path.join(HERE, file)).read())["case"]


def mechanism_name(text):
    return re.search(r"(SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+(\w+)", text)


def compile_all(all_cases):
    """One library with every case's mechanism; returns the names of those that NEURON refuses."""
    folder = tempfile.mkdtemp()
    refused = {}
    package = os.path.dirname(importlib.util.find_spec("neuron").origin)
    translator = os.path.join(package, ".data", "bin", "nocmodl")
    for number, case in enumerate(all_cases):
        path = os.path.join(folder, f"case{number}.mod")
        for name, text in case.get("include", {}).items():
            open(os.path.join(folder, name), "w").write(text)
        open(path, "w").write(case["mod"])
        done = subprocess.run([translator, path], cwd=folder, capture_output=True, text=True) \
            if os.path.exists(translator) else None
        if done is not None and done.returncode:
            refused[case["name"]] = (done.stdout + done.stderr).strip().splitlines()[-1:]
            os.remove(path)
        for made in os.listdir(folder):
            if made.endswith((".cpp", ".c")):
                os.remove(os.path.join(folder, made))
    binary = os.path.join(os.path.dirname(sys.executable), "nrnivmodl")
    done = subprocess.run([binary], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout[-4000:] + done.stderr[-4000:])
    os.chdir(folder)
    return refused


def lane(value, index):
    return value[index % len(value)] if isinstance(value, list) else value


def lanes(case):
    return max([1] + [len(v) for v in case.get("set", {}).values() if isinstance(v, list)])


def steps(case):
    for step in case["run"]:
        name, _, count = step.partition("*")
        yield from [name] * int(count or 1)


def run(h, case, index):
    """What one lane's variables are at the end."""
    kind, name = mechanism_name(case["mod"]).groups()
    given = {k: lane(v, index) for k, v in case.get("set", {}).items()}
    arguments = {k: lane(v, index) for k, v in case.get("arguments", {}).items()}
    section = h.Section(name="lane")
    section.L = section.diam = math.sqrt(given.get("area", 100.0) / math.pi)
    if "diam" in given:
        section.diam = given["diam"]
        section.L = given.get("area", 100.0) / (math.pi * given["diam"])
    section.cm = 1e18
    segment = section(0.5)
    if kind == "SUFFIX":
        section.insert(name)
        instance = getattr(segment, name)
    elif kind == "POINT_PROCESS":
        instance = getattr(h, name)(segment)
    else:
        instance = getattr(h, name)()
    ions = re.findall(r"USEION\s+(\w+)", case["mod"])
    quantities = [q for i in ions for q in ("e" + i, i + "i", i + "o", "i" + i)]

    def put(what):
        for key, value in given.items():
            if key in GIVEN:
                continue
            base, _, element = key.partition("[")
            if key in quantities and hasattr(segment, key):
                setattr(segment, key, value)
                for concentration in ("i", "o"):
                    if key.endswith(concentration) and not key.startswith("i"):
                        setattr(h, f"{key[:-1]}{concentration}0_{key[:-1]}_ion", value)
            elif element:
                getattr(instance, base)[int(element[:-1])] = value
            elif hasattr(instance, base):
                setattr(instance, base, value)
            elif hasattr(h, f"{base}_{name}"):
                setattr(h, f"{base}_{name}", value)
            else:
                sys.exit(f"{case['name']}: NEURON knows no {key}")

    h.celsius, h.dt = given.get("celsius", 6.3), given.get("dt", 0.025)
    if hasattr(h, f"usetable_{name}"):
        setattr(h, f"usetable_{name}", 0)
    connection = None
    if "NET_RECEIVE" in case["mod"]:
        connection = h.NetCon(None, instance)
        connection.threshold, connection.delay = 0, 0
    put("parameters")
    h.finitialize(given.get("v", -65.0))
    order = list(steps(case))
    if order[0] == "initial":
        order = order[1:]
    else:
        put("all")
    h.t = given.get("t", 0.0)
    after_initial = h.t
    for step in order:
        if step == "step":
            h.fadvance()
        elif step == "current":
            h.fcurrent()
        elif step == "net_receive":
            for number, value in enumerate(v for k, v in arguments.items() if k != "flag"):
                connection.weight[number] = value
            connection.event(h.t)
        else:
            sys.exit(f"{case['name']}: no {step} in NEURON")
    if abs(segment.v - given.get("v", -65.0)) > 1e-12:
        sys.exit(f"{case['name']}: the potential moved to {segment.v}")
    found = {}
    for key in case["expect"]:
        plain = key.removeprefix("ion ")
        base, _, element = plain.partition("[")
        try:
            if plain != key or (plain in quantities and plain[0] != "i"):
                found[key] = getattr(segment, plain)
            elif plain in quantities:
                found[key] = getattr(segment, plain)
            elif element:
                found[key] = getattr(instance, base)[int(element[:-1])]
            elif hasattr(instance, base):
                found[key] = getattr(instance, base)
            else:
                found[key] = getattr(h, f"{base}_{name}")
        except (AttributeError, LookupError):
            pass
    return found


def formula(text, case, index):
    import mpmath as m
    m.mp.dps = 50
    names = {k: getattr(m, k) for k in ("exp", "log", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh",
                                         "tanh", "asin", "acos", "atan", "floor", "ceil", "pi", "findroot")}
    names |= {"v": m.mpf(-65), "dt": m.mpf(0.025), "t": m.mpf(0), "celsius": m.mpf(6.3), "area": m.mpf(100),
              "mpf": m.mpf, "matrix": m.matrix, "lu_solve": m.lu_solve, "expm": m.expm, "nan": m.nan, "inf": m.inf}
    names |= {k.replace("[", "_").replace("]", ""): m.mpf(lane(v, index)) for k, v in case.get("set", {}).items()}
    names |= {k: m.mpf(lane(v, index)) for k, v in case.get("arguments", {}).items()}
    return float(eval(text, names))


def written(values):
    texts = ["nan" if math.isnan(x) else ("inf" if x > 0 else "-inf") if math.isinf(x) else repr(float(x)) for x in values]
    return texts[0] if len(set(texts)) == 1 else "[" + ", ".join(texts) + "]"


def fill(file, case, results):
    path = os.path.join(HERE, file)
    text = open(path).read()
    start = text.index(f'name = "{case["name"]}"')
    end = text.find("[[case]]", start)
    end = len(text) if end < 0 else end
    part = text[start:end]
    for key, value in case["expect"].items():
        if value == "?":
            if key not in results[0]:
                print(f"{case['name']}: NEURON does not show {key}")
                continue
            new = written([r[key] for r in results])
        elif isinstance(value, str) and value.startswith("="):
            new = written([formula(value[1:].strip(), case, i) for i in range(lanes(case))])
        else:
            continue
        quoted = key if re.fullmatch(r"\w+", key) else f'"{key}"'
        line = f"{quoted} = \"{value}\""
        assert line in part, (case["name"], line)
        part = part.replace(line, f"{quoted} = {new}", 1)
    open(path, "w").write(text[:start] + part + text[end:])


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    only = None
    if "--only" in sys.argv:
        only = arguments.pop()
    filling = "--fill" in sys.argv
    files = arguments or sorted(f for f in os.listdir(HERE) if f.endswith(".toml"))
    chosen = [(f, c) for f in files for c in cases(f) if only in (None, c["name"]) and "refused" not in c]
    if filling:
        unfilled = lambda c: any(isinstance(v, str) for v in c.get("expect", {}).values())
        chosen = [(f, c) for f, c in chosen if unfilled(c)]
    runnable = [c for _, c in chosen if c.get("neuron", True)]
    refused = compile_all(runnable) if runnable else {}
    for name, why in refused.items():
        print(f"{name}: refused by NEURON: {why}")
    from neuron import h
    worst = 0.0
    compared = 0
    for file, case in chosen:
        results = [{}]
        if case.get("neuron", True) and case["name"] not in refused:
            results = [run(h, case, i) for i in range(lanes(case))]
        if filling:
            fill(file, case, results)
            continue
        for i, result in enumerate(results):
            for key, value in result.items():
                expected = float(lane(case["expect"][key], i))
                same = value == expected or (math.isnan(value) and math.isnan(expected))
                error = 0.0 if same else abs(value - expected) / (abs(expected) or 1.0)
                compared += 1
                limit = case.get("neuron_tolerance", case.get("tolerance", 1e-13))
                if not error <= limit:
                    print(f"{case['name']}, lane {i}: {key} = {value!r}, expected {expected!r} ({error:.1e})")
                worst = max(worst, error)
    if not filling:
        print(f"{compared} numbers of {len(runnable) - len(refused)} cases compared; largest relative difference {worst:.1e}")


main()
