TITLE For tests of ions: reads the reversal potential

NEURON {
    SUFFIX read_reversal
    USEION ca READ eca
    NONSPECIFIC_CURRENT i
}

ASSIGNED {
    v
    eca
    i
}

BREAKPOINT {
    i = 1e-5*(v - eca)
}
