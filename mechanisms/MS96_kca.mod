TITLE Calcium-activated potassium current of cortical neurons

: Mainen & Sejnowski 1996, Nature 382:363 (ModelDB 2488); after Reuveni, Friedman, Amitai & Gutnick 1993, J. Neurosci.
: 13:4609. The opening rate is opening*cai with cai in mM, as in the files of that model. Rates at 23 degrees; a Q10 of
: 2.3 multiplies rates and conductance, as there; meant for 37 degrees.

NEURON {
    SUFFIX MS96_kca
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gbar, opening, closing, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (pS) = (picosiemens)
    (um) = (micron)
    (mM) = (milli/liter)
}

PARAMETER {
    gbar = 10 (pS/um2) <0, 1e9>
    opening = 0.01 (/mM-ms) <0, 1e9>
    closing = 0.02 (/ms) <1e-9, 1e9>
}

STATE { n }

ASSIGNED {
    v (mV)
    celsius (degC)
    cai (mM)
    ek (mV)
    ik (mA/cm2)
    g (pS/um2)
    ninf
    ntau (ms)
}

INITIAL {
    rates(cai)
    n = ninf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = q10()*gbar*n
    ik = (1e-4)*g*(v - ek)
}

DERIVATIVE gates {
    rates(cai)
    n' = (ninf - n)/ntau
}

PROCEDURE rates(cai (mM)) {
    ninf = opening*cai/(opening*cai + closing)
    ntau = 1/(opening*cai + closing)/q10()
}

: The factor of temperature
FUNCTION q10() {
    q10 = 2.3^((celsius - 23 (degC))/10 (degC))
}
