TITLE Voltage clamp of the cell in which mechanisms are compared: hold, step, ramp, step

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
    if (t < 2) {
        level = -65
    } else if (t < 6) {
        level = -95.3
    } else if (t < 26) {
        level = -95.3 + 7.01*(t - 6)
    } else {
        level = -48.7
    }
    i = (level - v)/rs
}
