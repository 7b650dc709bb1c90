"""W1 in Jaxley on the processor, double precision, compiled before it is timed: WORKLOAD THREADS FOLDER VARIANT."""
import sys
import time

import definitions as d
import jax

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_platform_name", "cpu")
import jax.numpy as jnp
import jaxley as jx
import numpy as np
from jaxley.channels import Leak

WORKLOAD = sys.argv[1]
t = d.TREE
branch = jx.Branch(jx.Compartment(), ncomp=t["compartments"])
cell = jx.Cell([branch] * t["branches"], parents=d.TREE_PARENT)
for i, diameter in enumerate(d.TREE_DIAMETER):
    cell.branch(i).set("radius", diameter / 2)
settings = dict(length=t["length"] / t["compartments"], axial_resistivity=d.RA, capacitance=d.CM, v=t["v_init"])
cell.insert(Leak())
settings.update(Leak_gLeak=d.PASSIVE["g"], Leak_eLeak=d.PASSIVE["e"])
for name, value in settings.items():
    cell.set(name, value)
delay, duration, amplitude = d.CLAMP[WORKLOAD]
times = np.arange(round(t["tstop"] / d.DT)) * d.DT
place = cell.branch(0).comp(0)
place.stimulate(jnp.asarray(np.where((times >= delay) & (times < delay + duration), amplitude, 0.0)))
place.record("v")
cell.make_trainable("radius", verbose=False)
cell.init_states()
run = jax.jit(lambda p: jx.integrate(cell, params=p, delta_t=d.DT, t_max=t["tstop"], solver="bwd_euler"))
parameters = cell.get_parameters()
jax.block_until_ready(run(parameters))
start = time.perf_counter()
v = np.asarray(jax.block_until_ready(run(parameters)))[0]
wall = time.perf_counter() - start
d.hand_back(WORKLOAD, t["tstop"], wall, d.DT * (1 + np.flatnonzero((v[1:] >= d.THRESHOLD) & (v[:-1] < d.THRESHOLD))), v[-1])
