#!/usr/bin/env python3
"""Traces of real reconstructions with the project's own mechanisms, computed with NEURON 9.0.2.

    python generate_reconstructions.py MORPHOLOGIES      writes reconstruction_*.json beside this file

MORPHOLOGIES is the folder that holds clean/Scnn1a_473845048_m.swc and clean/pyramidal.swc. Needs `neuron` and a C++
compiler: the files of mechanisms/ are compiled in a temporary folder, those whose names NEURON has already under
another name. Seven compartments in every section; backward Euler, step 0.025 ms; synapses by section name.
"""
import json, os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MECHANISMS = os.path.join(HERE, "..", "..", "mechanisms")
TAKEN = {"hh", "pas", "ExpSyn", "Exp2Syn", "IClamp", "SEClamp"}
SOMA = dict(Nap_Et2=1.72e-3, NaTa_t=2.04, K_Pst=2.23e-3, K_Tst=8.12e-2, SKv3_1=0.693, SK_E2=4.41e-2,
            Ca_HVA=9.92e-4, Ca_LVAst=3.43e-3, Im=6.75e-5, Ih=2e-4)


def compile_mechanisms():
    folder = tempfile.mkdtemp()
    for name in os.listdir(MECHANISMS):
        text = open(os.path.join(MECHANISMS, name)).read()
        stem = name[:-4]
        if stem in TAKEN:
            text = re.sub(rf"(SUFFIX|POINT_PROCESS) {stem}\b", rf"\1 x{stem}", text)
        open(os.path.join(folder, "x" + name), "w").write(text)
    binary = os.path.join(os.path.dirname(sys.executable), "nrnivmodl")
    subprocess.run([binary], cwd=folder, check=True, capture_output=True)
    os.chdir(folder)


def main():
    morphologies = os.path.abspath(sys.argv[1])
    compile_mechanisms()
    from neuron import h
    h.load_file("stdrun.hoc")
    h.load_file("import3d.hoc")

    def cell(file):
        reader = h.Import3d_SWC_read()
        reader.quiet = 1
        reader.input(os.path.join(morphologies, "clean", file))
        h.Import3d_GUI(reader, 0).instantiate(None)
        sections = list(h.allsec())
        for s in sections:
            s.nseg, s.Ra, s.cm = 7, 100.0, 1.0
        return sections

    def run(name, file, sections, celsius, v_init, tstop, amp):
        dends = sorted(s.name() for s in sections if not s.name().startswith(("soma", "axon")))
        by = {s.name(): s for s in sections}
        synapses, keep = [], []
        for k in range(40):
            section, x = dends[(7 * k + 3) % len(dends)], round(((37 * k) % 100 + 0.5) / 100, 3)
            times = sorted(round(5 + (i * k * 1.7) % 30 + 10 * i + 0.003, 3) for i in range(1, 4))
            syn = h.xExp2Syn(by[section](x))
            syn.tau1, syn.tau2, syn.e = 0.5, 4.0, 0.0
            nc = h.NetCon(None, syn)
            nc.weight[0], nc.delay = 0.002, 0.0
            keep.append((syn, nc, times))
            synapses.append(dict(section=section, x=x, times=times))
        soma = by["soma[0]"]
        clamp = h.IClamp(soma(0.5))
        clamp.delay, clamp.dur, clamp.amp = 5.0, 1e9, amp
        places = [("soma[0]", 0.5), (dends[len(dends) // 3], 0.5), (dends[2 * len(dends) // 3], 0.5)]
        vectors = [h.Vector().record(by[s](x)._ref_v) for s, x in places]
        detector, spikes = h.NetCon(soma(0.5)._ref_v, None, sec=soma), h.Vector()
        detector.threshold = -10.0
        detector.record(spikes)
        handler = h.FInitializeHandler(1, lambda: [nc.event(t) for _, nc, times in keep for t in times])
        h.celsius, h.dt, h.secondorder, h.steps_per_ms = celsius, 0.025, 0, 40
        if hasattr(h, "usetable_hh"):
            h.usetable_hh = 0
        h.finitialize(v_init)
        h.ParallelContext().set_maxstep(10)
        h.ParallelContext().psolve(tstop)
        import neuron
        stride = 20
        doc = dict(name=name, file=file, neuron_version=neuron.__version__, celsius=celsius, v_init=v_init, tstop=tstop,
                   clamp_nA=amp, synapses=synapses, places=places, sample_ms=0.025 * stride,
                   traces=[list(v)[::stride] for v in vectors], spike_times_ms=list(spikes))
        with open(os.path.join(HERE, f"reconstruction_{name}.json"), "w") as f:
            json.dump(doc, f)
        print(name, len(sections), "sections", list(spikes)[:5])
        del handler

    which = sys.argv[2:] or ["allen_layer5", "pyramidal_hh"]
    if len(which) > 1:
        for w in which:
            subprocess.run([sys.executable, os.path.abspath(__file__), morphologies, w], check=True, cwd=HERE)
        return
    if which == ["allen_layer5"]:
        sections = cell("Scnn1a_473845048_m.swc")
        for s in sections:
            factor = 1.0 if s.name().startswith("soma") else 0.05
            for m, g in SOMA.items():
                s.insert(m)
                for seg in s:
                    setattr(seg, f"g{m}bar_{m}", g * (1.0 if m == "Ih" else factor))
            s.insert("CaDynamics_E2")
            s.insert("xpas")
            for seg in s:
                seg.gamma_CaDynamics_E2, seg.decay_CaDynamics_E2 = 5e-4, 460.0
                seg.g_xpas, seg.e_xpas = 3.38e-5, -90.0
            s.ena, s.ek = 50.0, -85.0
        run("allen_layer5", "clean/Scnn1a_473845048_m.swc", sections, 34.0, -80.0, 100.0, 0.4)
    else:
        sections = cell("pyramidal.swc")
        for s in sections:
            s.insert("xhh")
            s.ena, s.ek = 50.0, -77.0
        run("pyramidal_hh", "clean/pyramidal.swc", sections, 16.3, -65.0, 50.0, 0.5)


main()
