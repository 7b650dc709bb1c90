TITLE Hyperpolarisation-activated cation current of ventral cochlear nucleus neurons

: Rothman & Manis 2003, J. Neurophysiol. 89:3097. Rates at 22 degrees, Q10 3. Also that of the MSO cell of Zhou, Carney
: & Colburn 2005, J. Neurosci. 25:3046 (ModelDB 53869).

NEURON {
    SUFFIX VCN_h
    NONSPECIFIC_CURRENT ih
    RANGE gbar, eh, g, ih
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.00167 (S/cm2) <0, 1e9>
    eh = -43 (mV)
}

STATE { r }

ASSIGNED {
    v (mV)
    celsius (degC)
    ih (mA/cm2)
    g (S/cm2)
    rinf
    rtau (ms)
}

INITIAL {
    rates(v)
    r = rinf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gbar*r
    ih = g*(v - eh)
}

DERIVATIVE gates {
    rates(v)
    r' = (rinf - r)/rtau
}

PROCEDURE rates(v (mV)) {
    LOCAL u, q10
    u = v + 60 (mV)
    q10 = 3^((celsius - 22 (degC))/10 (degC))
    rinf = 1/(1 + exp((v + 76 (mV))/7 (mV)))
    rtau = (1e5 (ms)/(237*exp(u/12 (mV)) + 17*exp(-u/14 (mV))) + 25 (ms))/q10
}
