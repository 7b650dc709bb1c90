TITLE Delayed-rectifier potassium current of CA1 pyramidal cells, soma and axon

: Part of the CA1 pyramidal cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212). Soma and axon, at 34
: degrees; no temperature dependence.

NEURON {
    SUFFIX CA1_kdr
    USEION k READ ek WRITE ik
    RANGE gbar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.0014 (S/cm2) <0, 1e9>
}

STATE { n }

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    ninf
    ntau (ms)
}

INITIAL {
    rates(v)
    n = ninf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*n*n
    ik = g*(v - ek)
}

DERIVATIVE gates {
    rates(v)
    n' = (ninf - n)/ntau
}

PROCEDURE rates(v (mV)) {
    ninf = 1/(1 + exp(-(v + 46.3 (mV))/3 (mV)))
    ntau = 3.5 (ms)
}
