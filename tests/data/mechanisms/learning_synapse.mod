TITLE A synapse whose connections all change when the voltage crosses a threshold

NEURON {
    POINT_PROCESS learning_synapse
    NONSPECIFIC_CURRENT i
    RANGE g, last, tau
}

PARAMETER {
    tau = 5 (ms)
}

ASSIGNED {
    v (mV)
    i (nA)
    last (ms)
    gain
}

STATE {
    g (uS)
}

INITIAL {
    g = 0
    last = -1e9
    gain = 2
    net_send(0, 1)
}

BREAKPOINT {
    SOLVE decay METHOD cnexp
    i = g * v
}

DERIVATIVE decay {
    g' = -g / tau
}

NET_RECEIVE (weight (uS), trace, before (ms)) {
    LOCAL change
    INITIAL {
        trace = 0
        before = -1e9
    }
    if (flag == 0) {
        g = g + weight * (1 + trace)
        trace = trace * exp((before - t) / 10) + 0.1
        before = t
    } else if (flag == 2) {
        change = 0.5e-3 * gain
        FOR_NETCONS (own_weight, own_trace, own_before) {
            own_weight = own_weight + change * exp((own_before - t) / 10)
            if (t - last > 3) {
                own_trace = own_trace + 0.2
            }
        }
        last = t
    } else {
        WATCH (v > -50) 2
    }
}
