TITLE High-threshold potassium current of medial superior olive neurons

: Zhou, Carney & Colburn 2005, J. Neurosci. 25:3046 (ModelDB 53869): as the current of Rothman & Manis 2003, J.
: Neurophysiol. 89:3097, except that the files of the MSO cell raise the steady state of n to the power 2 where that
: paper has 1/2. Rates at 22 degrees, Q10 3.

NEURON {
    SUFFIX MSO_kht
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
    gbar = 0.02 (S/cm2) <0, 1e9>
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
    ninf = 1/(1 + exp(-(v + 15 (mV))/5 (mV)))^2
    ntau = (100 (ms)/(11*exp(u/24 (mV)) + 21*exp(-u/23 (mV))) + 0.7 (ms))/q10
    pinf = 1/(1 + exp(-(v + 23 (mV))/6 (mV)))
    ptau = (100 (ms)/(4*exp(u/32 (mV)) + 5*exp(-u/22 (mV))) + 5 (ms))/q10
}
