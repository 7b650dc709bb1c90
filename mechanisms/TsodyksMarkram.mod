TITLE Synapse with short-term depression and facilitation, two variables

: Markram, Wang & Tsodyks 1998, Proc. Natl. Acad. Sci. USA 95:5323: of the resources x that are left, each event
: releases the share u, which is raised towards 1 by U before. x recovers with tau_rec, u falls with tau_facil; a time
: constant of 0 means at once. The conductance jumps by weight*u*x. The defaults depress (excitatory synapses of
: Tsodyks, Uziel & Markram 2000, J. Neurosci. 20:RC50); tau_rec 100, tau_facil 1000, U 0.04 facilitate. No temperature
: dependence.

NEURON {
    POINT_PROCESS TsodyksMarkram
    NONSPECIFIC_CURRENT i
    RANGE tau, tau_rec, tau_facil, U, e, i
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau = 3 (ms) <1e-9, 1e9>
    tau_rec = 800 (ms) <0, 1e9>
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
    g' = -g/tau
}

: Every connection keeps its x and u and the time of its last event.
NET_RECEIVE(weight (uS), x, u, last (ms)) {
    INITIAL {
        x = 1
        u = 0
        last = t
    }
    x = 1 - (1 - x)*remains(t - last, tau_rec)
    u = u*remains(t - last, tau_facil)
    u = u + U*(1 - u)
    g = g + weight*u*x
    x = x - u*x
    last = t
}

: What is left after some time; nothing where the time constant is 0
FUNCTION remains(time (ms), tau (ms)) {
    if (tau > 0) {
        remains = exp(-time/tau)
    } else {
        remains = 0
    }
}
