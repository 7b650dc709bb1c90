TITLE For tests of ions: writes the concentration outside

NEURON {
    SUFFIX write_external
    USEION ca WRITE cao
}

STATE { cao }

INITIAL {
    cao = 1.5
}

BREAKPOINT {
    SOLVE drift METHOD cnexp
}

DERIVATIVE drift {
    cao' = 1 - cao
}
