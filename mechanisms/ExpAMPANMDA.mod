TITLE Glutamatergic synapse: AMPA conductance that jumps and decays, NMDA conductance that rises and decays

: An event of weight w raises the AMPA conductance by w at once; the NMDA conductance follows w*nmda*(exp(-t/nmda_decay) -
: exp(-t/nmda_rise)), not scaled to its peak, times the magnesium block 1/(1 + mg/k0*exp(-gamma*v)) of Jahr & Stevens 1990,
: J. Neurosci. 10:3178 (k0 3.57 mM, gamma 0.062 /mV). A state less than AMPANMDA. No temperature dependence.

NEURON {
    POINT_PROCESS ExpAMPANMDA
    NONSPECIFIC_CURRENT i
    RANGE ampa_decay, nmda_rise, nmda_decay, nmda, mg, k0, gamma, e
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    ampa_decay = 2 (ms) <1e-9, 1e9>
    nmda_rise = 4 (ms) <1e-9, 1e9>
    nmda_decay = 60 (ms) <1e-9, 1e9>
    nmda = 1 <0, 1e9>
    mg = 1 (mM) <0, 1e9>
    k0 = 3.57 (mM) <1e-9, 1e9>
    gamma = 0.062 (/mV)
    e = 0 (mV)
}

ASSIGNED {
    v (mV)
    i (nA)
}

STATE {
    ampa_conductance (uS)
    nmda_up (uS)
    nmda_down (uS)
}

INITIAL {
    ampa_conductance = 0
    nmda_up = 0
    nmda_down = 0
}

BREAKPOINT {
    SOLVE decay METHOD cnexp
    i = (ampa_conductance + nmda*(nmda_down - nmda_up)/(1 + mg/k0*exp(-gamma*v)))*(v - e)
}

DERIVATIVE decay {
    ampa_conductance' = -ampa_conductance/ampa_decay
    nmda_up' = -nmda_up/nmda_rise
    nmda_down' = -nmda_down/nmda_decay
}

NET_RECEIVE(weight (uS)) {
    ampa_conductance = ampa_conductance + weight
    nmda_up = nmda_up + weight
    nmda_down = nmda_down + weight
}
