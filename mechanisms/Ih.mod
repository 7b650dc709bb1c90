TITLE Hyperpolarisation-activated cation current

: Part of the layer-5 pyramidal cell of Hay et al. 2011, PLoS Comput. Biol. 7:e1002107.
: Kinetics after Kole, Hallermann & Stuart 2006, J. Neurosci. 26:1677. No temperature dependence.

NEURON {
    SUFFIX Ih
    NONSPECIFIC_CURRENT ihcn
    RANGE gIhbar, g, ihcn, ehcn
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gIhbar = 0.00001 (S/cm2) <0, 1e9>
    ehcn = -45 (mV)
}

STATE { m }

ASSIGNED {
    v (mV)
    ihcn (mA/cm2)
    g (S/cm2)
    minf
    mtau (ms)
}

INITIAL {
    rates(v)
    m = minf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gIhbar*m
    ihcn = g*(v - ehcn)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
}

PROCEDURE rates(v (mV)) {
    LOCAL opening, closing
    opening = 0.00643 (/mV-ms)*linoid(-v - 154.9 (mV), 11.9 (mV))
    closing = 0.193 (/ms)*exp(v/33.1 (mV))
    minf = opening/(opening + closing)
    mtau = 1/(opening + closing)
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
