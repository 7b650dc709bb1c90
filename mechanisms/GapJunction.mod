TITLE Electrical synapse: one side of a gap junction

: An ohmic junction between this place and the one that vgap points to. Current leaves this side; the other side
: needs an instance of its own that points back here, with the same conductance.

NEURON {
    POINT_PROCESS GapJunction
    NONSPECIFIC_CURRENT i
    RANGE g, i
    POINTER vgap
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    g = 0 (uS) <0, 1e9>
}

ASSIGNED {
    v (mV)
    vgap (mV)
    i (nA)
}

BREAKPOINT {
    i = g*(v - vgap)
}
