TITLE High-threshold L-type calcium current of CA1 pyramidal cells, dendrites

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212). Dendrites, where it
: helps calcium spikes to start. A reversal potential of 140 mV belongs to it. At 34 degrees; no temperature
: dependence.

NEURON {
    SUFFIX CA1_calh
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
    gbar = 0.00031635 (S/cm2) <0, 1e9>
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
    minf = 1/(1 + exp(-(v + 37 (mV))/1 (mV)))
    mtau = 3.6 (ms)
    hinf = 1/(1 + exp((v + 41 (mV))/0.5 (mV)))
    htau = 29 (ms)
}
