TITLE Small-conductance calcium-activated potassium current

: Part of the layer-5 pyramidal cell of Hay et al. 2011, PLoS Comput. Biol. 7:e1002107.
: Activation after Koehler et al. 1996, Science 273:1709. No temperature dependence.

NEURON {
    SUFFIX SK_E2
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gSK_E2bar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (mM) = (milli/liter)
    (S) = (siemens)
}

PARAMETER {
    gSK_E2bar = 0.000001 (S/cm2) <0, 1e9>
    tau = 1 (ms) <1e-9, 1e9>
}

STATE { z }

ASSIGNED {
    v (mV)
    ek (mV)
    cai (mM)
    ik (mA/cm2)
    g (S/cm2)
}

INITIAL {
    z = activation(cai)
}

BREAKPOINT {
    SOLVE gate METHOD cnexp
    g = gSK_E2bar*z
    ik = g*(v - ek)
}

DERIVATIVE gate {
    z' = (activation(cai) - z)/tau
}

: Hill function; no calcium at all counts as 1e-7 mM
FUNCTION activation(ca (mM)) {
    LOCAL c
    c = ca
    if (c < 1e-7 (mM)) {
        c = c + 1e-7 (mM)
    }
    activation = 1/(1 + (0.00043 (mM)/c)^4.8)
}
