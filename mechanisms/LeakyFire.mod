TITLE Integrate-and-fire cell without a membrane

: The leaky integrator of Lapicque 1907, J. Physiol. Pathol. Gen. 9:620, driven by events alone: m falls with tau, an
: event adds its weight, at theta the cell fires and m starts again at 0. Events in the refractory period are lost.

NEURON {
    ARTIFICIAL_CELL LeakyFire
    RANGE tau, refractory, theta, m
    THREADSAFE
}

PARAMETER {
    tau = 10 (ms) <1e-9, 1e9>
    refractory = 5 (ms) <1e-9, 1e9>
    theta = 1
}

ASSIGNED {
    m
    last (ms)
    waiting
}

INITIAL {
    m = 0
    last = 0
    waiting = 0
}

: m is that of the last event. Flag 1 ends the refractory period.
NET_RECEIVE(weight) {
    if (flag == 1) {
        waiting = 0
        last = t
    } else if (waiting == 0) {
        m = m*exp(-(t - last)/tau) + weight
        last = t
        if (m >= theta) {
            m = 0
            waiting = 1
            net_event(t)
            net_send(refractory, 1)
        }
    }
}
