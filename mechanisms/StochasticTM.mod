TITLE Release sites that release by chance, deplete and facilitate

: Up to 16 sites. Each event first lets every empty site refill with probability 1 - exp(-time/tau_rec), raises the
: probability of release u towards 1 by U, and then lets every full site release with probability u, each on its own; each that
: does adds the weight to the conductance. The mean over many synapses is that of TsodyksMarkram. After Fuhrmann, Segev,
: Markram & Tsodyks 2002, J. Neurophysiol. 87:140. No temperature dependence.

NEURON {
    POINT_PROCESS StochasticTM
    NONSPECIFIC_CURRENT i
    RANGE tau, tau_rec, tau_facil, U, sites, e, i, released, failures
    RANDOM draw
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
    sites = 5 <1, 16>
    e = 0 (mV)
}

STATE { g (uS) }

ASSIGNED {
    v (mV)
    i (nA)
    released
    failures
}

INITIAL {
    g = 0
    released = 0
    failures = 0
}

BREAKPOINT {
    SOLVE decay METHOD cnexp
    i = g*(v - e)
}

DERIVATIVE decay {
    g' = -g/tau
}

: Every connection keeps how many of its sites are full, its u and the time of its last event.
NET_RECEIVE(weight (uS), full, u, last (ms)) {
    LOCAL empty, filled, count
    INITIAL {
        full = sites
        u = 0
        last = t
    }
    empty = sites - full
    filled = 0
    FROM site = 1 TO 16 {
        if (site <= empty) {
            if (random_uniform(draw, 0, 1) >= remains(t - last, tau_rec)) {
                filled = filled + 1
            }
        }
    }
    full = full + filled
    u = u*remains(t - last, tau_facil)
    u = u + U*(1 - u)
    count = 0
    FROM site = 1 TO 16 {
        if (site <= full) {
            if (random_uniform(draw, 0, 1) < u) {
                count = count + 1
            }
        }
    }
    full = full - count
    g = g + weight*count
    released = released + count
    if (count == 0) {
        failures = failures + 1
    }
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
