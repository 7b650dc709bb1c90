TITLE For tests of ions: writes the concentration inside

NEURON {
    SUFFIX write_internal
    USEION ca READ cai WRITE cai
}

STATE { cai }

BREAKPOINT {
    SOLVE drift METHOD cnexp
}

DERIVATIVE drift {
    cai' = 1e-4 - cai
}
