TITLE Transient sodium current of layer-5 pyramidal cells, soma

: Part of the layer-5 pyramidal cell of Hay et al. 2011, PLoS Comput. Biol. 7:e1002107. Kinetics after Colbert & Pan
: 2002, Nat. Neurosci. 5:533, shifted by 6 mV against NaTa_t; measured at 21 degrees, used at 34 with a Q10 of 2.3.

NEURON {
    SUFFIX NaTs2_t
    USEION na READ ena WRITE ina
    RANGE gNaTs2_tbar, g, ina
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gNaTs2_tbar = 0.00001 (S/cm2) <0, 1e9>
}

STATE { m h }

ASSIGNED {
    v (mV)
    ena (mV)
    ina (mA/cm2)
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
    g = gNaTs2_tbar*m*m*m*h
    ina = g*(v - ena)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL opening, closing, q10
    q10 = 2.3^((34 - 21)/10)
    opening = 0.182 (/mV-ms)*linoid(v + 32 (mV), 6 (mV))
    closing = 0.124 (/mV-ms)*linoid(-v - 32 (mV), 6 (mV))
    minf = opening/(opening + closing)
    mtau = 1/(opening + closing)/q10
    opening = 0.015 (/mV-ms)*linoid(-v - 60 (mV), 6 (mV))
    closing = 0.015 (/mV-ms)*linoid(v + 60 (mV), 6 (mV))
    hinf = opening/(opening + closing)
    htau = 1/(opening + closing)/q10
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
