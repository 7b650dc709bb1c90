TITLE Graded synapse: a conductance that follows the voltage of the presynaptic side, without spikes

: s relaxes with tau to 1/(1 + exp((half - vpre)/slope)), i = g*s*(v - e). vpre is a POINTER to the voltage of another place,
: such as a dendrite that releases onto another (Rall & Shepherd 1968, J. Neurophysiol. 31:884). The other side's voltage
: is that of the step before. No temperature dependence.

NEURON {
    POINT_PROCESS GradedSyn
    NONSPECIFIC_CURRENT i
    RANGE g, tau, half, slope, e, i
    POINTER vpre
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    g = 0.001 (uS) <0, 1e9>
    tau = 10 (ms) <1e-9, 1e9>
    half = -40 (mV)
    slope = 4 (mV) <1e-9, 1e9>
    e = -80 (mV)
}

STATE { s }

ASSIGNED {
    v (mV)
    vpre (mV)
    i (nA)
}

INITIAL {
    s = opened(vpre)
}

BREAKPOINT {
    SOLVE follow METHOD cnexp
    i = g*s*(v - e)
}

DERIVATIVE follow {
    s' = (opened(vpre) - s)/tau
}

: Share that is open at rest with the presynaptic voltage
FUNCTION opened(vm (mV)) {
    opened = 1/(1 + exp((half - vm)/slope))
}
