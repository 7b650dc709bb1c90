TITLE GABA_A receptors: first-order binding of a pulse of transmitter

: Destexhe, Mainen & Sejnowski 1998, in Koch & Segev (eds), Methods in Neuronal Modeling, 2nd ed., MIT Press (ModelDB
: 18198). A pulse that finds another of its connection under way prolongs it. Each connection has receptors of its own,
: of which at most the weight opens; all share two states (Lytton 1996, Neural Comput. 8:501). No temperature
: dependence.

NEURON {
    POINT_PROCESS GABAA
    NONSPECIFIC_CURRENT i
    RANGE transmitter, duration, bind, unbind, e, i, g
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
    (mM) = (milli/liter)
}

PARAMETER {
    transmitter = 1 (mM) <0, 1e9>
    duration = 1 (ms) <1e-9, 1e9>
    bind = 5 (/mM-ms) <0, 1e9>
    unbind = 0.18 (/ms) <1e-9, 1e9>
    e = -80 (mV)
}

STATE {
    open (uS)
    shut (uS)
}

ASSIGNED {
    v (mV)
    i (nA)
    g (uS)
    target (uS)
}

INITIAL {
    target = 0
    open = 0
    shut = 0
}

BREAKPOINT {
    SOLVE binding METHOD cnexp
    g = open + shut
    i = g*(v - e)
}

: What connections under transmitter hold open, and what the others do
DERIVATIVE binding {
    open' = (bind*transmitter + unbind)*(target - open)
    shut' = -unbind*shut
}

: Every connection knows the share r of its receptors open at the time last, and its pulses under way.
NET_RECEIVE(weight (uS), pulses, r, last (ms)) {
    LOCAL most
    INITIAL {
        pulses = 0
        r = 0
        last = t
    }
    most = bind*transmitter/(bind*transmitter + unbind)
    if (flag == 0) {
        if (pulses == 0) {
            r = r*exp(-unbind*(t - last))
            last = t
            target = target + weight*most
            open = open + weight*r
            shut = shut - weight*r
        }
        pulses = pulses + 1
        net_send(duration, 1)
    } else {
        pulses = pulses - 1
        if (pulses == 0) {
            r = most + (r - most)*exp(-(bind*transmitter + unbind)*(t - last))
            last = t
            target = target - weight*most
            open = open - weight*r
            shut = shut + weight*r
        }
    }
}
