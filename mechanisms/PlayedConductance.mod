TITLE Conductance that follows a table of time

: The table conductance holds the course in uS over time in ms, linear between its points and constant beyond them.
: Each instance shifts it by onset and multiplies it by scale.

NEURON {
    POINT_PROCESS PlayedConductance
    NONSPECIFIC_CURRENT i
    RANGE e, onset, scale, g, i
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    e = 0 (mV)
    onset = 0 (ms)
    scale = 1
}

ASSIGNED {
    v (mV)
    i (nA)
    g (uS)
}

BREAKPOINT {
    g = scale*conductance(t - onset)
    i = g*(v - e)
}

FUNCTION_TABLE conductance(time (ms)) (uS)
