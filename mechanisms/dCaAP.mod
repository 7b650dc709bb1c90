TITLE Calcium-mediated dendritic action potential of human layer 2/3 pyramidal cells

: Gidon et al. 2020, Science 367:83 (ModelDB 254217). Above the threshold vth, when not refractory, a current starts:
: a logistic rise, ended by a second logistic that starts after width. Its size falls with the excess of voltage over
: threshold at that instant: K = min(1, exp(-(v - vth)/((vth - vrest)*D))). The logistic curves leave 0.001 when they
: start. The threshold is watched: a voltage that is still above it when the refractory period ends counts too.
: No temperature dependence.

NEURON {
    POINT_PROCESS dCaAP
    NONSPECIFIC_CURRENT i
    RANGE w, vth, vrest, D, refractory, width, tauA, tauB, K, A, B, count, i
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
}

PARAMETER {
    w = 0 (nA) <0, 1e9>
    vth = -36 (mV)
    vrest = -75 (mV)
    D = 0.3 <1e-9, 1e9>
    refractory = 200 (ms) <1e-9, 1e9>
    width = 21 (ms) <0, 1e9>
    tauA = 3 (ms) <1e-9, 1e9>
    tauB = 0.4 (ms) <1e-9, 1e9>
}

ASSIGNED {
    v (mV)
    i (nA)
    K
    A
    B
    count
    ready
    start (ms)
}

INITIAL {
    K = 0
    A = 0
    B = 0
    count = 0
    ready = 0
    start = 0
    net_send(0, 1)
}

BREAKPOINT {
    if (count > 0) {
        A = logistic(t - start, tauA)
        B = logistic(t - start - width, tauB)
    }
    i = -w*K*(A - B)
}

: 0 before its start, 0.001 there, towards 1
FUNCTION logistic(since (ms), tau (ms)) {
    if (since < 0) {
        logistic = 0
    } else {
        logistic = 1/(1 + 999*exp(-since/tau))
    }
}

: Flag 1: ready to fire. Flag 2: the voltage rises above the threshold.
NET_RECEIVE(weight) {
    if (flag == 1 && v <= vth) {
        ready = 1
        WATCH (v > vth) 2
    } else if (flag == 1 || (flag == 2 && ready)) {
        ready = 0
        K = exp(-(v - vth)/((vth - vrest)*D))
        start = t
        count = count + 1
        net_send(refractory, 1)
    }
}
