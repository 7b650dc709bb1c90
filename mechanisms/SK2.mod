TITLE Small-conductance calcium-activated potassium current (SK2), as a Markov scheme

: Hirschberg, Maylie, Adelman & Marrion 1998, J. Gen. Physiol. 111:565, with the rates of Solinas et al. 2007, Front.
: Cell. Neurosci. 1:2 (ModelDB 112685): four closed states that bind calcium one after the other, the last two open.
: Rates at 23 degrees, Q10 3.

NEURON {
    SUFFIX SK2
    USEION k READ ek WRITE ik
    USEION ca READ cai
    RANGE gbar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (mM) = (milli/liter)
    (S) = (siemens)
}

PARAMETER {
    gbar = 0.038 (S/cm2) <0, 1e9>
}

STATE { C1 C2 C3 C4 O1 O2 }

ASSIGNED {
    v (mV)
    celsius (degC)
    ek (mV)
    cai (mM)
    ik (mA/cm2)
    g (S/cm2)
}

INITIAL {
    SOLVE gating STEADYSTATE sparse
}

BREAKPOINT {
    SOLVE gating METHOD sparse
    g = gbar*(O1 + O2)
    ik = g*(v - ek)
}

KINETIC gating {
    LOCAL q10, site
    q10 = 3^((celsius - 23 (degC))/10 (degC))
    site = 80 (/mM-ms)*cai*q10
    ~ C1 <-> C2 (2.5*site, 0.08 (/ms)*q10)
    ~ C2 <-> C3 (2*site, 0.08 (/ms)*q10)
    ~ C3 <-> C4 (site, 0.2 (/ms)*q10)
    ~ C3 <-> O1 (0.16 (/ms)*q10, 1 (/ms)*q10)
    ~ C4 <-> O2 (1.2 (/ms)*q10, 0.1 (/ms)*q10)
    CONSERVE C1 + C2 + C3 + C4 + O1 + O2 = 1
}
