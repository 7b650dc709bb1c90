TITLE Fast non-inactivating potassium current of cortical neurons

: Mainen & Sejnowski 1996, Nature 382:363 (ModelDB 2488). Rates at 23 degrees; a Q10 of 2.3 multiplies rates and
: conductance, as there; meant for 37 degrees.

NEURON {
    SUFFIX MS96_kv
    USEION k READ ek WRITE ik
    RANGE gbar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (pS) = (picosiemens)
    (um) = (micron)
}

PARAMETER {
    gbar = 5 (pS/um2) <0, 1e9>
}

STATE { n }

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)
    g (pS/um2)
    ninf
    ntau (ms)
}

INITIAL {
    rates(v)
    n = ninf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = q10()*gbar*n
    ik = (1e-4)*g*(v - ek)
}

DERIVATIVE gates {
    rates(v)
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    LOCAL opening, closing
    opening = 0.02 (/mV-ms)*linoid(v - 25 (mV), 9 (mV))
    closing = 0.002 (/mV-ms)*linoid(-v + 25 (mV), 9 (mV))
    ninf = opening/(opening + closing)
    ntau = 1/(opening + closing)/q10()
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}

: The factor of temperature
FUNCTION q10() {
    q10 = 2.3^((celsius - 23 (degC))/10 (degC))
}
