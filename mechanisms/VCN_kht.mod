TITLE High-threshold potassium current of ventral cochlear nucleus neurons

: Rothman & Manis 2003, J. Neurophysiol. 89:3097. Rates at 22 degrees, Q10 3.

NEURON {
    SUFFIX VCN_kht
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
    gbar = 0.0125 (S/cm2) <0, 1e9>
}

STATE { n p }

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    ninf
    ntau (ms)
    pinf
    ptau (ms)
}

INITIAL {
    rates(v)
    n = ninf
    p = pinf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*(0.85*n*n + 0.15*p)
    ik = g*(v - ek)
}

DERIVATIVE gates {
    rates(v)
    n' = (ninf - n)/ntau
    p' = (pinf - p)/ptau
}

PROCEDURE rates(v (mV)) {
    LOCAL u, q10
    u = v + 60 (mV)
    q10 = 3^((celsius - 22 (degC))/10 (degC))
    ninf = 1/sqrt(1 + exp(-(v + 15 (mV))/5 (mV)))
    ntau = (100 (ms)/(11*exp(u/24 (mV)) + 21*exp(-u/23 (mV))) + 0.7 (ms))/q10
    pinf = 1/(1 + exp(-(v + 23 (mV))/6 (mV)))
    ptau = (100 (ms)/(4*exp(u/32 (mV)) + 5*exp(-u/22 (mV))) + 5 (ms))/q10
}
