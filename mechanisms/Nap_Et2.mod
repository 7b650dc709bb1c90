TITLE Persistent sodium current of layer-5 pyramidal cells

: Part of the layer-5 pyramidal cell of Hay et al. 2011, PLoS Comput. Biol. 7:e1002107.
: Kinetics after Magistretti & Alonso 1999, J. Gen. Physiol. 114:491; measured at 21 degrees, used at 34 with a Q10 of
: 2.3.

NEURON {
    SUFFIX Nap_Et2
    USEION na READ ena WRITE ina
    RANGE gNap_Et2bar, g, ina
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gNap_Et2bar = 0.00001 (S/cm2) <0, 1e9>
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
    g = gNap_Et2bar*m*m*m*h
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
    opening = 0.182 (/mV-ms)*linoid(v + 38 (mV), 6 (mV))
    closing = 0.124 (/mV-ms)*linoid(-v - 38 (mV), 6 (mV))
    minf = 1/(1 + exp(-(v + 52.6 (mV))/4.6 (mV)))
    mtau = 6/(opening + closing)/q10
    opening = 2.88e-6 (/mV-ms)*linoid(-v - 17 (mV), 4.63 (mV))
    closing = 6.94e-6 (/mV-ms)*linoid(v + 64.4 (mV), 2.63 (mV))
    hinf = 1/(1 + exp((v + 48.8 (mV))/10 (mV)))
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
