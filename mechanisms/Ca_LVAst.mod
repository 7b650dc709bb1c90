TITLE Low-voltage activated calcium current

: Part of the layer-5 pyramidal cell of Hay et al. 2011, PLoS Comput. Biol. 7:e1002107.
: Kinetics after Avery & Johnston 1996, J. Neurosci. 16:5567, and Randall & Tsien 1997, Neuropharmacology 36:879,
: shifted by 10 mV for the junction potential; used at 34 degrees with a Q10 of 2.3 from 21.

NEURON {
    SUFFIX Ca_LVAst
    USEION ca READ eca WRITE ica
    RANGE gCa_LVAstbar, g, ica
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mV) = (millivolt)
    (S) = (siemens)
}

PARAMETER {
    gCa_LVAstbar = 0.00001 (S/cm2) <0, 1e9>
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
    g = gCa_LVAstbar*m*m*h
    ica = g*(v - eca)
}

DERIVATIVE gates {
    rates(v)
    m' = (minf - m)/mtau
    h' = (hinf - h)/htau
}

PROCEDURE rates(v (mV)) {
    LOCAL q10, u
    q10 = 2.3^((34 - 21)/10)
    u = v + 10 (mV)
    minf = 1/(1 + exp(-(u + 30 (mV))/6 (mV)))
    mtau = (5 (ms) + 20 (ms)/(1 + exp((u + 25 (mV))/5 (mV))))/q10
    hinf = 1/(1 + exp((u + 80 (mV))/6.4 (mV)))
    htau = (20 (ms) + 50 (ms)/(1 + exp((u + 40 (mV))/7 (mV))))/q10
}
