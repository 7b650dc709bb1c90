TITLE Synapse with a conductance that rises and decays exponentially

: The difference of two exponentials, scaled so that one event of weight w peaks at w. Time constants that are
: equal or in the wrong order would divide by zero: the rise is then taken as 0.9999 of the decay.
: No temperature dependence.

NEURON {
    POINT_PROCESS Exp2Syn
    NONSPECIFIC_CURRENT i
    RANGE tau1, tau2, e, i, g
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau1 = 0.1 (ms) <1e-9, 1e9>
    tau2 = 10 (ms) <1e-9, 1e9>
    e = 0 (mV)
}

STATE {
    rise (uS)
    fall (uS)
}

ASSIGNED {
    v (mV)
    i (nA)
    g (uS)
    scale
    fast (ms)
}

INITIAL {
    LOCAL peak
    fast = tau1
    if (tau1/tau2 > 0.9999) {
        fast = 0.9999*tau2
    }
    if (tau1/tau2 < 1e-9) {
        fast = 1e-9*tau2
    }
    peak = (fast*tau2)/(tau2 - fast)*log(tau2/fast)
    scale = 1/(exp(-peak/tau2) - exp(-peak/fast))
    rise = 0
    fall = 0
}

BREAKPOINT {
    SOLVE decay METHOD cnexp
    g = fall - rise
    i = g*(v - e)
}

DERIVATIVE decay {
    rise' = -rise/fast
    fall' = -fall/tau2
}

NET_RECEIVE(weight (uS)) {
    rise = rise + weight*scale
    fall = fall + weight*scale
}
