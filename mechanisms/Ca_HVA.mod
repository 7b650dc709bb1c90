TITLE High-voltage activated calcium current

: Part of the layer-5 pyramidal cell of Hay et al. 2011, PLoS Comput. Biol. 7:e1002107.
: Kinetics after Reuveni et al. 1993, J. Neurosci. 13:4609. No temperature dependence.

NEURON {
    SUFFIX Ca_HVA
    USEION ca READ eca WRITE ica
    RANGE gCa_HVAbar, g, ica
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gCa_HVAbar = 0.00001 (S/cm2) <0, 1e9>
}

STATE { m h }

ASSIGNED {
    v (mV)
    eca (mV)
    ica (mA/cm2)
    g (S/cm2)
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
    g = gCa_HVAbar*m*m*h
    ica = g*(v - eca)
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
    mtau = 1/(opening + closing)
    opening = 0.000457 (/ms)*exp(-(v + 13 (mV))/50 (mV))
    closing = 0.0065 (/ms)/(exp(-(v + 15 (mV))/28 (mV)) + 1)
    hinf = opening/(opening + closing)
    htau = 1/(opening + closing)
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
