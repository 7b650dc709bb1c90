TITLE Calcium in a shell below the membrane, with exponential removal

: After Destexhe, Babloyantz & Sejnowski 1993, Biophys. J. 65:1538. Of the calcium that flows into a shell of given
: depth a share stays free; an outward current takes nothing out. The pool starts at rest. As it stands it is that of
: Mainen & Sejnowski 1996, Nature 382:363 (ModelDB 2488); with share 0.0556 (1/18) and tau 28.57 ms (200/7) that of the
: CA1 cell of Poirazi, Brannon & Mel 2003, Neuron 37:977 (ModelDB 20212). No temperature dependence.

NEURON {
    SUFFIX CaPool
    USEION ca READ ica, cai WRITE cai
    RANGE depth, share, tau, rest
    THREADSAFE
}

UNITS {
    (mA) = (milliamp)
    (mM) = (milli/liter)
    (um) = (micron)
    FARADAY = (faraday) (coulombs)
}

PARAMETER {
    depth = 0.1 (um) <1e-9, 1e9>
    share = 1 <0, 1>
    tau = 200 (ms) <1e-9, 1e9>
    rest = 1e-4 (mM) <0, 1e9>
}

ASSIGNED { ica (mA/cm2) }

STATE { cai (mM) }

INITIAL {
    cai = rest
}

BREAKPOINT {
    SOLVE shell METHOD cnexp
}

DERIVATIVE shell {
    cai' = share*inflow(ica) - (cai - rest)/tau
}

FUNCTION inflow(ica (mA/cm2)) (mM/ms) {
    inflow = -(1e4)*ica/(2*FARADAY*depth)
    if (inflow < 0) {
        inflow = 0
    }
}
