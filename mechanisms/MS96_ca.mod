TITLE High-voltage activated calcium current of cortical neurons

: Mainen & Sejnowski 1996, Nature 382:363 (ModelDB 2488); after Reuveni, Friedman, Amitai & Gutnick 1993, J. Neurosci.
: 13:4609. The calcium pool of that cell is CaPool as it stands. Rates at 23 degrees; a Q10 of 2.3 multiplies rates and
: conductance, as there; meant for 37 degrees.

NEURON {
    SUFFIX MS96_ca
    USEION ca READ eca WRITE ica
    RANGE gbar, g, ica
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (pS) = (picosiemens)
    (um) = (micron)
}

PARAMETER {
    gbar = 0.1 (pS/um2) <0, 1e9>
}

STATE { m h }

ASSIGNED {
    v (mV)
    celsius (degC)
    eca (mV)
    ica (mA/cm2)
    g (pS/um2)
    minf
    mtau (ms)
    hinf
    htau (ms)
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = q10()*gbar*m*m*h
    ica = (1e-4)*g*(v - eca)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL opening, closing
    opening = 0.055 (/mV-ms)*linoid(v + 27 (mV), 3.8 (mV))
    closing = 0.94 (/ms)*exp(-(v + 75 (mV))/17 (mV))
    minf = opening/(opening + closing)
    mtau = 1/(opening + closing)/q10()
    opening = 0.000457 (/ms)*exp(-(v + 13 (mV))/50 (mV))
    closing = 0.0065 (/ms)/(exp(-(v + 15 (mV))/28 (mV)) + 1)
    hinf = opening/(opening + closing)
    htau = 1/(opening + closing)/q10()
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
