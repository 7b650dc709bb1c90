TITLE R-type calcium current of CA1 pyramidal cells, soma

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212). Soma: a lower threshold
: and a slower activation than in dendrites. A reversal potential of 140 mV belongs to it. At 34 degrees; no
: temperature dependence.

NEURON {
    SUFFIX CA1_carsoma
    USEION ca READ eca WRITE ica
    RANGE gbar, g, ica
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.003 (S/cm2) <0, 1e9>
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
    g = gbar*m*m*m*h
    ica = g*(v - eca)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    minf = 1/(1 + exp(-(v + 60 (mV))/3 (mV)))
    mtau = 100 (ms)
    hinf = 1/(1 + exp((v + 62 (mV))/1 (mV)))
    htau = 5 (ms)
}
