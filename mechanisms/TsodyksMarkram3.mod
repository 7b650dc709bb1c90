TITLE Synapse with short-term depression and facilitation, three states

: Tsodyks, Uziel & Markram 2000, J. Neurosci. 20:RC50 (ModelDB 3815): resources recovered x, active y, inactive z. Each
: event makes the share u of x active; u is raised towards 1 by U before. y becomes z with tau_1, z becomes x with
: tau_rec, u falls with tau_facil, at once when that is 0. The conductance is the weighted y. The defaults are those of
: excitatory synapses; inhibitory ones have tau_rec 100, tau_facil 1000, U 0.04. No temperature dependence.

NEURON {
    POINT_PROCESS TsodyksMarkram3
    NONSPECIFIC_CURRENT i
    RANGE tau_1, tau_rec, tau_facil, U, e, i
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau_1 = 3 (ms) <1e-9, 1e9>
    tau_rec = 800 (ms) <1e-9, 1e9>
    tau_facil = 0 (ms) <0, 1e9>
    U = 0.5 <0, 1>
    e = 0 (mV)
}

STATE { g (uS) }

ASSIGNED {
    v (mV)
    i (nA)
}

INITIAL {
    g = 0
}

BREAKPOINT {
    SOLVE decay METHOD cnexp
    i = g*(v - e)
}

DERIVATIVE decay {
    g' = -g/tau_1
}

: Every connection keeps its y, z and u and the time of its last event.
NET_RECEIVE(weight (uS), y, z, u, last (ms)) {
    LOCAL since, x
    INITIAL {
        y = 0
        z = 0
        u = 0
        last = t
    }
    since = t - last
    z = z*exp(-since/tau_rec) + y*passing(since)
    y = y*exp(-since/tau_1)
    x = 1 - y - z
    if (tau_facil > 0) {
        u = u*exp(-since/tau_facil)
    } else {
        u = 0
    }
    u = u + U*(1 - u)
    g = g + weight*u*x
    y = y + u*x
    last = t
}

: The share of y that has become z and is not yet back in x; a limit where the time constants are equal
FUNCTION passing(since (ms)) {
    if (fabs(tau_rec/tau_1 - 1) < 1e-6) {
        passing = since/tau_1*exp(-since/tau_1)
    } else {
        passing = tau_rec/(tau_rec - tau_1)*(exp(-since/tau_rec) - exp(-since/tau_1))
    }
}
