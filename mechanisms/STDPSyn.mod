TITLE Synapse that learns from the timing of spikes: pairs and triplets

: An event raises the conductance by weight*factor; factor starts at 1 and stays from 0 to most. A spike of the cell is where
: the voltage at the synapse crosses threshold upwards. Traces of events (r1, r2) and of spikes (o1, o2) jump by 1 and
: decay. At an event factor falls by o1*(A2_minus + A3_minus*r2), at a spike it rises by r1*(A2_plus + A3_plus*o2), with r2
: and o2 as they were just before: Pfister & Gerstner 2006, J. Neurosci. 26:9673, all-to-all. With A3 of 0, the default,
: pairs alone count: Song, Miller & Abbott 2000, Nat. Neurosci. 3:919, whose amplitudes these are. For the triplets of
: visual cortex: A2_plus 0, A3_plus 6.5e-3, A2_minus 7.1e-3, A3_minus 0, tau_plus 16.8, tau_minus 33.7, tau_y 114.

NEURON {
    POINT_PROCESS STDPSyn
    NONSPECIFIC_CURRENT i
    RANGE tau, e, threshold, tau_plus, tau_minus, tau_x, tau_y, A2_plus, A3_plus, A2_minus, A3_minus, most, o1, o2, i
    THREADSAFE
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
    (uS) = (microsiemens)
}

PARAMETER {
    tau = 2 (ms) <1e-9, 1e9>
    e = 0 (mV)
    threshold = -20 (mV)
    tau_plus = 20 (ms) <1e-9, 1e9>
    tau_minus = 20 (ms) <1e-9, 1e9>
    tau_x = 101 (ms) <1e-9, 1e9>
    tau_y = 125 (ms) <1e-9, 1e9>
    A2_plus = 0.005 <0, 1e9>
    A3_plus = 0 <0, 1e9>
    A2_minus = 0.00525 <0, 1e9>
    A3_minus = 0 <0, 1e9>
    most = 2 <0, 1e9>
}

STATE { g (uS) }

ASSIGNED {
    v (mV)
    i (nA)
    o1
    o2
    spiked (ms)
}

INITIAL {
    g = 0
    o1 = 0
    o2 = 0
    spiked = 0
    net_send(0, 1)
}

BREAKPOINT {
    SOLVE decay METHOD cnexp
    i = g*(v - e)
}

DERIVATIVE decay {
    g' = -g/tau
}

: Every connection keeps its factor, its traces and when they were last looked at.
NET_RECEIVE(weight (uS), factor, r1, r2, last (ms)) {
    LOCAL rise
    INITIAL {
        factor = 1
        r1 = 0
        r2 = 0
        last = t
    }
    if (flag == 0) {
        r1 = r1*exp(-(t - last)/tau_plus)
        r2 = r2*exp(-(t - last)/tau_x)
        last = t
        factor = factor - o1*exp(-(t - spiked)/tau_minus)*(A2_minus + A3_minus*r2)
        if (factor < 0) {
            factor = 0
        }
        r1 = r1 + 1
        r2 = r2 + 1
        g = g + weight*factor
    } else if (flag == 2) {
        o1 = o1*exp(-(t - spiked)/tau_minus)
        o2 = o2*exp(-(t - spiked)/tau_y)
        spiked = t
        rise = A2_plus + A3_plus*o2
        FOR_NETCONS(own_weight, own_factor, own_r1, own_r2, own_last) {
            own_r1 = own_r1*exp(-(t - own_last)/tau_plus)
            own_r2 = own_r2*exp(-(t - own_last)/tau_x)
            own_last = t
            own_factor = own_factor + own_r1*rise
            if (own_factor > most) {
                own_factor = most
            }
        }
        o1 = o1 + 1
        o2 = o2 + 1
    } else {
        WATCH (v > threshold) 2
    }
}
