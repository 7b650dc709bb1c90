TITLE For tests of ions: reads the concentration inside and the reversal potential

NEURON {
    SUFFIX read_both
    USEION ca READ cai, eca
    NONSPECIFIC_CURRENT i
}

ASSIGNED {
    v
    cai
    eca
    i
}

BREAKPOINT {
    i = (1e-5 + cai)*(v - eca)
}
