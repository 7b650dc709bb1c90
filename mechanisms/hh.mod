TITLE Hodgkin-Huxley sodium, potassium and leak currents

: Squid giant axon, Hodgkin & Huxley 1952, J. Physiol. 117:500, with voltages relative to a rest near -65 mV and
: rates tripling every 10 degrees from 6.3, as is the convention. Rates are exact.

NEURON {
    SUFFIX hh
    USEION na READ ena WRITE ina
    USEION k READ ek WRITE ik
    NONSPECIFIC_CURRENT il
    RANGE gnabar, gkbar, gl, el, gna, gk
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gnabar = 0.12 (S/cm2) <0, 1e9>
    gkbar = 0.036 (S/cm2) <0, 1e9>
    gl = 0.0003 (S/cm2) <0, 1e9>
    el = -54.3 (mV)
}

STATE { m h n }

ASSIGNED {
    v (mV)
    celsius (degC)
    ena (mV)
    ek (mV)
    ina (mA/cm2)
    ik (mA/cm2)
    il (mA/cm2)
    gna (S/cm2)
    gk (S/cm2)
    minf
    hinf
    ninf
    mtau (ms)
    htau (ms)
    ntau (ms)
}

INITIAL {
    rates(v)
    m = minf
    h = hinf
    n = ninf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    gna = gnabar*m*m*m*h
    gk = gkbar*n*n*n*n
    ina = gna*(v - ena)
    ik = gk*(v - ek)
    il = gl*(v - el)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    LOCAL opening, closing, q10
    q10 = 3^((celsius - 6.3 (degC))/10 (degC))
    opening = 0.1 (/mV-ms)*linoid(v + 40 (mV), 10 (mV))
    closing = 4 (/ms)*exp(-(v + 65 (mV))/18 (mV))
    mtau = 1/(q10*(opening + closing))
    minf = opening/(opening + closing)
    opening = 0.07 (/ms)*exp(-(v + 65 (mV))/20 (mV))
    closing = 1 (/ms)/(exp(-(v + 35 (mV))/10 (mV)) + 1)
    htau = 1/(q10*(opening + closing))
    hinf = opening/(opening + closing)
    opening = 0.01 (/mV-ms)*linoid(v + 55 (mV), 10 (mV))
    closing = 0.125 (/ms)*exp(-(v + 65 (mV))/80 (mV))
    ntau = 1/(q10*(opening + closing))
    ninf = opening/(opening + closing)
}

: x/(1 - exp(-x/y)), by its series where that is 0/0
FUNCTION linoid(x (mV), y (mV)) (mV) {
    if (fabs(x/y) < 1e-6) {
        linoid = y*(1 + x/y/2)
    } else {
        linoid = x/(1 - exp(-x/y))
    }
}
