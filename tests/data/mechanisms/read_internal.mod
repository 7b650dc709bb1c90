TITLE For tests of ions: reads the concentration inside

NEURON {
    SUFFIX read_internal
    USEION ca READ cai
    NONSPECIFIC_CURRENT i
}

ASSIGNED {
    cai
    i
}

BREAKPOINT {
    i = 10*cai
}
