TITLE Current step of the cell in which mechanisms are compared

NEURON {
    POINT_PROCESS compare_step
    ELECTRODE_CURRENT i
    RANGE start, stop, amplitude
}

UNITS {
    (nA) = (nanoamp)
}

PARAMETER {
    start = 5 (ms)
    stop = 25 (ms)
    amplitude = 0.1 (nA)
}

ASSIGNED { i (nA) }

BREAKPOINT {
    i = 0
    if (t >= start && t < stop) {
        i = amplitude
    }
}
