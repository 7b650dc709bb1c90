TITLE GABA_B receptors with their G-protein cascade

: Destexhe, Bal, McCormick & Sejnowski 1996, J. Neurophysiol. 76:2049 (ModelDB 3343). A pulse of transmitter activates
: receptors R, these make G protein, four of which open a potassium channel of conductance gmax. The weight of an
: event, 1 for a whole pulse, multiplies its transmitter; pulses that overlap add. No temperature dependence.

NEURON {
    POINT_PROCESS GABAB
    NONSPECIFIC_CURRENT i
    RANGE gmax, transmitter, duration, K1, K2, K3, K4, KD, e, i, g
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
    (uM) = (micro/liter)
}

PARAMETER {
    gmax = 0.001 (uS) <0, 1e9>
    transmitter = 0.5 (mM) <0, 1e9>
    duration = 0.3 (ms) <1e-9, 1e9>
    K1 = 0.52 (/mM-ms) <0, 1e9>
    K2 = 0.0013 (/ms) <0, 1e9>
    K3 = 0.098 (uM/ms) <0, 1e9>
    K4 = 0.033 (/ms) <1e-9, 1e9>
    KD = 100 (uM4) <1e-9, 1e9>
    e = -95 (mV)
}

STATE {
    R
    G (uM)
}

ASSIGNED {
    v (mV)
    i (nA)
    g (uS)
    cleft (mM)
}

INITIAL {
    cleft = 0
    R = 0
    G = 0
}

BREAKPOINT {
    SOLVE cascade METHOD cnexp
    g = gmax*G^4/(G^4 + KD)
    i = g*(v - e)
}

DERIVATIVE cascade {
    R' = K1*cleft*(1 - R) - K2*R
    G' = K3*R - K4*G
}

NET_RECEIVE(weight) {
    if (flag == 0) {
        cleft = cleft + weight*transmitter
        net_send(duration, 1)
    } else {
        cleft = cleft - weight*transmitter
    }
}
