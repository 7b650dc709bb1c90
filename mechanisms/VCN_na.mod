TITLE Sodium current of ventral cochlear nucleus neurons

: Rothman & Manis 2003, J. Neurophysiol. 89:3097. Rates at 22 degrees, Q10 3.

NEURON {
    SUFFIX VCN_na
    USEION na READ ena WRITE ina
    RANGE gbar, g, ina
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.083 (S/cm2) <0, 1e9>
}

STATE { m h }

ASSIGNED {
    v (mV)
    celsius (degC)
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
    g = gbar*m*m*m*h
    ina = g*(v - ena)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL u, q10
    u = v + 60 (mV)
    q10 = 3^((celsius - 22 (degC))/10 (degC))
    minf = 1/(1 + exp(-(v + 38 (mV))/7 (mV)))
    mtau = (10 (ms)/(5*exp(u/18 (mV)) + 36*exp(-u/25 (mV))) + 0.04 (ms))/q10
    hinf = 1/(1 + exp((v + 65 (mV))/6 (mV)))
    htau = (100 (ms)/(7*exp(u/11 (mV)) + 10*exp(-u/25 (mV))) + 0.6 (ms))/q10
}
