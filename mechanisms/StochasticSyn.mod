TITLE Synapse that releases by chance

: At each event every one of up to 16 release sites releases with probability p, each on its own, so that the number
: released is binomial; each adds the weight to the conductance. Failure rates of cortical and hippocampal synapses and
: what they are good for: Levy & Baxter 2002, J. Neurosci. 22:4746. failures counts the events that release nothing. No
: temperature dependence.

NEURON {
    POINT_PROCESS StochasticSyn
    NONSPECIFIC_CURRENT i
    RANGE tau, p, sites, e, i, released, failures
    RANDOM draw
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau = 2 (ms) <1e-9, 1e9>
    p = 0.25 <0, 1>
    sites = 1 <1, 16>
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

NET_RECEIVE(weight (uS)) {
    LOCAL count
    count = 0
    FROM site = 1 TO 16 {
        if (site <= sites) {
            if (random_uniform(draw, 0, 1) < p) {
                count = count + 1
            }
        }
    }
    g = g + weight*count
    released = released + count
    if (count == 0) {
        failures = failures + 1
    }
}
