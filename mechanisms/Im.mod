TITLE Muscarinic potassium current

: Part of the layer-5 pyramidal cell of Hay et al. 2011, PLoS Comput. Biol. 7:e1002107.
: Kinetics after Adams, Brown & Constanti 1982, J. Physiol. 330:537; used at 34 degrees with a Q10 of 2.3 from 21.

NEURON {
    SUFFIX Im
    USEION k READ ek WRITE ik
    RANGE gImbar, g, ik
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gImbar = 0.00001 (S/cm2) <0, 1e9>
}

STATE { m }

ASSIGNED {
    v (mV)
    ek (mV)
    ik (mA/cm2)
    g (S/cm2)
    minf
    mtau (ms)
}

INITIAL {
    rates(v)
    m = minf
}

BREAKPOINT {
    SOLVE gates METHOD cnexp
    g = gImbar*m
    ik = g*(v - ek)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
}

PROCEDURE rates(v (mV)) {
    LOCAL opening, closing, q10
    q10 = 2.3^((34 - 21)/10)
    opening = 0.0033 (/ms)*exp(0.1 (/mV)*(v + 35 (mV)))
    closing = 0.0033 (/ms)*exp(-0.1 (/mV)*(v + 35 (mV)))
    minf = opening/(opening + closing)
    mtau = 1/(opening + closing)/q10
}
