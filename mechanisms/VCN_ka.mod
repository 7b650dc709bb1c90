TITLE Transient (A-type) potassium current of ventral cochlear nucleus neurons

: Rothman & Manis 2003, J. Neurophysiol. 89:3097. Rates at 22 degrees, Q10 3.

NEURON {
    SUFFIX VCN_ka
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
    gbar = 0.0054 (S/cm2) <0, 1e9>
}

STATE { a b c }

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    ainf
    atau (ms)
    binf
    btau (ms)
    cinf
    ctau (ms)
}

INITIAL {
    rates(v)
    a = ainf
    b = binf
    c = cinf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*a*a*a*a*b*c
    ik = g*(v - ek)
}

DERIVATIVE gates {
    rates(v)
    a' = (ainf - a)/atau
    b' = (binf - b)/btau
    c' = (cinf - c)/ctau
}

PROCEDURE rates(v (mV)) {
    LOCAL u, q10
    u = v + 60 (mV)
    q10 = 3^((celsius - 22 (degC))/10 (degC))
    ainf = 1/(1 + exp(-(v + 31 (mV))/6 (mV)))^0.25
    atau = (100 (ms)/(7*exp(u/14 (mV)) + 29*exp(-u/24 (mV))) + 0.1 (ms))/q10
    binf = 1/sqrt(1 + exp((v + 66 (mV))/7 (mV)))
    btau = (1000 (ms)/(14*exp(u/27 (mV)) + 29*exp(-u/24 (mV))) + 1 (ms))/q10
    cinf = binf
    ctau = (90 (ms)/(1 + exp(-(v + 66 (mV))/17 (mV))) + 10 (ms))/q10
}
