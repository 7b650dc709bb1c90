TITLE For tests of ions: writes the reversal potential

NEURON {
    SUFFIX write_reversal
    USEION ca WRITE eca
}

ASSIGNED {
    v
    eca
}

INITIAL {
    eca = 100
}

BREAKPOINT {
    eca = 100 + 0.1*v
}
