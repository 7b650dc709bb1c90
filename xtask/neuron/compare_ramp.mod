TITLE Voltage clamp of the cell in which mechanisms are compared

: Hyperpolarises, depolarises and returns along ramps: a jump of the level would multiply the rounding of the difference that
: stands for the conductance.

NEURON {
    POINT_PROCESS compare_ramp
    ELECTRODE_CURRENT i
    RANGE rs, level
}

UNITS {
    (nA) = (nanoamp)
    (mV) = (millivolt)
}

PARAMETER { rs = 0.001 (megohm) }

ASSIGNED {
    v (mV)
    i (nA)
    level (mV)
}

BREAKPOINT {
    if (t < 3) {
        level = -65 - 10.1*t
    } else if (t < 23) {
        level = -95.3 + 7.01*(t - 3)
    } else if (t < 26) {
        level = 44.9 - 31.2*(t - 23)
    } else {
        level = -48.7
    }
    i = (level - v)/rs
}
