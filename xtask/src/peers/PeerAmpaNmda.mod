TITLE Glutamatergic synapse of workload W5: every event raises an AMPA and an NMDA conductance by its weight

: Magnesium block after Jahr & Stevens 1990, J. Neurosci. 10:3178.

NEURON {
    POINT_PROCESS PeerAmpaNmda
    NONSPECIFIC_CURRENT i
    RANGE tau_ampa, tau_rise, tau_decay, e, mg
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau_ampa = 2 (ms)
    tau_rise = 4 (ms)
    tau_decay = 60 (ms)
    e = 0 (mV)
    mg = 1
}

ASSIGNED {
    v (mV)
    i (nA)
}

STATE { ampa rise decay }

INITIAL {
    ampa = 0
    rise = 0
    decay = 0
}

BREAKPOINT {
    SOLVE conductances METHOD cnexp
    i = (ampa + (decay - rise)/(1 + 0.28*mg*exp(-0.062*v)))*(v - e)
}

DERIVATIVE conductances {
    ampa' = -ampa/tau_ampa
    rise' = -rise/tau_rise
    decay' = -decay/tau_decay
}

NET_RECEIVE(weight) {
    ampa = ampa + weight
    rise = rise + weight
    decay = decay + weight
}
